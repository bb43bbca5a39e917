import type { PreparedStatement } from '../../database/database';
import type { BasePlace } from '../place';
import type { EngineTable, ViewSettings } from '../schema';

export interface ViewRow {
  readonly tableId: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly visibleFieldIds: readonly string[] | null;
  readonly personalForUserId: string | null;
}

/** A view as it is kept. */
export type StoredView = ViewRow & ViewSettings;

/** All views of a base, or those of one id, in the order of their tables' lists. */
export async function readViews(place: BasePlace, viewId?: string): Promise<ViewRow[]> {
  const found = await place.tx.query<ViewRow>(
    `SELECT v.table_id AS "tableId", v.id, v.name, v.type, v.visible_field_ids AS "visibleFieldIds",
       v.personal_for_user_id AS "personalForUserId"
     FROM engine_views v JOIN engine_tables t ON (t.workspace_id, t.base_id, t.id) = (v.workspace_id, v.base_id, v.table_id)
     WHERE v.workspace_id = $1 AND v.base_id = $2 AND ($3::text IS NULL OR v.id = $3)
     ORDER BY t.position, v.position, v.id`,
    [place.workspaceId, place.baseId, viewId ?? null],
  );
  return found.rows;
}

const READ_SETTINGS: PreparedStatement = {
  name: 'view settings',
  text: 'SELECT filter, sort FROM engine_views WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND id = $4',
};

/** What one view of a table shows: read once for each version of the schema, of which the table is a part. */
export async function readViewSettings(
  place: BasePlace,
  table: EngineTable,
  viewId: string,
): Promise<ViewSettings> {
  const ofTable = place.schemas.viewSettings.get(table) ?? new Map<string, ViewSettings>();
  const known = ofTable.get(viewId);
  if (known) return known;
  const found = await place.tx.query<{ filter: string | null; sort: ViewSettings['sort'] | null }>(
    READ_SETTINGS,
    [place.workspaceId, place.baseId, table.id, viewId],
  );
  const row = found.rows[0];
  const settings = { filter: row?.filter ?? null, sort: row?.sort ?? [] };
  place.schemas.viewSettings.set(table, ofTable.set(viewId, settings));
  return settings;
}

/** Adds a view as the last of its table, or changes the one of that id. */
export async function saveView(place: BasePlace, view: StoredView): Promise<void> {
  await place.tx.query(
    `INSERT INTO engine_views (workspace_id, base_id, table_id, id, name, type, filter, sort, visible_field_ids,
       personal_for_user_id, position)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce(max(position), -1) + 1
     FROM engine_views WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3
     ON CONFLICT (workspace_id, base_id, table_id, id) DO UPDATE SET name = excluded.name, type = excluded.type,
       filter = excluded.filter, sort = excluded.sort, visible_field_ids = excluded.visible_field_ids,
       personal_for_user_id = excluded.personal_for_user_id`,
    [
      place.workspaceId,
      place.baseId,
      view.tableId,
      view.id,
      view.name,
      view.type,
      view.filter,
      view.sort.length === 0 ? null : JSON.stringify(view.sort),
      view.visibleFieldIds,
      view.personalForUserId,
    ],
  );
}

/** Removes views of a table. */
export async function removeViews(
  place: BasePlace,
  tableId: string,
  viewIds: readonly string[],
): Promise<void> {
  await place.tx.query(
    'DELETE FROM engine_views WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND id = ANY($4)',
    [place.workspaceId, place.baseId, tableId, viewIds],
  );
}
