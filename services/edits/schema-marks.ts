import {
  MAX_DESCRIPTION_LENGTH,
  MAX_NAME_LENGTH,
  type BaseSchema,
  type TableSchema,
} from '../../contracts/airtable';
import type { SchemaCreation } from '../../contracts/schema-changes';

const PREFIX = 'zz undone: ';
const DESCRIBED = 'Left over by a Sagatable edit that was undone: ';

/** A table, or a field of it, that an edit made and that no call removes. */
export interface Leftover {
  readonly tableId: string;
  /** Absent where it is the table itself. */
  readonly fieldId?: string;
  readonly name: string;
  readonly description: string;
}

/** What takes the place of name and description on a leftover. */
export interface Mark {
  readonly name: string;
  readonly description: string;
}

/**
 * What of a creation is in the base: the table or field that was made, and the other sides of its links, which Airtable made
 * with it. `made` gives the real ids.
 */
export function findLeftovers(
  schema: BaseSchema,
  change: SchemaCreation,
  made: ReadonlyMap<string, string>,
): Leftover[] {
  const { tables } = schema;
  const tableId = made.get(change.tableId) ?? change.tableId;
  const table = tables.find(({ id }) => id === tableId);
  if (!table) return [];
  const standIns = change.kind === 'createTable' ? change.fields.map((f) => f.fieldId) : [change.fieldId];
  const fields = standIns.flatMap((standIn) => table.fields.filter(({ id }) => id === made.get(standIn)));
  const others = fields.flatMap(({ options }) =>
    tables.flatMap((other) =>
      other.fields
        .filter(({ id }) => id === options?.['inverseLinkFieldId'] && other.id !== table.id)
        .map((field) => leftover(other, field)),
    ),
  );
  const own =
    change.kind === 'createTable' ? [leftover(table)] : fields.map((field) => leftover(table, field));
  return [...own, ...others];
}

function leftover(table: TableSchema, field?: TableSchema['fields'][number]): Leftover {
  const { name, description = '' } = field ?? table;
  return { tableId: table.id, ...(field ? { fieldId: field.id } : {}), name, description };
}

/** True for what was marked already, by this edit's undo. */
export function isMarked({ name }: Leftover, editId: string): boolean {
  return name.startsWith(PREFIX) && name.includes(`(${editId})`);
}

/** A free name that sorts last and says which edit left it, and a description that says when; what was there follows. */
export function markOf(schema: BaseSchema, left: Leftover, editId: string, now: Date): Mark {
  const table = schema.tables.find(({ id }) => id === left.tableId);
  const siblings = left.fieldId === undefined ? schema.tables : (table?.fields ?? []);
  const ownId = left.fieldId ?? left.tableId;
  const taken = new Set(siblings.filter(({ id }) => id !== ownId).map(({ name }) => name.toLowerCase()));
  const text = `${DESCRIBED}${editId}, ${now.toISOString()}.`;
  const description = left.description ? `${text}\n\n${left.description}` : text;
  for (let n = 1; ; n++) {
    const end = ` (${editId})${n > 1 ? ` ${n}` : ''}`;
    const room = MAX_NAME_LENGTH - PREFIX.length - end.length;
    const name = `${PREFIX}${cut(left.name, room)}${end}`;
    if (!taken.has(name.toLowerCase()))
      return { name, description: cut(description, MAX_DESCRIPTION_LENGTH) };
  }
}

/** Whole characters only, so many UTF-16 units at most. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, length);
  return kept.isWellFormed() ? kept : kept.slice(0, -1);
}
