import { z } from 'zod';
import type { PreparedStatement, Tx } from '../database/database';

/** An accepted write, as it goes into the log. */
export interface AcceptedRequest {
  readonly baseId: string;
  readonly tokenId: string;
  readonly method: string;
  /** As it was sent, percent-encoded. */
  readonly path: string;
  readonly request: unknown;
  readonly result: unknown;
}

const Addressed = z.looseObject({
  url: z.string().transform((url) => url.replace(/\?.*$/s, '')),
  thumbnails: z.record(z.string(), z.looseObject({ url: z.string().transform(() => undefined) })).optional(),
});

/**
 * Attachments, which alone stand as objects with an address in lists, without the query of their addresses: it can hold a
 * signature, and who reads the log later is not to have the file by it.
 */
function withoutQueries(_key: string, value: unknown): unknown {
  const items: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  return items ? items.map((item) => Addressed.safeParse(item).data ?? item) : value;
}

/** JSON that jsonb takes: parts of a body that nobody looked at may hold NUL or half a surrogate pair. */
function storableJson(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  const bare = text.includes('"url":') ? JSON.stringify(value, withoutQueries) : text;
  return bare.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
    escape.length > 2 && /^\\u(0000|d)/.test(escape) ? '\ufffd' : escape,
  );
}

const INSERT: PreparedStatement = {
  name: 'log request',
  text: `INSERT INTO engine_requests (workspace_id, base_id, at, token_id, method, path, request, result)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/**
 * Adds a write to the log, in the transaction of the write itself: neither commits without the other. The log cannot be
 * changed afterwards.
 */
export function recordRequest(tx: Tx, workspaceId: string, entry: AcceptedRequest, now: Date): void {
  const { baseId, tokenId, method, path, request, result } = entry;
  const texts = [storableJson(request), storableJson(result)];
  tx.send(INSERT, [workspaceId, baseId, now, tokenId, method, path, ...texts]);
}
