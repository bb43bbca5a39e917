import { Readable } from 'node:stream';

/**
 * The body of one request, and the fence before its first byte: undici reads it only when a connection stands and the
 * request is next on it, and writes the headers together with the first piece (or at the end of an empty body). So
 * `beforeSend` is asked between connecting and writing, for requests without a body too. It gives itself once: a
 * second reading, as a repeat would need it, gets nothing.
 */
export class FencedBody extends Readable {
  /** `sent`: from here on the request may have left. */
  phase: 'connecting' | 'asking' | 'sent' = 'connecting';
  /** What `beforeSend` threw. */
  refusal: { readonly error: unknown } | undefined;
  /** Since when (ms, performance.now) the other side is waited for; undefined while `beforeSend` is. */
  waitingSince: number | undefined = performance.now();

  constructor(
    private readonly bytes: Buffer | undefined,
    private readonly beforeSend: () => Promise<void>,
    private readonly signal: AbortSignal,
  ) {
    super();
  }

  override _read(): void {
    if (this.phase !== 'connecting') return;
    this.phase = 'asking';
    this.waitingSince = undefined;
    this.beforeSend().then(
      () => this.give(),
      (error: unknown) => {
        this.refusal = { error };
        this.destroy(new Error('refused before sending'));
      },
    );
  }

  private give(): void {
    // A beforeSend that does not mind the signal may end after the request was given up.
    if (this.destroyed) return;
    if (this.signal.aborted) {
      this.destroy(new Error('given up before sending'));
      return;
    }
    this.phase = 'sent';
    this.waitingSince = performance.now();
    if (this.bytes !== undefined) this.push(this.bytes);
    this.push(null);
  }
}
