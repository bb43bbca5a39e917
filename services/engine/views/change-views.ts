import { z } from 'zod';
import { lockBase, touchSchema } from '../base-rows';
import { parseBody } from '../body';
import { invalidRequest, modelNotFound, unknownField } from '../engine-error';
import { isEngineId, newEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import { findField, type EngineTable } from '../schema';
import { tableOf } from '../schema-writing';
import { isStorable } from '../storable-text';
import { answerView, type ViewAnswer } from './list-views';
import { storableFilter } from './view-filter';
import { readViews, removeViews, saveView } from './view-rows';

/** Source: Airtable Web API, get base schema, view type. */
const VIEW_TYPES = ['grid', 'form', 'calendar', 'gallery', 'kanban', 'timeline', 'block'] as const;
const MAX_FILTER = 10_000;
const MAX_VIEWS_PER_TABLE = 1_000;

const NewView = z
  .object({
    name: z.string().trim().min(1).max(255).refine(isStorable, 'must not hold NUL or half a surrogate pair'),
    type: z.enum(VIEW_TYPES),
    filterByFormula: z
      .string()
      .max(MAX_FILTER)
      .refine(isStorable, 'must not hold NUL or half a surrogate pair')
      .optional(),
    sort: z
      .array(z.object({ field: z.string(), direction: z.enum(['asc', 'desc']).default('asc') }))
      .max(50)
      .default([]),
    visibleFieldIds: z.array(z.string()).max(1_000).optional(),
  })
  .strict();

function fieldIdOf(table: EngineTable, idOrName: string): string {
  const field = findField(table, idOrName);
  if (!field) throw unknownField(idOrName);
  return field.id;
}

/** The primary field is always shown, and first unless it is given another place. */
function visibleOf(table: EngineTable, asked: readonly string[] | undefined): string[] | null {
  if (!asked) return null;
  const ids = new Set(asked.map((idOrName) => fieldIdOf(table, idOrName)));
  return ids.has(table.primaryFieldId) ? [...ids] : [table.primaryFieldId, ...ids];
}

/**
 * `POST /meta/bases/{base}/tables/{table}/views`, an extension: `{name, type, filterByFormula?, sort?, visibleFieldIds?}`, the
 * filter and the sort written as for listing records, fields by id or name. Throws EngineError for what could not be listed by.
 */
export async function createView(
  place: BasePlace,
  tableIdOrName: string,
  body: unknown,
): Promise<ViewAnswer> {
  const input = parseBody(NewView, body);
  const base = await lockBase(place);
  const table = tableOf(base, tableIdOrName);
  const name = input.name.toLowerCase();
  if (table.views.some((view) => view.name.toLowerCase() === name)) {
    throw invalidRequest(`there is a view named "${input.name}" already`);
  }
  if (table.views.length >= MAX_VIEWS_PER_TABLE) throw invalidRequest('the table has too many views');
  const view = {
    tableId: table.id,
    id: newEngineId('viw'),
    name: input.name,
    type: input.type,
    filter: input.filterByFormula ? storableFilter(table, input.filterByFormula, place.now) : null,
    sort: input.sort.map(({ field, direction }) => ({ fieldId: fieldIdOf(table, field), direction })),
    visibleFieldIds: visibleOf(table, input.visibleFieldIds),
    personalForUserId: null,
  };
  await saveView(place, view);
  await touchSchema(place);
  return answerView(base, view, true);
}

/** `DELETE /meta/bases/{base}/views/{view}`. Throws EngineError: 403 when there is no such view, 422 for a table's last one. */
export async function deleteView(place: BasePlace, viewId: string): Promise<{ id: string; deleted: true }> {
  const base = await lockBase(place);
  const [view] = isEngineId('viw', viewId) ? await readViews(place, viewId) : [];
  if (!view) throw modelNotFound();
  if (tableOf(base, view.tableId).views.length === 1) {
    throw invalidRequest('a table keeps one view at least');
  }
  await removeViews(place, view.tableId, [view.id]);
  await touchSchema(place);
  return { id: view.id, deleted: true };
}
