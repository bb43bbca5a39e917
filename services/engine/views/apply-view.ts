import { EngineError } from '../engine-error';
import type { ListQuery } from '../list-query';
import type { BasePlace } from '../place';
import type { EngineTable } from '../schema';
import { joinFilters } from './view-filter';
import { readViewSettings } from './view-rows';

/**
 * A query with what its view adds: the view's filter beside the request's, and the view's order where the request has none.
 * The view's hidden fields are in the records all the same, as at Airtable. Throws EngineError: VIEW_NAME_NOT_FOUND.
 */
export async function applyView(place: BasePlace, table: EngineTable, query: ListQuery): Promise<ListQuery> {
  const asked = query.view;
  if (asked === undefined || asked === '') return query;
  const view = table.views.find((v) => v.id === asked) ?? table.views.find((v) => v.name === asked);
  if (!view) throw new EngineError(422, 'VIEW_NAME_NOT_FOUND', `View ${asked} not found`);
  const { filter, sort } = await readViewSettings(place, table, view.id);
  const ordered =
    query.sort.length > 0
      ? query
      : { ...query, sort: sort.map(({ fieldId, direction }) => ({ field: fieldId, direction })) };
  if (filter === null) return ordered;
  const ofRequest = query.filterByFormula;
  return {
    ...ordered,
    filterByFormula: ofRequest ? joinFilters(table, filter, ofRequest, place.now) : filter,
  };
}
