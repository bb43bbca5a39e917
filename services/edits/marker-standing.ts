import type { BaseSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import type { EditRun } from './run';

type Marking = Pick<EditRun, 'client' | 'baseId' | 'signal' | 'tables'>;

/**
 * Throws Conflict `marker_field_gone` where a table in which the edit creates records lost its marker field, or that is no
 * single line text any more. To be called before anything is sent.
 */
export function assertMarkersStand(
  run: Pick<EditRun, 'tables' | 'markers'>,
  tableIds: readonly string[],
  schema: BaseSchema,
): void {
  for (const tableId of tableIds) {
    const fieldId = run.markers.get(tableId);
    const gone = fieldId === undefined ? undefined : describeGone(run, schema, tableId, fieldId);
    if (gone === undefined) continue;
    throw markerGone(`${gone} Nothing was written.`);
  }
}

/** The tables in which an edit is still to create records. */
export async function readCreatedTables(tx: Tx, editId: string): Promise<string[]> {
  const { rows } = await tx.query<{ table_id: string }>(
    `SELECT DISTINCT table_id FROM edit_changes WHERE edit_id = $1 AND kind = 'create' AND state = 'pending'`,
    [editId],
  );
  return rows.map((row) => row.table_id);
}

/**
 * Why a request that carried markers had to be refused: an error that names the marker field and says what to do. Undefined
 * where the field is as it was chosen, so that the refusal has another cause. One call; throws what it throws.
 */
export async function findMarkerGone(
  run: Marking,
  tableId: string,
  fieldId: string,
): Promise<SagatableError | undefined> {
  const schema = await run.client.getBaseSchema(run.baseId, { signal: run.signal });
  const gone = describeGone(run, schema, tableId, fieldId);
  return gone === undefined ? undefined : markerGone(gone);
}

function describeGone(
  { tables }: Pick<EditRun, 'tables'>,
  schema: BaseSchema,
  tableId: string,
  fieldId: string,
): string | undefined {
  const field = schema.tables.find(({ id }) => id === tableId)?.fields.find(({ id }) => id === fieldId);
  if (field?.type === 'singleLineText') return undefined;
  const known = tables.find(({ id }) => id === tableId);
  const name = field?.name ?? known?.fields.find(({ id }) => id === fieldId)?.name ?? fieldId;
  const what = field ? `is ${field.type} by now, no single line text` : 'was deleted';
  return `The marker field “${name}” of “${known?.name ?? tableId}” ${what}: choose another field of this table for markers, or none, and propose the edit anew.`;
}

const markerGone = (message: string) =>
  new SagatableError('Conflict', message, { code: 'marker_field_gone' });
