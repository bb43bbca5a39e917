import { readBase } from '../base-rows';
import { modelNotFound } from '../engine-error';
import { isEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import type { EngineBase, EngineTable, EngineView } from '../schema';
import { readViews, type ViewRow } from './view-rows';

/** A view as the API answers with it. Source: Airtable Web API, get view metadata. */
export interface ViewAnswer extends EngineView {
  readonly personalForUserId?: string;
  /** Of a grid only, where the request asked for them. */
  readonly visibleFieldIds?: readonly string[];
}

/** A view shows all fields, in the table's order, unless it was made with others. */
function visibleFields(table: EngineTable | undefined, row: ViewRow | undefined): readonly string[] {
  return row?.visibleFieldIds ?? table?.fields.map((field) => field.id) ?? [];
}

/** A view in the form the API answers with. */
export function answerView(base: EngineBase, row: ViewRow, withVisibleFields: boolean): ViewAnswer {
  const table = base.tables.find((t) => t.id === row.tableId);
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    ...(row.personalForUserId !== null && { personalForUserId: row.personalForUserId }),
    ...(withVisibleFields && row.type === 'grid' && { visibleFieldIds: visibleFields(table, row) }),
  };
}

/** `GET /meta/bases/{base}/views`. Throws EngineError. */
export async function listViews(
  place: BasePlace,
  withVisibleFields: boolean,
): Promise<{ views: ViewAnswer[] }> {
  const base = await readBase(place);
  const rows = await readViews(place);
  return { views: rows.map((row) => answerView(base, row, withVisibleFields)) };
}

/** `GET /meta/bases/{base}/views/{view}`. Throws EngineError: 403 when the base has no such view. */
export async function getView(
  place: BasePlace,
  viewId: string,
  withVisibleFields: boolean,
): Promise<ViewAnswer> {
  const base = await readBase(place);
  const [row] = isEngineId('viw', viewId) ? await readViews(place, viewId) : [];
  if (!row) throw modelNotFound();
  return answerView(base, row, withVisibleFields);
}

/** Tables as `include[]=visibleFieldIds` wants them: each grid with the fields that it shows. */
export async function showVisibleFields(
  place: BasePlace,
  tables: readonly EngineTable[],
): Promise<(Omit<EngineTable, 'views'> & { views: ViewAnswer[] })[]> {
  const rows = new Map((await readViews(place)).map((row) => [row.id, row]));
  return tables.map((table) => ({
    ...table,
    views: table.views.map((view) =>
      view.type === 'grid' ? { ...view, visibleFieldIds: visibleFields(table, rows.get(view.id)) } : view,
    ),
  }));
}
