import type { TableSchema } from '../../contracts/airtable';
import type { DiffGroup } from '../../contracts/edits';
import { isSchemaChange } from '../../contracts/schema-changes';
import { plural, showCell } from './cell-texts';
import type { DraftedChange } from './draft';
import type { SchemaIndex } from './schema-index';
import { signSchemaChange } from './schema-preview';

/** More different changes than this of the same fields are shown as one group of various values. */
const MAX_GROUPS_PER_FIELDS = 20;

interface Group {
  /** When it first came. */
  readonly at: number;
  readonly first: Signature;
  count: number;
}

/** Changes of the same fields; `exact` are the different ones of them, while they are few. */
interface Family extends Group {
  exact: Map<string, Group> | null;
}

/** Groups a change set as it is gone through: what it holds grows with the kinds of changes and not with the changes. */
export function createGroups(
  index: SchemaIndex,
  tables: readonly TableSchema[],
): {
  add(change: DraftedChange['change']): void;
  /** The group of a change, once all were added. */
  keyOf(change: DraftedChange['change']): string;
  /** In order of application, whatever the order in which they were added. */
  list(): DiffGroup[];
} {
  const families = new Map<string, Family>();
  let seen = 0;
  return {
    add(change) {
      const first = signatureOf(change, index, tables);
      const at = seen++;
      let family = families.get(first.family);
      if (!family) families.set(first.family, (family = { at, first, count: 0, exact: new Map() }));
      family.count++;
      if (!family.exact) return;
      const same = family.exact.get(first.exact);
      if (same) same.count++;
      else family.exact.set(first.exact, { at, first, count: 1 });
      if (family.exact.size > MAX_GROUPS_PER_FIELDS) family.exact = null;
    },

    keyOf(change) {
      const { family, exact } = signatureOf(change, index, tables);
      return families.get(family)?.exact ? exact : family;
    },

    list() {
      const groups = [...families].flatMap(([key, family]) =>
        family.exact
          ? [...family.exact].map(([exact, group]) => ({ key: exact, group, various: false }))
          : [{ key, group: family, various: true }],
      );
      groups.sort((a, b) => rankOf(a.group) - rankOf(b.group) || a.group.at - b.group.at);
      return groups.map(({ key, group: { first, count }, various }): DiffGroup => {
        const { kind, tableId, tableName, fieldId, fieldName, before, after } = first;
        const shown = various ? { before: null, after: null } : { before, after };
        const group = { key, kind, tableId, tableName, fieldId, fieldName, count, ...shown };
        const text = various ? `${first.what} (such as ${first.text})` : first.text;
        return { ...group, headline: headlineOf(group, text) };
      });
    },
  };
}

/** Tables and fields come first, then options, then records. */
function rankOf({ first: { kind } }: Group): number {
  if (kind === 'create' || kind === 'update' || kind === 'delete') return 2;
  return kind === 'createOption' ? 1 : 0;
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
