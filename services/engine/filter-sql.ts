import type { FormulaColumn, FormulaColumns } from '../formula/sql/columns';
import { choicesOf, type EngineField } from './schema';

type MakeColumn = (field: EngineField) => FormulaColumn;

const text: MakeColumn = ({ id }) => ({ kind: 'text', sql: `(r.cells->>'${id}')` });
const number: MakeColumn = ({ id }) => ({ kind: 'number', sql: `((r.cells->>'${id}')::numeric)` });
const day: MakeColumn = ({ id }) => ({ kind: 'day', sql: `(r.cells->>'${id}')` });
const instant: MakeColumn = ({ id }) => ({ kind: 'instant', sql: `(r.cells->>'${id}')` });
const CREATED_TIME = "date_trunc('milliseconds', r.created_time)";
const checkbox: MakeColumn = ({ id }) => ({
  kind: 'choice',
  sql: `(r.cells->>'${id}')`,
  values: new Map([['true', true]]),
});
const choice: MakeColumn = (field) => ({
  kind: 'choice',
  sql: `(r.cells->>'${field.id}')`,
  values: new Map(choicesOf(field).map(({ id, name }) => [id, name])),
});
const choices: MakeColumn = (field) => {
  const ids = choicesOf(field).map(({ id }) => `'${id}'`);
  return { kind: 'list', sql: `r.cells->'${field.id}' ?| ARRAY[${ids.join(',')}]::text[]`, filled: true };
};
/** A stored list that shows one item for each of its own. */
const list: MakeColumn = ({ id }) => ({
  kind: 'list',
  sql: `r.cells->'${id}' <> '[]'::jsonb`,
  filled: false,
});

/** Types whose stored cells the database can compare as formulas would: what is not here is evaluated row by row. */
const COLUMNS: Readonly<Record<string, MakeColumn>> = {
  singleLineText: text,
  multilineText: text,
  richText: text,
  email: text,
  url: text,
  phoneNumber: text,
  barcode: ({ id }) => ({ kind: 'text', sql: `(r.cells->'${id}'->>'text')` }),
  number,
  currency: number,
  percent: number,
  rating: number,
  duration: number,
  autoNumber: number,
  date: day,
  dateTime: instant,
  createdTime: () => ({ kind: 'time', sql: CREATED_TIME }),
  checkbox,
  singleSelect: choice,
  multipleSelects: choices,
  multipleRecordLinks: list,
  multipleCollaborators: list,
};

/** What a formula's fields are in SQL over the record row `r`. All ids have been checked to be plain ids. */
export function columnsOf(byName: ReadonlyMap<string, EngineField>): FormulaColumns {
  return {
    recordId: 'r.id',
    createdTime: CREATED_TIME,
    field(name) {
      const field = byName.get(name);
      return field && (Object.hasOwn(COLUMNS, field.type) ? COLUMNS[field.type]?.(field) : undefined);
    },
  };
}
