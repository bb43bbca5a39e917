/** A signal that fires when a time is up or an outer signal fires, and lets go of both when ended. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  remainingMs(): number;
  /** Frees timer and listener. AbortSignal.any and AbortSignal.timeout keep theirs until collected. */
  end(): void;
}

export function startTimeLimit(ms: number, outer?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const endsAt = performance.now() + ms;
  const onOuter = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error('time is up')), Math.max(0, ms));
  if (outer?.aborted) onOuter();
  else outer?.addEventListener('abort', onOuter, { once: true });
  return {
    signal: controller.signal,
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuter);
    },
  };
}

/** Settles as `work` does, or throws the signal's reason as soon as it fires; `work` then goes on unheard. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits `ms`, or throws the signal's reason as soon as it fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.ceil(ms));
  });
  try {
    await untilAborted(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Full jitter: anything from nothing to the exponentially growing bound, so that callers that failed together part. */
export function backoffMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
}
