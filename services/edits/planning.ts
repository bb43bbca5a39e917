import type { TableSchema } from '../../contracts/airtable';
import { ProposeEditInput } from '../../contracts/changes';
import { findCopySource } from '../copies/copy-source';
import type { Database, Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { hashChangeSet } from './canonical';
import { fieldsOf } from './cell-comparison';
import type { DraftedChange } from './draft';
import { offerEdit, readEdit, readRequest, type EditRow } from './edit-rows';
import { previewOf, type EditDependencies } from './edit-work';
import { insertChanges, readEntries } from './journal';
import { planChanges } from './plan';
import { previewChanges } from './preview';
import { planRevert } from './revert';

/** Longer than a base rests after a 429: a plan that gave up on page 500 would have to read all pages again. */
const PATIENCE_MS = 60_000;

/** A proposal nobody decided on within this time has to be made again: the base moves on. */
const EXPIRES_IN_HOURS = 72;

interface Plan {
  readonly drafted: readonly DraftedChange[];
  readonly warnings: readonly string[];
}

/**
 * Plans a staged edit or revert: reads, computes the change set and its preview, opens it for approval. Writes
 * nothing to the base; does nothing when the edit is planned already. Throws InvalidInput for an edit that makes no sense.
 */
export async function planEdit(
  { db, gateway, connections }: Pick<EditDependencies, 'db' | 'gateway' | 'connections'>,
  ref: { workspaceId: string; editId: string },
  live: Liveness,
): Promise<void> {
  const edit = await db.tenant(ref.workspaceId, (tx) => readEdit(tx, ref.editId));
  if (edit.state !== 'planning') return;
  const connection = { workspaceId: ref.workspaceId, id: edit.connection_id };
  const client = await gateway.open(connection, 'bulk', PATIENCE_MS);
  const bases = await client.listBases({ signal: live.signal, cached: true });
  const base = bases.find((b) => b.id === edit.base_id);
  const schema = await client.getBaseSchema(edit.base_id, { signal: live.signal });
  const reading = {
    client,
    baseId: edit.base_id,
    signal: live.signal,
    alive: (n: number) => live.heartbeat({ recordsRead: n }),
  };
  const planned = await (edit.kind === 'edit' ? planProposed() : planReverted());
  await offer(db, edit, planned, schema.tables, base?.name ?? edit.base_id);

  async function planProposed(): Promise<Plan> {
    const request = ProposeEditInput.parse(
      await db.tenant(ref.workspaceId, (tx) => readRequest(tx, ref.editId)),
    );
    return { drafted: await planChanges({ ...reading, schema }, request), warnings: await warnOfCopy() };
  }

  /** The original has the same id: whoever means that one must see that this is the other. */
  async function warnOfCopy(): Promise<string[]> {
    const { kind } = await connections.get(ref.workspaceId, edit.connection_id);
    if (kind !== 'engine') return [];
    const source = await db.tenant(ref.workspaceId, (tx) => findCopySource(tx, edit.base_id));
    return source === undefined
      ? []
      : [`This changes the copy of the base on the built-in engine, not the original at ${source}.`];
  }

  async function planReverted(): Promise<Plan> {
    const { preview, landed } = await db.tenant(ref.workspaceId, (tx) => readReverted(tx, edit));
    const fields = fieldsOf(preview);
    return planRevert({ ...reading, fields, tables: preview.tables }, landed);
  }
}

/** What the edit that a revert is to undo has left in the base, newest first. */
async function readReverted(tx: Tx, revert: EditRow) {
  const original = await readEdit(tx, revert.revert_of ?? '');
  return {
    preview: previewOf(original),
    landed: await readEntries(
      tx,
      original.id,
      ['landed', 'undo_conflict', 'undo_intended'],
      Number.MAX_SAFE_INTEGER,
      'backwards',
    ),
  };
}

/** Stores what was planned and opens it for approval; the first attempt that gets here wins. */
async function offer(
  db: Database,
  edit: EditRow,
  { drafted, warnings }: Plan,
  tables: readonly TableSchema[],
  baseName: string,
): Promise<void> {
  const { preview, groupKeys } = previewChanges(drafted, tables, warnings);
  const hash = hashChangeSet(
    { connectionId: edit.connection_id, baseId: edit.base_id },
    drafted.map((d) => d.change),
  );
  await db.tenant(edit.workspace_id, async (tx) => {
    const first = await offerEdit(tx, edit.id, { baseName, hash, preview, expiresInHours: EXPIRES_IN_HOURS });
    if (first) await insertChanges(tx, edit.workspace_id, edit.id, drafted, groupKeys);
  });
}
