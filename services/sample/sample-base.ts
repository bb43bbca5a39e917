import { createHash } from 'node:crypto';
import type { Cells } from '../../contracts/airtable';
import { readFilms, type Film } from './films';

/** A field before it has an id. A link names its table, and the field that mirrors it there. */
export interface SampleField {
  readonly name: string;
  readonly type: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly linkedTable?: string;
  readonly inverseName?: string;
}

export interface SampleRecord {
  /** A record id: `rec` and 14 letters or digits, the same at every call. */
  readonly key: string;
  /** By field name; an empty cell is absent. */
  readonly cells: Cells;
  /** By field name: the primary values of the records linked to. */
  readonly links: Readonly<Record<string, readonly string[]>>;
}

export interface SampleBase {
  readonly name: string;
  readonly tables: readonly { readonly name: string; readonly fields: readonly SampleField[] }[];
  /** By table name, each table's records in the order in which they are to be made. */
  readonly records: Readonly<Record<string, readonly SampleRecord[]>>;
}

const WHOLE = { type: 'number', options: { precision: 0 } };
const LINKS: Readonly<Record<string, string>> = { Director: 'Directors', Distributor: 'Distributors' };

/** The base Films: films, their directors and distributors, linked. The same at every call, without ids of tables and fields. */
export function sampleBase(films: readonly Film[] = readFilms()): SampleBase {
  return {
    name: 'Films',
    tables: [
      { name: 'Films', fields: filmFields(films) },
      { name: 'Directors', fields: [{ name: 'Name', type: 'singleLineText' }] },
      { name: 'Distributors', fields: [{ name: 'Name', type: 'singleLineText' }] },
    ],
    records: {
      Directors: namedRecords('Directors', valuesOf(films, 'Director')),
      Distributors: namedRecords('Distributors', valuesOf(films, 'Distributor')),
      Films: films.map((film, i) => filmRecord(film, recordKey('Films', String(i)))),
    },
  };
}

function filmFields(films: readonly Film[]): SampleField[] {
  const select = (name: string): SampleField => ({
    name,
    type: 'singleSelect',
    options: { choices: valuesOf(films, name).map((choice) => ({ name: choice })) },
  });
  const link = (name: string): SampleField => ({
    name,
    type: 'multipleRecordLinks',
    linkedTable: LINKS[name] ?? name,
    inverseName: 'Films',
  });
  return [
    { name: 'Title', type: 'singleLineText' },
    { name: 'US Gross', ...WHOLE },
    { name: 'Worldwide Gross', ...WHOLE },
    { name: 'US DVD Sales', ...WHOLE },
    { name: 'Production Budget', ...WHOLE },
    { name: 'Release Date', type: 'date', options: { dateFormat: { name: 'iso', format: 'YYYY-MM-DD' } } },
    select('MPAA Rating'),
    { name: 'Running Time', ...WHOLE },
    select('Source'),
    select('Major Genre'),
    select('Creative Type'),
    { name: 'Rotten Tomatoes Rating', ...WHOLE },
    { name: 'IMDB Rating', type: 'number', options: { precision: 1 } },
    { name: 'IMDB Votes', ...WHOLE },
    link('Director'),
    link('Distributor'),
  ];
}

function filmRecord(film: Film, key: string): SampleRecord {
  const cells: Cells = {};
  const links: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(film)) {
    if (value === null) continue;
    if (LINKS[name]) links[name] = [String(value)];
    else cells[name] = value;
  }
  return { key, cells, links };
}

function namedRecords(table: string, names: readonly string[]): SampleRecord[] {
  return names.map((name) => ({ key: recordKey(table, name), cells: { Name: name }, links: {} }));
}

/** The different values of a column, in code-unit order so that no locale changes it. */
function valuesOf(films: readonly Film[], column: string): string[] {
  const values = films.flatMap((film) => (film[column] === null ? [] : [String(film[column])]));
  return [...new Set(values)].sort();
}

function recordKey(table: string, seed: string): string {
  return `rec${createHash('sha256').update(`${table}\0${seed}`).digest('hex').slice(0, 14)}`;
}
