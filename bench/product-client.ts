import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { FINAL_STATUSES, OperationView } from '../contracts/operations';

const POLL_MS = 250;
const Edit = z.object({ id: z.string(), hash: z.string(), counts: z.record(z.string(), z.unknown()) });
type Edit = z.infer<typeof Edit>;
const Planned = z.object({ editId: z.string() });
const Applied = z.object({ outcome: z.object({ landed: z.number().default(0) }) });

/** The product's own API as a program uses it; everything throws for an answer that is not the expected one. */
export interface ProductClient {
  /** A writable connection to Airtable; its id. `share`: requests a second of each base. */
  connect(airtable: {
    readonly url: string;
    readonly token: string;
    readonly share: number;
  }): Promise<string>;
  /** Plans an edit that gives every record of the table these cells. */
  propose(place: {
    readonly connectionId: string;
    readonly baseId: string;
    readonly table: string;
    readonly cells: Readonly<Record<string, unknown>>;
  }): Promise<Edit>;
  /** Starts applying; the operation's id. */
  approve(edit: Edit): Promise<string>;
  pause(operationId: string): Promise<void>;
  operation(operationId: string): Promise<OperationView>;
  /** Waits for its end and tells how many records it changed and how long it took by the product's own clock. */
  ended(operationId: string): Promise<{ readonly landed: number; readonly seconds: number }>;
}

/** `url` is the API's. */
export function createProductClient(
  url: string,
  { workspaceId, token }: { readonly workspaceId: string; readonly token: string },
): ProductClient {
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        prefer: 'wait=0',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  const operation = async (id: string) => OperationView.parse(await call('GET', `/v1/operations/${id}`));
  const start = async (path: string, body: unknown) =>
    z.object({ id: z.string() }).parse(await call('POST', path, body)).id;

  async function done(id: string): Promise<OperationView> {
    for (;;) {
      const now = await operation(id);
      if (now.status === 'done') return now;
      if (FINAL_STATUSES.includes(now.status))
        throw new Error(`${now.operation} ended as ${now.status}: ${JSON.stringify(now.error)}`);
      await sleep(POLL_MS);
    }
  }

  return {
    async connect({ url: airtableUrl, token: airtableToken, share }) {
      const wanted = {
        name: `Airtable, ${share} a second`,
        url: airtableUrl,
        token: airtableToken,
        writable: true,
        share,
      };
      const path = `/v1/workspaces/${workspaceId}/connections`;
      const made = z.object({ id: z.string(), share: z.number() }).parse(await call('POST', path, wanted));
      if (made.share !== share) throw new Error(`the connection has a share of ${made.share}, not ${share}`);
      return made.id;
    },
    async propose({ connectionId, baseId, table, cells }) {
      const rules = [{ kind: 'set', table, cells }];
      const id = await start(`/v1/workspaces/${workspaceId}/edits`, { connectionId, baseId, rules });
      const { editId } = Planned.parse((await done(id)).result);
      return Edit.parse(await call('GET', `/v1/edits/${editId}`));
    },
    approve: ({ id, hash }) => start(`/v1/edits/${id}/approve`, { hash, acknowledgeSideEffects: true }),
    async pause(id) {
      await call('POST', `/v1/operations/${id}/pause`, {});
    },
    operation,
    async ended(id) {
      const { result, createdAt, finishedAt } = await done(id);
      const seconds = (Date.parse(finishedAt ?? '') - Date.parse(createdAt)) / 1_000;
      return { landed: Applied.parse(result).outcome.landed, seconds };
    },
  };
}
