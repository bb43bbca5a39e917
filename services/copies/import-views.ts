import { canonicalJson } from '../edits/canonical';
import type { BasePlace } from '../engine/place';
import type { EngineView } from '../engine/schema';
import { saveView } from '../engine/views/view-rows';
import type { HostedTable } from './hosting';

type HostedView = HostedTable['views'][number];

/** Adds the source's views that are new, and takes over names and visible fields that changed there. Filters made here stay. */
export async function importViews(
  place: BasePlace,
  table: HostedTable,
  here: readonly EngineView[],
  then: HostedTable | undefined,
): Promise<void> {
  for (const view of table.views) {
    const before = then?.views.find((v) => v.id === view.id);
    if (!here.some((v) => v.id === view.id)) {
      await saveView(place, { ...view, tableId: table.id, filter: null, sort: [] });
    } else if (before && canonicalJson(before) !== canonicalJson(view)) {
      await changeView(place, table.id, before, view);
    }
  }
}

async function changeView(
  place: BasePlace,
  tableId: string,
  before: HostedView,
  now: HostedView,
): Promise<void> {
  const shown = canonicalJson(before.visibleFieldIds) !== canonicalJson(now.visibleFieldIds);
  await place.tx.query(
    `UPDATE engine_views SET name = CASE WHEN $5::text = $6 THEN name ELSE $6 END,
       visible_field_ids = CASE WHEN $7 THEN $8::text[] ELSE visible_field_ids END
     WHERE workspace_id = $1 AND base_id = $2 AND table_id = $3 AND id = $4`,
    [place.workspaceId, place.baseId, tableId, now.id, before.name, now.name, shown, now.visibleFieldIds],
  );
}
