import type { AirtableRecord } from '../../../../contracts/airtable';
import type { BasePlace } from '../../../../services/engine/place';
import { createField } from '../../../../services/engine/schema-requests';
import { createRecords, updateRecord } from '../../../../services/engine/change-records';
import { createEngine } from '../../../../services/engine/engine';
import { listRecords } from '../../../../services/engine/list-records';
import type { EngineBase, EngineField } from '../../../../services/engine/schema';
import { createTestDatabase, type TestDatabase } from '../../../support/database';
import { insertWorkspace } from '../engine-fixture';

export const ANNA = { id: 'usrAnnaAnnaAnna0', email: 'anna@example.com', name: 'Anna' };
export const BEN = { id: 'usrBenBenBenBen0', email: 'Ben@Example.com', name: 'Ben' };
/** Was a member once. */
export const CARL = { id: 'usrCarlCarlCarl0', email: 'carl@example.com', name: 'Carl' };

const ISO = { dateFormat: { name: 'iso' } };
const ONE_TO_FIVE = { max: 5, icon: 'star', color: 'yellowBright' };

/** One field of each type that can be written, by its type's name, and a few more with other options. */
export const WRITABLE = [
  { name: 'singleLineText', type: 'singleLineText' },
  { name: 'multilineText', type: 'multilineText' },
  { name: 'richText', type: 'richText' },
  { name: 'email', type: 'email' },
  { name: 'url', type: 'url' },
  { name: 'phoneNumber', type: 'phoneNumber' },
  { name: 'number', type: 'number', options: { precision: 2 } },
  { name: 'currency', type: 'currency', options: { precision: 2, symbol: 'kr ' } },
  { name: 'percent', type: 'percent', options: { precision: 1 } },
  { name: 'rating', type: 'rating', options: ONE_TO_FIVE },
  { name: 'duration', type: 'duration', options: { durationFormat: 'h:mm:ss' } },
  { name: 'hours', type: 'duration', options: { durationFormat: 'h:mm' } },
  { name: 'laps', type: 'duration', options: { durationFormat: 'h:mm:ss.SS' } },
  { name: 'checkbox', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
  {
    name: 'singleSelect',
    type: 'singleSelect',
    options: { choices: [{ name: 'low' }, { name: 'high', color: 'redBright' }] },
  },
  {
    name: 'multipleSelects',
    type: 'multipleSelects',
    options: { choices: [{ name: 'red' }, { name: 'green, or so' }] },
  },
  { name: 'date', type: 'date', options: ISO },
  { name: 'european', type: 'date', options: { dateFormat: { name: 'european' } } },
  { name: 'local', type: 'date', options: { dateFormat: { name: 'local' } } },
  { name: 'friendly', type: 'date', options: { dateFormat: { name: 'friendly' } } },
  {
    name: 'dateTime',
    type: 'dateTime',
    options: { ...ISO, timeFormat: { name: '24hour' }, timeZone: 'Europe/Berlin' },
  },
  {
    name: 'clock',
    type: 'dateTime',
    options: { dateFormat: { name: 'us' }, timeFormat: { name: '12hour' }, timeZone: 'client' },
  },
  { name: 'singleCollaborator', type: 'singleCollaborator' },
  { name: 'multipleCollaborators', type: 'multipleCollaborators' },
  { name: 'multipleAttachments', type: 'multipleAttachments' },
  { name: 'multipleRecordLinks', type: 'multipleRecordLinks', options: { linkedTableId: 'Others' } },
  { name: 'barcode', type: 'barcode' },
];

/** A base of `Things`, with a field of each type, and `Others`, to which things link. */
export interface FieldTypes {
  readonly database: TestDatabase;
  readonly base: EngineBase;
  /** Works in a transaction, as Anna unless told otherwise. */
  at<T>(work: (place: BasePlace) => Promise<T>, userId?: string | null, now?: string): Promise<T>;
  create(table: string, fields: Record<string, unknown>, typecast?: boolean): Promise<AirtableRecord>;
  update(table: string, id: string, fields: Record<string, unknown>): Promise<AirtableRecord>;
  addField(table: string, name: string, type: string, options?: unknown): Promise<EngineField>;
  /** All records of a table, by the given list parameters. */
  list(table: string, query?: Record<string, unknown>): Promise<AirtableRecord[]>;
}

export const CREATED = '2026-03-01T12:00:00.000Z';
export const LATER = '2026-03-02T08:30:00.000Z';

/** A database of its own with that base and three people. */
export async function createFieldTypes(): Promise<FieldTypes> {
  const database = await createTestDatabase();
  let now = CREATED;
  const engine = createEngine({
    clock: { now: () => new Date(now) },
    links: { urlOf: ({ attachmentId }) => `https://files.invalid/${attachmentId}` },
  });
  const workspaceId = await insertWorkspace(database);
  const { db } = database;
  const base = await db.tenant(workspaceId, async (tx) => {
    for (const { id, email, name } of [ANNA, BEN, CARL]) {
      await tx.query(
        'INSERT INTO engine_people (workspace_id, id, email, name, member) VALUES ($1, $2, $3, $4, $5)',
        [workspaceId, id, email, name, id !== CARL.id],
      );
    }
    return engine.createBase(tx, workspaceId, {
      name: 'Types',
      tables: [
        { name: 'Things', fields: WRITABLE },
        { name: 'Others', fields: [{ name: 'Name', type: 'singleLineText' }] },
      ],
    });
  });

  const at: FieldTypes['at'] = (work, userId = ANNA.id, time = CREATED) => {
    now = time;
    return db.tenant(workspaceId, (tx) =>
      work(engine.open(tx, workspaceId, base.id, { userId, source: 'publicApi' })),
    );
  };
  return {
    database,
    base,
    at,
    create: (table, fields, typecast = false) =>
      at(async (place) => one(await createRecords(place, table, { records: [{ fields }], typecast }))),
    update: (table, id, fields) => at((place) => updateRecord(place, table, id, 'merge', { fields })),
    addField: (table, name, type, options) =>
      at((place) => createField(place, tableId(base, table), { name, type, options })),
    list: (table, query = {}) => at(async (place) => (await listRecords(place, table, query)).records),
  };
}

function tableId(base: EngineBase, name: string): string {
  return base.tables.find((table) => table.name === name)?.id ?? name;
}

function one(records: readonly AirtableRecord[]): AirtableRecord {
  const [record] = records;
  if (!record) throw new Error('one record was written and none came back');
  return record;
}
