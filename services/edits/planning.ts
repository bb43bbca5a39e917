import { ProposeEditInput } from '../../contracts/changes';
import { SIDE_EFFECTS_WARNING } from '../approvals/side-effects';
import { findCopySource } from '../copies/copy-source';
import type { Liveness } from '../liveness';
import { offerChangeSet, type Plan } from './change-sets';
import { planChainRevert, readReverted } from './dependents-revert';
import { readEdit, readRequest } from './edit-rows';
import type { EditDependencies } from './edit-work';
import { planChanges } from './plan';
import { PlanStage, type Reading } from './plan-stage';
import { planRevert } from './revert';

/** Longer than a base rests after a 429: a plan that gave up on page 500 would have to read all pages again. */
const PATIENCE_MS = 60_000;

/**
 * Plans a staged edit or revert: reads, computes the change set and its preview, opens it for approval, or has the rule for
 * small edits approve it. Writes nothing to the base; does nothing when the edit is planned already. Throws InvalidInput for an
 * edit that makes no sense.
 */
export async function planEdit(
  dependencies: Pick<EditDependencies, 'db' | 'gateway' | 'connections' | 'operations'>,
  ref: { workspaceId: string; editId: string },
  live: Liveness,
): Promise<void> {
  const { db, gateway, connections } = dependencies;
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
  const stage = new PlanStage(db, ref);
  try {
    const planned = await (edit.kind === 'edit' ? planProposed() : planReverted());
    const { kind, share } = await connections.get(ref.workspaceId, edit.connection_id);
    const warnings = kind === 'engine' ? planned.warnings : [...planned.warnings, SIDE_EFFECTS_WARNING];
    const target = { tables: schema.tables, baseName: base?.name ?? edit.base_id, share };
    await offerChangeSet(dependencies, edit, { ...planned, stage, warnings }, target, live);
  } catch (error) {
    // Where this fails too, the next attempt begins with it, and so does giving up.
    await stage.discard().catch(() => undefined);
    throw error;
  }

  async function planProposed(): Promise<Omit<Plan, 'stage'>> {
    const request = ProposeEditInput.parse(
      await db.tenant(ref.workspaceId, (tx) => readRequest(tx, ref.editId)),
    );
    return { ...(await planChanges({ ...reading, schema }, request, stage)), warnings: await warnOfCopy() };
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

  async function planReverted(): Promise<Omit<Plan, 'stage'>> {
    const read: Reading = (work) => db.tenant(ref.workspaceId, work);
    const reverted = await read((tx) => readReverted(tx, edit));
    return planChainRevert(reverted, read, (fields, tables, landed) =>
      planRevert(
        {
          ...reading,
          ...{ fields, tables, schema, editId: edit.id, revertOf: edit.revert_of ?? '' },
          ...{ editIds: reverted.editIds, stage, read },
        },
        landed,
      ),
    );
  }
}
