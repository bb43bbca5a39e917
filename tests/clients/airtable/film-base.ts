import Airtable, { type FieldSet } from 'airtable';
import { z } from 'zod';
import { startClientEngine, type ClientEngine } from '../client-engine';

const MOMENT = {
  dateFormat: { name: 'iso' },
  timeFormat: { name: '24hour' },
  timeZone: 'Europe/Berlin',
};

/** A field of each type that the package can write; links come later, when both tables are there. */
const FILM_FIELDS = [
  { name: 'Title', type: 'singleLineText' },
  { name: 'Notes', type: 'multilineText' },
  { name: 'Review', type: 'richText' },
  { name: 'Site', type: 'url' },
  { name: 'Contact', type: 'email' },
  { name: 'Phone', type: 'phoneNumber' },
  { name: 'Gross', type: 'number', options: { precision: 1 } },
  { name: 'Price', type: 'currency', options: { precision: 2, symbol: '$' } },
  { name: 'Share', type: 'percent', options: { precision: 1 } },
  { name: 'Stars', type: 'rating', options: { max: 5, icon: 'star', color: 'yellowBright' } },
  { name: 'Length', type: 'duration', options: { durationFormat: 'h:mm:ss' } },
  { name: 'Seen', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
  { name: 'Rating', type: 'singleSelect', options: { choices: [{ name: 'PG' }, { name: 'R' }] } },
  { name: 'Genres', type: 'multipleSelects', options: { choices: [{ name: 'Drama' }, { name: 'War' }] } },
  { name: 'Released', type: 'date', options: { dateFormat: { name: 'european' } } },
  { name: 'Shown', type: 'dateTime', options: MOMENT },
  { name: 'Owner', type: 'singleCollaborator' },
  { name: 'Fans', type: 'multipleCollaborators' },
  { name: 'Code', type: 'barcode' },
];

const Schema = z.object({
  tables: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      fields: z.array(z.object({ id: z.string(), name: z.string() })),
      views: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
});
const Made = z.object({ id: z.string() });

export interface FilmBase {
  readonly engine: ClientEngine;
  /** The package on the base, with a token that may all. */
  readonly base: Airtable.Base;
  readonly films: Airtable.Table<FieldSet>;
  readonly directors: Airtable.Table<FieldSet>;
  readonly tables: z.infer<typeof Schema>['tables'];
  /** The id of a field of Films. */
  field(name: string): string;
  /** The package with another token or other options. */
  connect(options: Airtable.AirtableOptions): Airtable.Base;
  /** What the package has no method for. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** The package, unmodified, on an engine with a base of Films and Directors; `outside` are hosts to fetch from. */
export async function startFilmBase(outside: readonly string[] = []): Promise<FilmBase> {
  const engine = await startClientEngine(outside);
  try {
    return await fillFilmBase(engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function fillFilmBase(engine: ClientEngine): Promise<FilmBase> {
  const { url, token, workspaceId } = engine.world;
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/v0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const tables = [
    { name: 'Directors', fields: [{ name: 'Name', type: 'singleLineText' }] },
    { name: 'Films', fields: FILM_FIELDS },
  ];
  const { id } = Made.parse(await call('POST', '/meta/bases', { name: 'Films', workspaceId, tables }));
  const readTables = async () => Schema.parse(await call('GET', `/meta/bases/${id}/tables`)).tables;
  const [directors, films] = await readTables();
  const link = { type: 'multipleRecordLinks', options: { linkedTableId: directors?.id } };
  await call('POST', `/meta/bases/${id}/tables/${films?.id}/fields`, { name: 'Director', ...link });
  const made = await readTables();
  const connect = (options: Airtable.AirtableOptions) =>
    new Airtable({ apiKey: token, endpointUrl: url, noRetryIfRateLimited: true, ...options }).base(id);
  const base = connect({});
  return {
    engine,
    base,
    films: base('Films'),
    directors: base('Directors'),
    tables: made,
    field(name) {
      const found = made.find((table) => table.name === 'Films')?.fields.find((field) => field.name === name);
      if (!found) throw new Error(`no field ${name}`);
      return found.id;
    },
    connect,
    call,
    close: () => engine.close(),
  };
}

/** Removes all records of a table, ten at a time. */
export async function empty(table: Airtable.Table<FieldSet>): Promise<void> {
  const ids = (await table.select().all()).map((record) => record.id);
  for (let i = 0; i < ids.length; i += 10) await table.destroy(ids.slice(i, i + 10));
}
