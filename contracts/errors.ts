/** The few errors Sagatable knows, named by who must act. One table serves HTTP, Temporal and MCP. */
export const ERRORS = {
  InvalidInput: { status: 422, retryable: false, title: 'The request is not valid' },
  Unauthenticated: { status: 401, retryable: false, title: 'Sign in first' },
  Forbidden: { status: 403, retryable: false, title: 'Not permitted' },
  NotFound: { status: 404, retryable: false, title: 'Not found' },
  Conflict: { status: 409, retryable: false, title: 'Something else came first' },
  LimitReached: { status: 429, retryable: true, title: 'A limit was reached' },
  Upstream: { status: 502, retryable: true, title: 'Another service answered wrongly' },
  Unavailable: { status: 503, retryable: true, title: 'Not available at the moment' },
} as const;

export type ErrorKind = keyof typeof ERRORS;

export interface ErrorOptions {
  /** Stable, machine-readable, snake_case; part of the API. Defaults to the kind in snake_case. */
  readonly code?: string;
  /** More about it for programs; must hold no secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How long to wait before a retry can help. */
  readonly retryAfterMs?: number;
  /** Overrides the HTTP status where the kind has several (400 for malformed JSON, 413 for size). */
  readonly status?: number;
  /** Overrides whether the same request can succeed later. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one error class thrown on purpose: `message` is a sentence for the person who must act. */
export class SagatableError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = kind;
    this.kind = kind;
    this.code = options.code ?? kind.replace(/[A-Z]/g, (c, i: number) => (i ? '_' : '') + c.toLowerCase());
    this.status = options.status ?? ERRORS[kind].status;
    this.retryable = options.retryable ?? ERRORS[kind].retryable;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True for a name in the table above; used where an error comes back over the wire as text. */
export function isErrorKind(name: unknown): name is ErrorKind {
  return typeof name === 'string' && Object.hasOwn(ERRORS, name);
}
