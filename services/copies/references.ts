import type { LeftOut } from '../../contracts/copies';
import type { HostedField, HostedTable } from './hosting';

type Tables = readonly HostedTable[];

const text = (field: HostedField, key: string): string | undefined => {
  const value = field.field.options?.[key];
  return typeof value === 'string' ? value : undefined;
};

/** Why a field cannot come although the engine knows its type: what it refers to has not come. */
function lacks(tables: Tables, table: HostedTable, hosted: HostedField): string | undefined {
  const { type } = hosted.field;
  if (type === 'multipleRecordLinks') {
    const linked = tables.some((other) => other.id === text(hosted, 'linkedTableId'));
    return linked ? undefined : 'The table that it links to cannot be read.';
  }
  if (type !== 'count' && type !== 'multipleLookupValues') return undefined;
  const link = table.fields.find(({ field }) => field.id === text(hosted, 'recordLinkFieldId'));
  if (link?.field.type !== 'multipleRecordLinks') return 'The link that it goes by did not come.';
  if (type === 'count') return undefined;
  return lookedUp(tables, link, hosted) ? undefined : 'The field that it looks up did not come.';
}

function lookedUp(tables: Tables, link: HostedField, lookup: HostedField): HostedField | undefined {
  const linked = tables.find((other) => other.id === text(link, 'linkedTableId'));
  return linked?.fields.find(({ field }) => field.id === text(lookup, 'fieldIdInLinkedTable'));
}

/** A lookup of a field that came as another type shows that type. */
function withResult(tables: Tables, table: HostedTable, hosted: HostedField): HostedField {
  if (hosted.field.type !== 'multipleLookupValues') return hosted;
  const link = table.fields.find(({ field }) => field.id === text(hosted, 'recordLinkFieldId'));
  const target = link && lookedUp(tables, link, hosted);
  if (!target || target.field.type === target.source.type) return hosted;
  const options = { ...hosted.field.options, result: { type: target.field.type } };
  return { ...hosted, field: { ...hosted.field, options } };
}

/** Fields whose last change is watched: those that did not come cannot be. */
function withReferences(table: HostedTable, hosted: HostedField): HostedField {
  const { options } = hosted.field;
  const referenced = options?.['referencedFieldIds'];
  if (!/^lastModified/.test(hosted.field.type) || !Array.isArray(referenced)) return hosted;
  const here = referenced.filter((id) => table.fields.some(({ field }) => field.id === id));
  return { ...hosted, field: { ...hosted.field, options: { ...options, referencedFieldIds: here } } };
}

/** Takes out fields that refer to what has not come, until none is left, and lists them. */
export function fitReferences(drafts: Tables, leftOut: LeftOut[]): HostedTable[] {
  let tables = [...drafts];
  for (let found = true; found;) {
    found = false;
    const before = tables;
    tables = before.map((table) => ({
      ...table,
      fields: table.fields.filter((hosted) => {
        const reason = lacks(before, table, hosted);
        if (reason === undefined) return true;
        found = true;
        const { id, name } = hosted.field;
        leftOut.push({ kind: 'field', id, name, tableId: table.id, reason });
        return false;
      }),
    }));
  }
  return tables.map((table) => ({
    ...table,
    fields: table.fields.map((hosted) => withReferences(table, withResult(tables, table, hosted))),
  }));
}
