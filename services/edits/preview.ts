import { z } from 'zod';
import type { CellValue, TableSchema } from '../../contracts/airtable';
import { FieldSchema } from '../../contracts/airtable';
import { DiffGroup, EditCounts } from '../../contracts/edits';
import { isSchemaChange } from '../../contracts/schema-changes';
import { cellText } from '../cells/cells';
import type { DraftedChange } from './draft';
import { createCallEstimate } from './estimate';
import { SchemaIndex } from './schema-index';
import { signSchemaChange, warnOfSchema } from './schema-preview';

/** More different changes than this of the same fields are shown as one group of various values. */
const MAX_GROUPS_PER_FIELDS = 20;

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

/** A cell for people; what is empty says so. */
export function showCell(field: FieldSchema, value: CellValue): string {
  return cellText(field, value) || 'empty';
}

const plural = (n: number, one: string) => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;

/** Counts, groups, headline, warnings and the number of calls of a change set; and each change's group. */
export function previewChanges(
  drafted: readonly DraftedChange[],
  tables: readonly TableSchema[],
  warnings: readonly string[],
  share: number | null = null,
): { preview: Preview; groupKeys: string[] } {
  const index = new SchemaIndex({ tables: [...tables] });
  const signatures = drafted.map(({ change }) => signatureOf(change, index, tables));
  const variety = new Map<string, Set<string>>();
  for (const s of signatures) {
    const same = variety.get(s.family) ?? new Set();
    variety.set(s.family, same.add(s.exact));
  }
  const groups = new Map<string, DiffGroup & { texts: string[] }>();
  const groupKeys = signatures.map((s) => {
    const various = (variety.get(s.family)?.size ?? 0) > MAX_GROUPS_PER_FIELDS;
    const key = various ? s.family : s.exact;
    const group = groups.get(key);
    if (group) {
      group.count++;
    } else {
      const { tableId, tableName, fieldId, fieldName, kind } = s;
      const shown = various ? { before: null, after: null } : { before: s.before, after: s.after };
      groups.set(key, {
        key,
        kind,
        tableId,
        tableName,
        fieldId,
        fieldName,
        headline: '',
        count: 1,
        ...shown,
        texts: [various ? `${s.what} (such as ${s.text})` : s.text],
      });
    }
    return key;
  });
  const listed = [...groups.values()].map(({ texts, ...group }): DiffGroup => ({
    ...group,
    headline: headlineOf(group, texts[0] ?? ''),
  }));
  const counts = countChanges(drafted);
  const calls = createCallEstimate(tables, share);
  for (const { change } of drafted) calls.add(change);
  return {
    groupKeys,
    preview: {
      headline: `${describeCounts(counts)} in ${[...new Set(listed.map((g) => g.tableName))].join(', ')}`,
      counts,
      groups: listed,
      warnings: [...warnings, ...warnOf(drafted, counts), ...warnOfSchema(drafted, tables)],
      calls: calls.total(),
      tables: tables
        .filter((t) => drafted.some((d) => d.change.tableId === t.id))
        .map(({ id, name, fields, primaryFieldId }) => ({ id, name, fields, primaryFieldId })),
    },
  };
}

interface Signature extends Pick<
  DiffGroup,
  'kind' | 'tableId' | 'tableName' | 'fieldId' | 'fieldName' | 'before' | 'after'
> {
  readonly family: string;
  readonly exact: string;
  readonly what: string;
  readonly text: string;
}

