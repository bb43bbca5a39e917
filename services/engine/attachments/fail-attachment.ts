import { openTable } from '../cell-writing';
import { concludeWrite } from '../conclude-write';
import { lockBase } from '../base-rows';
import type { BasePlace } from '../place';
import { readRecords } from '../record-rows';
import { writeDrafts } from '../record-writing';
import type { EngineTable, StoredRecord } from '../schema';
import { stillOurs, type Claim } from './claims';

/**
 * Gives up an attachment that cannot be fetched: it vanishes from every cell that holds it, as at Airtable, and whoever
 * watches the base learns of it. Does nothing when another process has taken the claim.
 */
export async function failAttachment(place: BasePlace, claim: Claim): Promise<void> {
  const base = await lockBase(place);
  if (!(await stillOurs(place.tx, claim))) return;
  await place.tx.query(
    `UPDATE engine_attachments SET state = 'failed', source_url = NULL, work = NULL, claim = NULL
     WHERE workspace_id = $1 AND base_id = $2 AND id = $3`,
    [place.workspaceId, place.baseId, claim.attachmentId],
  );
  for (const table of base.tables) {
    const fieldIds = attachmentFieldsOf(table);
    if (fieldIds.length === 0) continue;
    const holders = await readHolders(place, table, fieldIds, claim.attachmentId);
    if (holders.length === 0) continue;
    const drafts = holders.map((record) => ({
      id: record.id,
      before: record,
      after: withoutAttachment(record.cells, fieldIds, claim.attachmentId),
    }));
    await writeDrafts(place, await openTable(place, table.id, false), drafts);
  }
  await concludeWrite(place);
}

function attachmentFieldsOf(table: EngineTable): string[] {
  return table.fields.filter((field) => field.type === 'multipleAttachments').map((field) => field.id);
}

async function readHolders(
  place: BasePlace,
  table: EngineTable,
  fieldIds: readonly string[],
  attachmentId: string,
): Promise<StoredRecord[]> {
  const found = await place.tx.query<{ id: string }>(
    `SELECT r.id FROM engine_records r WHERE r.workspace_id = $1 AND r.base_id = $2 AND r.table_id = $3
       AND EXISTS (SELECT FROM unnest($4::text[]) AS f(id) WHERE r.cells->f.id ? $5)`,
    [place.workspaceId, place.baseId, table.id, fieldIds, attachmentId],
  );
  const ids = found.rows.map((row) => row.id);
  return [...(await readRecords(place, ids, table.id)).values()];
}

function withoutAttachment(
  cells: StoredRecord['cells'],
  fieldIds: readonly string[],
  attachmentId: string,
): StoredRecord['cells'] {
  const left = Object.entries(cells).map(([fieldId, value]) => {
    const held = fieldIds.includes(fieldId) && Array.isArray(value);
    return [fieldId, held ? value.filter((id) => id !== attachmentId) : value] as const;
  });
  return Object.fromEntries(left.filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}
