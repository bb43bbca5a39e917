import { z } from 'zod';
import type { TableSchema } from '../../contracts/airtable';
import { FieldSchema } from '../../contracts/airtable';
import { DiffGroup, EditCounts } from '../../contracts/edits';
import { isSchemaChange } from '../../contracts/schema-changes';
import { plural } from './cell-texts';
import type { DraftedChange } from './draft';
import { createCallEstimate } from './estimate';
import { createGroups } from './preview-groups';
import { SchemaIndex } from './schema-index';
import { warnOfSchema } from './schema-preview';

/** Everything shown above the records: computed from the change set, never taken from a planner. */
export const Preview = z.object({
  headline: z.string(),
  counts: EditCounts,
  groups: z.array(DiffGroup),
  warnings: z.array(z.string()),
  calls: z.object({ apply: z.number(), verify: z.number().optional(), undo: z.number() }),
  /** The tables concerned as they were when it was planned, to show names and to compare cells by type. */
  tables: z.array(
    z.object({ id: z.string(), name: z.string(), fields: z.array(FieldSchema), primaryFieldId: z.string() }),
  ),
});
export type Preview = z.infer<typeof Preview>;

/** What the preview of a change set is made of, change by change. */
export interface PreviewDraft {
  add(drafted: DraftedChange): void;
  /** The group of a change, once all were added. */
  keyOf(change: DraftedChange['change']): string;
  finish(warnings: readonly string[], tables: readonly TableSchema[]): Preview;
}

/**
 * Counts, groups, headline, warnings and the number of calls of a change set as it is gone through: changes of records in
 * order of application; those of tables, fields and options before or after. `tables` as they will be.
 */
export function createPreview(tables: readonly TableSchema[], share: number | null = null): PreviewDraft {
  const groups = createGroups(new SchemaIndex({ tables: [...tables] }), tables);
  const calls = createCallEstimate(tables, share);
  const concerned = new Set<string>();
  const ofSchema: DraftedChange[] = [];
  const counts = { changes: 0, records: 0, cells: 0, creates: 0, updates: 0, deletes: 0 };
  let [options, large] = [0, 0];

  return {
    keyOf: (change) => groups.keyOf(change),

    add(drafted) {
      const { change, largeAttachments = 0 } = drafted;
      groups.add(change);
      calls.add(change);
      concerned.add(change.tableId);
      large += largeAttachments;
      counts.changes++;
      if (isSchemaChange(change)) ofSchema.push(drafted);
      else if (change.kind === 'createOption') options++;
      else {
        counts.records++;
        if (change.kind === 'create') counts.creates++;
        if (change.kind === 'delete') counts.deletes++;
        if (change.kind === 'update') counts.updates++;
        if (change.kind !== 'delete') counts.cells += Object.keys(change.cells).length;
      }
    },

    finish(warnings, planned) {
      const listed = groups.list();
      const counted = { ...counts, ...(ofSchema.length ? { schemaChanges: ofSchema.length } : {}) };
      return {
        headline: `${describeCounts(counted)} in ${[...new Set(listed.map((g) => g.tableName))].join(', ')}`,
        counts: counted,
        groups: listed,
        warnings: [...warnings, ...warnOf(counted, options, large), ...warnOfSchema(ofSchema, planned)],
        calls: calls.total(),
        tables: planned
          .filter(({ id }) => concerned.has(id))
          .map(({ id, name, fields, primaryFieldId }) => ({ id, name, fields, primaryFieldId })),
      };
    },
  };
}

function describeCounts(c: Preview['counts']): string {
  const parts = [
    c.schemaChanges ? `${plural(c.schemaChanges, 'change')} of tables and fields` : '',
    c.creates ? `${plural(c.creates, 'record')} created` : '',
    c.updates ? `${plural(c.updates, 'record')} changed` : '',
    c.deletes ? `${plural(c.deletes, 'record')} deleted` : '',
  ].filter(Boolean);
  return parts.join(', ') || plural(c.changes, 'change');
}

function warnOf(counts: Preview['counts'], options: number, large: number): string[] {
  const warnings: string[] = [];
  if (counts.deletes) {
    warnings.push(
      `${plural(counts.deletes, 'record')} will be deleted. An undo creates them again with new record ids, creation times, authors and autonumbers; revision history does not return, and comments only as quotations where the approval asks for it.`,
    );
    if (large)
      warnings.push(
        `${plural(large, 'attachment')} of more than 5 MB: an undo brings them back only while Airtable can fetch them from where they were, about two hours; their bytes are kept longer.`,
      );
  }
  if (options) {
    warnings.push('New select options stay when the edit is undone: Airtable’s API cannot remove an option.');
  }
  return warnings;
}
