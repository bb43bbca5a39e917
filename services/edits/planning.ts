import type { TableSchema } from '../../contracts/airtable';
import { ProposeEditInput } from '../../contracts/changes';
import { openApproval } from '../approvals/approval-rows';
import { readRules } from '../approvals/rules';
import { SIDE_EFFECTS_WARNING } from '../approvals/side-effects';
import { approveByRule } from '../approvals/small-edits';
import { findCopySource } from '../copies/copy-source';
import type { Liveness } from '../liveness';
import { hashChangeSet } from './canonical';
import type { DraftedChange } from './draft';
import { offerEdit, readEdit, readRequest, type EditRow } from './edit-rows';
import type { EditDependencies } from './edit-work';
import { insertChanges } from './journal';
import { planChanges } from './plan';
import { previewChanges } from './preview';
import { withNewTables } from './new-ids';
import { planRevert } from './revert';
import { planChainRevert, readReverted } from './dependents-revert';

/** Longer than a base rests after a 429: a plan that gave up on page 500 would have to read all pages again. */
const PATIENCE_MS = 60_000;

interface Plan {
  readonly drafted: readonly DraftedChange[];
  readonly warnings: readonly string[];
}

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
  const planned = await (edit.kind === 'edit' ? planProposed() : planReverted());
  const { kind, share } = await connections.get(ref.workspaceId, edit.connection_id);
  const warnings = kind === 'engine' ? planned.warnings : [...planned.warnings, SIDE_EFFECTS_WARNING];
  await offer(dependencies, edit, { ...planned, warnings }, schema.tables, base?.name ?? edit.base_id, share);

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
    const reverted = await db.tenant(ref.workspaceId, (tx) => readReverted(tx, edit));
    return planChainRevert(reverted, (fields, tables, landed) =>
      planRevert(
        {
          ...reading,
          ...{ fields, tables, schema, editId: edit.id, revertOf: edit.revert_of ?? '' },
          read: (work) => db.tenant(ref.workspaceId, work),
        },
        landed,
      ),
    );
  }
}

/** Stores what was planned and opens it for approval; the first attempt that gets here wins. */
async function offer(
  { db, operations }: Pick<EditDependencies, 'db' | 'operations'>,
  edit: EditRow,
  { drafted, warnings }: Plan,
  tables: readonly TableSchema[],
  baseName: string,
  share: number | null,
): Promise<void> {
  const planned = withNewTables(
    tables,
    drafted.map(({ change }) => change),
  );
  const { preview, groupKeys } = previewChanges(drafted, planned, warnings, share);
  const hash = hashChangeSet(
    { connectionId: edit.connection_id, baseId: edit.base_id },
    drafted.map((d) => d.change),
  );
  await db.tenant(edit.workspace_id, async (tx) => {
    const rules = await readRules(tx, edit.workspace_id);
    const { expiresInHours, remindAfterHours } = rules;
    if (!(await offerEdit(tx, edit.id, { baseName, hash, preview, expiresInHours }))) return;
    await insertChanges(tx, edit.workspace_id, edit.id, drafted, groupKeys);
    await openApproval(tx, edit.id, remindAfterHours);
    await approveByRule(tx, operations, edit, rules);
  });
}
