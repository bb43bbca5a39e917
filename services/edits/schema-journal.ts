import { SCHEMA_KINDS, isSchemaChange, type SchemaChange } from '../../contracts/schema-changes';
import { Change } from '../../contracts/changes';
import type { ChangeState } from '../../contracts/edits';
import type { Tx } from '../database/database';
import type { JournalEntry, Settlement } from './journal';
import { ENTRY_COLUMNS, toEntry } from './journal';
import { followMadeIds } from './new-ids';
import { PREVIEW_TELLS_OF } from './preview-kinds';
import { settleBatch, type EditRun } from './run';

/** A journal entry of a schema change. */
export interface SchemaEntry extends JournalEntry {
  readonly change: SchemaChange;
}

/** Where a creation ends without anything having been made. */
const NOT_MADE: readonly ChangeState[] = ['conflict', 'failed', 'unknown', 'skipped'];

/** Whether tables or fields of the edit are still to be made, renamed or described. */
export async function hasOpenSchema(tx: Tx, editId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM edit_changes WHERE edit_id = $1 AND kind = ANY($2) AND state IN ('pending', 'intended')
       AND ${PREVIEW_TELLS_OF} LIMIT 1`,
    [editId, SCHEMA_KINDS],
  );
  return rowCount === 1;
}

/** The first schema change in that state, in the order of application. */
export async function readSchemaEntry(
  tx: Tx,
  editId: string,
  state: ChangeState,
): Promise<SchemaEntry | undefined> {
  const { rows } = await tx.query<Parameters<typeof toEntry>[0]>(
    `SELECT ${ENTRY_COLUMNS} FROM edit_changes WHERE edit_id = $1 AND kind = ANY($2) AND state = $3 ORDER BY ordinal LIMIT 1`,
    [editId, SCHEMA_KINDS, state],
  );
  const [entry] = await followMadeIds(tx, editId, rows.map(toEntry));
  return entry && asSchemaEntry(entry);
}

/** The entry as one of a schema change, if it is one. */
export function asSchemaEntry(entry: JournalEntry): SchemaEntry | undefined {
  const { change } = entry;
  return isSchemaChange(change) ? { ...entry, change } : undefined;
}

/**
 * Settles one schema change, with the ids of what it `made`. Where nothing was made, whatever uses it is skipped with it, in
 * the same transaction: nothing is ever written to what is not there.
 */
export function settleSchema(
  run: EditRun,
  entry: SchemaEntry,
  settlement: Omit<Settlement, 'ordinal'>,
  made?: Readonly<Record<string, string>>,
): Promise<void> {
  const counted = settlement.state === 'pending' ? 0 : 1;
  return settleBatch(run, [{ ordinal: entry.ordinal, ...settlement }], counted, async (tx) => {
    if (made) await noteMade(tx, run, entry.ordinal, made);
    if (NOT_MADE.includes(settlement.state)) await skipDependents(tx, run.editId, entry);
  });
}

async function noteMade(
  tx: Tx,
  { workspaceId, editId }: EditRun,
  ordinal: number,
  made: Readonly<Record<string, string>>,
): Promise<void> {
  await tx.query(
    'UPDATE edit_changes SET made = $4 WHERE workspace_id = $1 AND edit_id = $2 AND ordinal = $3',
    [workspaceId, editId, ordinal, JSON.stringify(made)],
  );
  // The column is what other statements find entries of a table by; the change itself stays as it was approved.
  for (const [standIn, id] of Object.entries(made)) {
    if (!standIn.startsWith('new:tbl')) continue;
    await tx.query(
      'UPDATE edit_changes SET table_id = $4 WHERE workspace_id = $1 AND edit_id = $2 AND table_id = $3',
      [workspaceId, editId, standIn, id],
    );
  }
}

/** What stands for the tables and fields that a change makes. */
function standInsOf(change: SchemaChange): string[] {
  if (change.kind === 'createTable') return [change.tableId, ...change.fields.map(({ fieldId }) => fieldId)];
  return change.kind === 'createField' ? [change.fieldId] : [];
}

/** Skips all that needs what was not made, and in turn what needs that. */
async function skipDependents(tx: Tx, editId: string, entry: SchemaEntry): Promise<void> {
  for (let missing = standInsOf(entry.change); missing.length > 0;) {
    const { rows } = await tx.query<{ change: unknown; ordinal: number }>(
      `UPDATE edit_changes SET state = 'skipped', settled_at = clock_timestamp(), reason = $3
       WHERE edit_id = $1 AND state = 'pending' AND ${NEEDS} RETURNING ordinal, change`,
      [editId, missing, `needs “${entry.label ?? ''}”, which was not made`],
    );
    missing = rows.flatMap(({ change }) => {
      const skipped = Change.parse(change);
      return isSchemaChange(skipped) ? standInsOf(skipped) : [];
    });
  }
}

/** SQL: a change writes to, or is made in, one of the stand-ins $2. Their quotes keep one from being found inside of another. */
const NEEDS = `((change->>'tableId' = ANY($2) AND kind <> 'createTable') OR change->'cells' ?| $2::text[] OR (kind IN ('createTable', 'createField')
  AND change::text LIKE ANY (SELECT '%"linkedTableId": "' || id || '"%' FROM unnest($2::text[]) id)))`;

/** The first of the given changes that needs what the creation at `ordinal` makes. */
export async function findDependent(
  tx: Tx,
  editId: string,
  ordinal: number,
  among: readonly number[],
): Promise<number | undefined> {
  const creation = await tx.query<{ change: unknown }>(
    'SELECT change FROM edit_changes WHERE edit_id = $1 AND ordinal = $2',
    [editId, ordinal],
  );
  const change = Change.parse(creation.rows[0]?.change);
  if (!isSchemaChange(change)) return undefined;
  const { rows } = await tx.query<{ ordinal: number }>(
    `SELECT ordinal FROM edit_changes WHERE edit_id = $1 AND ordinal = ANY($3) AND ${NEEDS} ORDER BY ordinal LIMIT 1`,
    [editId, standInsOf(change), among],
  );
  return rows[0]?.ordinal;
}
