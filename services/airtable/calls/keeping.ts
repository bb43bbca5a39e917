/** How long (ms) an answer may serve callers who ask for `cached` ones: schemas change seldom, records all the time. */
export const KEEP_MS = { schema: 30_000, bases: 30_000, records: 5_000, comments: 5_000 } as const;
