import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ask, askWell, type Asked } from './ask';

const POLL_MS = 400;

const Operation = z.object({
  id: z.string(),
  status: z.string(),
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).loose().nullable(),
  finishedAt: z.string().nullable(),
});
export type Operation = z.infer<typeof Operation>;

const Edit = z.object({
  id: z.string(),
  state: z.string(),
  hash: z.string().nullable(),
  outcome: z.record(z.string(), z.number()).nullable(),
  revertedBy: z.string().nullable(),
  error: z.string().nullable(),
});
export type Edit = z.infer<typeof Edit>;

/** A change as the product tells of it. */
const Change = z.object({
  ordinal: z.number(),
  kind: z.string(),
  recordId: z.string().nullable(),
  label: z.string().nullable(),
  state: z.string(),
  reason: z.string().nullable(),
});
export type ToldChange = z.infer<typeof Change>;

const Started = z.object({ operationId: z.string().optional(), id: z.string().optional() });
const FINAL = ['done', 'rolled_back', 'needs_review'];

/** The product over REST, as a program that is told nothing else uses it: everything is asked until it is answered. */
export interface Product {
  /** Chooses the field by which the product knows what it created. */
  chooseMarker(at: {
    readonly connectionId: string;
    readonly baseId: string;
    readonly tableId: string;
    readonly fieldId: string;
  }): Promise<void>;
  /** Plans an edit; the operation that plans. */
  propose(place: {
    readonly connectionId: string;
    readonly baseId: string;
    readonly changes: readonly unknown[];
  }): Promise<Operation>;
  planRevert(editId: string): Promise<Operation>;
  /** Starts applying; the operation's id, or why not. */
  approve(edit: Edit, conflicts: string): Promise<string>;
  cancel(operationId: string): Promise<void>;
  operation(operationId: string): Promise<Operation>;
  /** Waits for its end, however long that takes, until the signal. `onPause` is called each time it is seen to be paused. */
  ended(operationId: string, onPause?: () => Promise<void>): Promise<Operation>;
  /** Decides on all conflicts of an edit that wait, where there are any. */
  decide(editId: string, decision: string): Promise<void>;
  edit(editId: string): Promise<Edit>;
  changes(editId: string): Promise<ToldChange[]>;
}

/** `url` is the API's; the token is one workspace's. The signal ends all waiting. */
export function createProduct(
  { url, workspaceId, token }: { readonly url: string; readonly workspaceId: string; readonly token: string },
  signal: AbortSignal,
): Product {
  const get = (path: string) => askWell({ method: 'GET', url: url + path, token }, signal);

  async function start(path: string, body: unknown): Promise<string> {
    const headers = { prefer: 'wait=0', 'idempotency-key': randomUUID() };
    const asked: Asked = { method: 'POST', url: url + path, token, body, headers };
    const reply = await ask(asked, signal);
    const started = Started.safeParse(reply.body).data;
    const id = reply.operationId ?? started?.operationId ?? started?.id;
    if (id === undefined || (reply.status >= 300 && reply.operationId === null))
      throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body).slice(0, 500)}`);
    return id;
  }
  const operation = async (id: string) => Operation.parse(await get(`/v1/operations/${id}`));
  async function ended(id: string, onPause?: () => Promise<void>): Promise<Operation> {
    for (;;) {
      const now = await operation(id);
      if (FINAL.includes(now.status)) return now;
      if (now.status === 'paused') await onPause?.();
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  return {
    async chooseMarker({ connectionId, baseId, tableId, fieldId }) {
      const path = `/v1/workspaces/${workspaceId}/connections/${connectionId}/bases/${baseId}/markers/${tableId}`;
      await askWell({ method: 'PUT', url: url + path, token, body: { fieldId } }, signal);
    },
    propose: async (place) => ended(await start(`/v1/workspaces/${workspaceId}/edits`, place)),
    planRevert: async (editId) => ended(await start(`/v1/edits/${editId}/revert`, {})),
    approve: ({ id, hash }, conflicts) =>
      start(`/v1/edits/${id}/approve`, { hash, conflicts, acknowledgeSideEffects: true }),
    async cancel(operationId) {
      // Answered with a conflict where it has ended by then: then there is nothing to cancel.
      await ask(
        { method: 'POST', url: `${url}/v1/operations/${operationId}/cancel`, token, body: {} },
        signal,
      );
    },
    async decide(editId, decision) {
      // Answered with a conflict where none waits any more.
      const body = { all: true, decision };
      await ask({ method: 'POST', url: `${url}/v1/edits/${editId}/conflicts`, token, body }, signal);
    },
    operation,
    ended,
    edit: async (id) => Edit.parse(await get(`/v1/edits/${id}`)),
    async changes(editId) {
      const all: ToldChange[] = [];
      let cursor: string | null = '-1';
      while (cursor !== null) {
        const page = z
          .object({ changes: z.array(Change), nextCursor: z.string().nullable() })
          .parse(await get(`/v1/edits/${editId}/changes?limit=500&cursor=${cursor}`));
        all.push(...page.changes);
        cursor = page.nextCursor;
      }
      return all;
    },
  };
}
