import type { Tx } from '../../../services/database/database';
import { createEngine, type Engine } from '../../../services/engine/engine';
import type { DownloadLinks } from '../../../services/engine/place';
import type { EngineBase } from '../../../services/engine/schema';
import { newId } from '../../../services/ids';
import { createTestDatabase, type TestDatabase } from '../../support/database';

export const NOW = new Date('2026-03-01T12:00:00.000Z');

export interface EngineFixture {
  readonly database: TestDatabase;
  readonly engine: Engine;
  readonly workspaceId: string;
  readonly base: EngineBase;
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A table's id, and a field's, by name. */
  table(name: string): string;
  field(table: string, name: string): string;
}

export const FILM_TABLES = [
  { name: 'Directors', fields: [{ name: 'Name', type: 'singleLineText' }] },
  {
    name: 'Films',
    fields: [
      { name: 'Title', type: 'singleLineText' },
      { name: 'Notes', type: 'multilineText' },
      { name: 'Gross', type: 'number', options: { precision: 1 } },
      { name: 'Released', type: 'date', options: { dateFormat: { name: 'iso' } } },
      { name: 'Seen', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
      { name: 'Rating', type: 'singleSelect', options: { choices: [{ name: 'PG' }, { name: 'R' }] } },
      { name: 'Genres', type: 'multipleSelects', options: { choices: [{ name: 'Drama' }, { name: 'War' }] } },
      { name: 'Site', type: 'url' },
      { name: 'Contact', type: 'email' },
      { name: 'Director', type: 'multipleRecordLinks', options: { linkedTableId: 'Directors' } },
      { name: 'Sequels', type: 'multipleRecordLinks', options: { linkedTableId: 'Films' } },
    ],
  },
];

/** Adds a workspace of its own to the database. */
export async function insertWorkspace(database: TestDatabase): Promise<string> {
  const workspaceId = newId('workspace');
  await database.db.tenant(workspaceId, (tx) =>
    tx.query('INSERT INTO workspaces (workspace_id, name) VALUES ($1, $2)', [workspaceId, 'Test']),
  );
  return workspaceId;
}

/** A database with one workspace and one base of Films and Directors. */
export async function createEngineFixture(
  clock: { now(): Date } = { now: () => NOW },
  links: DownloadLinks = {
    urlOf: ({ attachmentId, size }) => `https://files.invalid/${attachmentId}/${size}`,
  },
): Promise<EngineFixture> {
  const database = await createTestDatabase();
  const engine = createEngine({
    clock,
    links,
  });
  const workspaceId = await insertWorkspace(database);
  const run = <T>(work: (tx: Tx) => Promise<T>) => database.db.tenant(workspaceId, work);
  const base = await run((tx) => engine.createBase(tx, workspaceId, { name: 'Films', tables: FILM_TABLES }));
  const tableOf = (name: string) => {
    const found = base.tables.find((t) => t.name === name);
    if (!found) throw new Error(`no table ${name}`);
    return found;
  };
  return {
    database,
    engine,
    workspaceId,
    base,
    run,
    table: (name) => tableOf(name).id,
    field(table, name) {
      const found = tableOf(table).fields.find((f) => f.name === name);
      if (!found) throw new Error(`no field ${name}`);
      return found.id;
    },
  };
}
