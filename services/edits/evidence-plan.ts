import type { EvidencePlan } from '../../contracts/edits';
import type { Tx } from '../database/database';
import { findWatch } from '../witness/watch-rows';
import type { EditRow } from './edit-rows';
import { readMarkerFields } from './markers';

/**
 * What will tell the records that an edit creates, table by table, should an answer be lost. The undo of a deletion creates
 * too. As it stands now: a marker field that is chosen before the edit runs counts.
 */
export async function planEvidence(tx: Tx, edit: EditRow): Promise<EvidencePlan[]> {
  const { preview, workspace_id: workspaceId, connection_id: connectionId, base_id: baseId } = edit;
  const tables = new Map(
    (preview?.groups ?? [])
      .filter(({ kind }) => kind === 'create' || kind === 'delete')
      .map(({ tableId, tableName }) => [tableId, tableName]),
  );
  if (tables.size === 0) return [];
  const base = { workspaceId, connectionId, baseId };
  const markers = await readMarkerFields(tx, base);
  const watch = await findWatch(tx, base);
  const witness = watch?.state === 'watching';
  return [...tables].map(([tableId, tableName]) => ({
    tableId,
    tableName,
    markerFieldId: markers.get(tableId) ?? null,
    witness,
  }));
}
