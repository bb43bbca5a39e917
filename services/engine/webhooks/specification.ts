import { z } from 'zod';
import { invalidRequest, modelNotFound } from '../engine-error';
import { isStorable } from '../storable-text';
import type { EngineBase, EngineTable, EngineView } from '../schema';

/** A part that may be left out; pyairtable can send null for it. */
function optional<S extends z.ZodType>(shape: S) {
  return shape.nullish().transform((value) => value ?? undefined);
}

const FieldIds = z.array(z.string()).max(1_000);
/** An id of which nothing is asked; every write reads the specification again, so it stays small. */
const AnyId = z.string().max(100).refine(isStorable, 'is no id');
/** A list of words: none of them is needed so often. */
const MAX_WORDS = 20;

/** Where changes come from. The engine knows two of these; the others are taken and never happen. */
const SOURCES = [
  'client',
  'publicApi',
  'formSubmission',
  'formPageSubmission',
  'automation',
  'system',
  'sync',
  'anonymousUser',
  'unknown',
] as const;

/** Which changes a webhook tells of, and how much of them. Source: Airtable Web API, webhooks specification. */
export const Specification = z.strictObject({
  options: z.strictObject({
    filters: z.strictObject({
      dataTypes: z
        .array(z.enum(['tableData', 'tableFields', 'tableMetadata']))
        .min(1)
        .max(MAX_WORDS),
      recordChangeScope: optional(z.string()),
      changeTypes: optional(z.array(z.enum(['add', 'remove', 'update'])).max(MAX_WORDS)),
      fromSources: optional(z.array(z.enum(SOURCES)).max(MAX_WORDS)),
      sourceOptions: optional(
        z.strictObject({
          formSubmission: optional(z.strictObject({ viewId: AnyId })),
          formPageSubmission: optional(z.strictObject({ pageId: AnyId })),
        }),
      ),
      watchDataInFieldIds: optional(FieldIds),
      watchSchemasOfFieldIds: optional(FieldIds),
    }),
    includes: optional(
      z.strictObject({
        includeCellValuesInFieldIds: optional(z.union([z.literal('all'), FieldIds])),
        includePreviousCellValues: optional(z.boolean()),
        includePreviousFieldDefinitions: optional(z.boolean()),
      }),
    ),
  }),
});
export type Specification = z.output<typeof Specification>;

/** Whose records a webhook watches: those of the base, of a table, or of a view. */
export interface Scope {
  readonly table?: EngineTable;
  readonly view?: EngineView;
}

/** What `recordChangeScope` means; undefined when the base has no such table or view (any more). */
export function scopeOf(base: EngineBase, { options }: Specification): Scope | undefined {
  const id = options.filters.recordChangeScope;
  if (id === undefined) return {};
  for (const table of base.tables) {
    if (table.id === id) return { table };
    const view = table.views.find((v) => v.id === id);
    if (view) return { table, view };
  }
  return undefined;
}

/** Throws EngineError when a specification names a table, view or field that the base does not have; only ids are names. */
export function checkSpecification(base: EngineBase, specification: Specification): void {
  const { filters, includes } = specification.options;
  const scope = scopeOf(base, specification);
  if (!scope) throw invalidRequest('recordChangeScope is the id of no table or view of this base');
  const known = new Set(
    (scope.table ? [scope.table] : base.tables).flatMap((t) => t.fields.map((f) => f.id)),
  );
  const included = includes?.includeCellValuesInFieldIds;
  const lists = {
    watchDataInFieldIds: filters.watchDataInFieldIds,
    watchSchemasOfFieldIds: filters.watchSchemasOfFieldIds,
    includeCellValuesInFieldIds: included === 'all' ? undefined : included,
  };
  for (const [name, ids] of Object.entries(lists)) {
    const missing = ids?.find((id) => !known.has(id));
    if (missing !== undefined) throw invalidRequest(`${name} has ${missing}, which is no field in its scope`);
  }
}

/**
 * Throws Airtable's 403 when a token may not read what the webhook tells of. Source: Airtable Web API, webhooks overview,
 * authorization.
 */
export function checkScopes({ options }: Specification, scopes: readonly string[]): void {
  for (const type of options.filters.dataTypes) {
    const needed = type === 'tableData' ? 'data.records:read' : 'schema.bases:read';
    if (!scopes.includes(needed)) throw modelNotFound();
  }
}
