import { createHash } from 'node:crypto';
import type { Cells } from '../../../contracts/airtable';
import { insertEdit, readEdit } from '../../../services/edits/edit-rows';
import { newId } from '../../../services/ids';
import { createEditWorld, LIVE, type EditRefs, type EditWorld } from './edit-world';

/** A base whose records link in every way, with attachments and comments. */
export interface DeletionWorld extends EditWorld {
  /** Ids of fields by `table.field`, and of tables by name. */
  id(name: string): string;
  create(table: string, fields: Cells): Promise<string>;
  cellsOf(table: string, recordId: string): Promise<Cells>;
  /** The records of a table by their primary cell. */
  named(table: string): Promise<Map<string, { id: string; fields: Cells }>>;
  attach(recordId: string, field: string, filename: string, bytes: Buffer): Promise<void>;
  /** File names of an attachment cell with digests of their bytes. */
  files(table: string, recordId: string, field: string): Promise<string[]>;
  comments(table: string, recordId: string): Promise<string[]>;
  comment(table: string, recordId: string, text: string): Promise<void>;
  update(table: string, recordId: string, fields: Cells): Promise<void>;
  remove(table: string, recordId: string): Promise<void>;
  removing(...records: [table: string, recordId: string][]): Promise<EditRefs>;
  /** Plans and approves the undo of an edit. */
  reverting(edit: EditRefs): Promise<EditRefs>;
  applied(edit: EditRefs): Promise<EditRefs>;
  undone(edit: EditRefs): Promise<void>;
  warnings(edit: EditRefs): Promise<string[]>;
  reasons(edit: EditRefs): Promise<(string | null)[]>;
}

export const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

interface Listed {
  readonly records: { id: string; fields: Cells }[];
}

export async function createDeletionWorld(): Promise<DeletionWorld> {
  const world = await createEditWorld();
  const { server } = world;
  const baseId = server.base.id;
  const ids = new Map<string, string>();
  await server.call('POST', `/meta/bases/${baseId}/tables`, {
    name: 'Scenes',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Film', type: 'multipleRecordLinks', options: { linkedTableId: server.table('Films') } },
    ],
  });
  await server.call('POST', `/meta/bases/${baseId}/tables/${server.table('Films')}/fields`, {
    name: 'Stills',
    type: 'multipleAttachments',
  });
  const { body } = await server.call('GET', `/meta/bases/${baseId}/tables`);
  for (const table of (
    body as { tables: { id: string; name: string; fields: { id: string; name: string }[] }[] }
  ).tables) {
    ids.set(table.name, table.id);
    for (const field of table.fields) ids.set(`${table.name}.${field.name}`, field.id);
  }
  const id = (name: string) => {
    const found = ids.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  const call = async (method: string, path: string, given?: unknown) => {
    const answer = await server.call(method, `/${baseId}/${path}`, given);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const upToEnd = async (work: () => Promise<{ state: string; waitMs: number }>) => {
    for (;;) {
      const chunk = await work();
      if (chunk.state === 'done') return;
      if (chunk.state !== 'wait') throw new Error(`the chunk says ${chunk.state}`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(chunk.waitMs, 300)));
    }
  };
  const deletions: DeletionWorld = {
    ...world,
    id,
    async create(table, fields) {
      return ((await call('POST', id(table), { fields })) as { id: string }).id;
    },
    async cellsOf(table, recordId) {
      return ((await call('GET', `${id(table)}/${recordId}`)) as { fields: Cells }).fields;
    },
    async named(table) {
      const { records } = (await call('GET', id(table))) as Listed;
      return new Map(
        records.map((record) => {
          const name = record.fields['Title'] ?? record.fields['Name'];
          return [typeof name === 'string' ? name : '', record];
        }),
      );
    },
    async attach(recordId, field, filename, bytes) {
      const file = { filename, contentType: 'application/octet-stream', file: bytes.toString('base64') };
      await call('POST', `${recordId}/${field}/uploadAttachment`, file);
    },
    async files(table, recordId, field) {
      const cell = (await deletions.cellsOf(table, recordId))[field] as
        { filename: string; url: string }[] | undefined;
      return Promise.all(
        (cell ?? []).map(
          async ({ filename, url }) =>
            `${filename} ${digest(Buffer.from(await (await fetch(url)).arrayBuffer()))}`,
        ),
      );
    },
    async comments(table, recordId) {
      const { comments } = (await call('GET', `${id(table)}/${recordId}/comments`)) as {
        comments: { text: string }[];
      };
      return comments.map(({ text }) => text).reverse();
    },
    async comment(table, recordId, text) {
      await call('POST', `${id(table)}/${recordId}/comments`, { text });
    },
    async update(table, recordId, fields) {
      await call('PATCH', `${id(table)}/${recordId}`, { fields });
    },
    async remove(table, recordId) {
      await call('DELETE', `${id(table)}/${recordId}`);
    },
    removing: (...records) =>
      world.approved({ changes: records.map(([table, recordId]) => ({ kind: 'delete', table, recordId })) }),
    async reverting({ workspaceId, editId }) {
      const ref = { workspaceId, editId: newId('edit'), operationId: newId('operation') };
      await server.run(async (tx) => {
        const original = await readEdit(tx, editId);
        await tx.query(`UPDATE edits SET state = 'applied' WHERE id = $1 AND state = 'applying'`, [editId]);
        await insertEdit(tx, {
          id: ref.editId,
          workspaceId,
          kind: 'revert',
          connectionId: original.connection_id,
          baseId,
          request: {},
          note: null,
          planner: null,
          proposedBy: 'usr_test',
          chatId: null,
          revertOf: editId,
          operationId: ref.operationId,
        });
      });
      await world.edits.plan(ref, LIVE);
      await world.approve(ref);
      return ref;
    },
    async applied(edit) {
      await upToEnd(() => world.applyAll(edit));
      return edit;
    },
    undone: (edit) => upToEnd(() => world.undoAll(edit)),
    async warnings({ editId }) {
      return (await server.run((tx) => readEdit(tx, editId))).preview?.warnings ?? [];
    },
    async reasons({ editId }) {
      const { rows } = await server.run((tx) =>
        tx.query<{ reason: string | null }>(
          'SELECT reason FROM edit_changes WHERE edit_id = $1 ORDER BY ordinal',
          [editId],
        ),
      );
      return rows.map(({ reason }) => reason);
    },
  };
  // `forget` replaces what is asked of requests on the world itself.
  Object.defineProperty(deletions, 'onRequest', {
    get: () => world.onRequest,
    set: (hook: EditWorld['onRequest']) => {
      world.onRequest = hook;
    },
  });
  return deletions;
}
