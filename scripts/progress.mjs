/**
 * What a person sees while things are set up: one line a step when it is done, and for long ones a line
 * at the start and one every half minute. Everything goes to stderr, so that stdout stays for results.
 */

/** A failure that is the reader's to mend: shown as one line, without a stack. */
export class SetupError extends Error {}

const started = Date.now();
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;

export function note(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Runs one step and reports it. `work` gets `say(text)`, for a line about what takes long; what it returns
 * as `detail` (or a string) is shown when it is done.
 */
export async function step(title, work) {
  const begun = Date.now();
  let told = false;
  const say = (text) => {
    told = true;
    note(`  … ${title}: ${text}`);
  };
  const reminder = setInterval(() => {
    note(`  … ${title}: still at it (${seconds(Date.now() - begun)} so far)`);
  }, 30_000);
  reminder.unref();
  try {
    const result = await work(say);
    const detail = typeof result === 'string' ? result : (result?.detail ?? 'done');
    const took = Date.now() - begun;
    note(`  ✓ ${title}: ${detail}${told || took > 1_000 ? ` (${seconds(took)})` : ''}`);
    return result;
  } finally {
    clearInterval(reminder);
  }
}

export function elapsed() {
  return seconds(Date.now() - started);
}

/** Ends a script: a SetupError is one line, anything else shows where it came from. */
export function reportFailure(error) {
  if (error instanceof SetupError) note(`error: ${error.message}`);
  else note(`error: ${error?.stack ?? String(error)}`);
}

/** Waits for all; when one fails the others are told to stop (by `controller`) and waited for, then it throws. */
export async function together(controller, promises) {
  const watched = promises.map((promise) =>
    promise.catch((error) => {
      controller.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(watched);
  const failed = results.filter((result) => result.status === 'rejected').map((result) => result.reason);
  if (failed.length > 0) throw controller.signal.reason ?? failed[0];
  return results.map((result) => result.value);
}
