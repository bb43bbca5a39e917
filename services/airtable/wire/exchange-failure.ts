/** No answer came. `sent` is false only where it is certain that not one byte of the request left. */
export class ExchangeFailure extends Error {
  constructor(
    /** A code like ECONNRESET; never another server's words. */
    readonly reason: string,
    readonly sent: boolean,
    /** How long (ms) the other side was waited for when it ended. */
    readonly waitedMs = 0,
  ) {
    super(`no answer: ${reason}`);
    this.name = 'ExchangeFailure';
  }
}

/** The code of an error or of its cause, and nothing else of it: undici's errors carry sockets and addresses. */
export function reasonOf(error: unknown): string {
  for (let e = error; typeof e === 'object' && e !== null; e = 'cause' in e ? e.cause : undefined) {
    if (!('code' in e) || typeof e.code !== 'string') continue;
    const code = e.code.toUpperCase();
    if (/^[A-Z][A-Z0-9_]*$/.test(code)) return code;
  }
  return 'UNKNOWN';
}