function signatureOf(
  change: DraftedChange['change'],
  index: SchemaIndex,
  tables: readonly TableSchema[],
): Signature {
  const table = index.table(change.tableId);
  const base = {
    kind: change.kind,
    tableId: table.id,
    tableName: table.name,
    fieldId: null,
    fieldName: null,
    before: null,
    after: null,
  };
  const family = `${change.kind}|${table.id}`;
  if (isSchemaChange(change)) {
    const signature = signSchemaChange(change, tables);
    const own = `${family}|${signature.fieldId ?? ''}`;
    return { ...signature, family: own, exact: own, what: '' };
  }
  if (change.kind === 'create' || change.kind === 'delete')
    return { ...base, family, exact: family, what: '', text: '' };
  if (change.kind === 'createOption') {
    const field = index.field(table, change.fieldId);
    const own = `${family}|${change.fieldId}|${change.name}`;
    return {
      ...base,
      fieldId: field.id,
      fieldName: field.name,
      after: change.name,
      family: own,
      exact: own,
      what: field.name,
      text: change.name,
    };
  }
  const cells = Object.entries(change.cells).map(([fieldId, cell]) => {
    const field = index.field(table, fieldId);
    return { field, before: showCell(field, cell.before), after: showCell(field, cell.after), cell };
  });
  cells.sort((a, b) => (a.field.id < b.field.id ? -1 : 1));
  const only = cells.length === 1 ? cells[0] : undefined;
  const fields = `${family}|${cells.map((c) => c.field.id).join(',')}`;
  return {
    ...base,
    fieldId: only?.field.id ?? null,
    fieldName: only?.field.name ?? cells.map((c) => c.field.name).join(', '),
    before: only?.before ?? null,
    after: only?.after ?? null,
    family: fields,
    exact: `${fields}|${JSON.stringify(cells.map((c) => c.cell))}`,
    what: cells.map((c) => c.field.name).join(', '),
    text: only
      ? `${only.before} → ${only.after}`
      : cells.map((c) => `${c.field.name}: ${c.before} → ${c.after}`).join('; '),
  };
}

function headlineOf(group: Omit<DiffGroup, 'headline'>, text: string): string {
  switch (group.kind) {
    case 'create':
      return `${plural(group.count, 'new record')} in ${group.tableName}`;
    case 'delete':
      return `${plural(group.count, 'record')} of ${group.tableName} deleted`;
    case 'createOption':
      return `New option “${text}” in ${group.fieldName ?? ''}`;
    case 'update':
      return group.fieldId === null
        ? `${plural(group.count, 'record')}: ${text}`
        : `${plural(group.count, 'cell')}: ${text}`;
    default:
      return text;
  }
}

function countChanges(drafted: readonly DraftedChange[]): Preview['counts'] {
  const schemaChanges = drafted.filter(({ change }) => isSchemaChange(change)).length;
  const counts = {
    ...{ changes: drafted.length, records: 0, cells: 0, creates: 0, updates: 0, deletes: 0 },
    ...(schemaChanges ? { schemaChanges } : {}),
  };
  for (const { change } of drafted) {
    if (change.kind === 'createOption' || isSchemaChange(change)) continue;
    counts.records++;
    if (change.kind === 'create') counts.creates++;
    if (change.kind === 'delete') counts.deletes++;
    if (change.kind === 'update') counts.updates++;
    if (change.kind !== 'delete') counts.cells += Object.keys(change.cells).length;
  }
  return counts;
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

function warnOf(drafted: readonly DraftedChange[], counts: Preview['counts']): string[] {
  const warnings: string[] = [];
  if (counts.deletes) {
    warnings.push(
      `${plural(counts.deletes, 'record')} will be deleted. An undo creates them again with new record ids, creation times, authors and autonumbers; revision history does not return, and comments only as quotations where the approval asks for it.`,
    );
    const large = drafted.reduce((sum, { largeAttachments = 0 }) => sum + largeAttachments, 0);
    if (large)
      warnings.push(
        `${plural(large, 'attachment')} of more than 5 MB: an undo brings them back only while Airtable can fetch them from where they were, about two hours; their bytes are kept longer.`,
      );
  }
  if (drafted.some((d) => d.change.kind === 'createOption')) {
    warnings.push('New select options stay when the edit is undone: Airtable’s API cannot remove an option.');
  }
  return warnings;
}
