import { createRecord, createRecords, updateRecords } from '../../../services/engine/change-records';
import { concludeWrite } from '../../../services/engine/conclude-write';
import { deleteRecords } from '../../../services/engine/delete-records';
import { saveSettings } from '../../../services/engine/imitation/settings-rows';
import { ImitationSettings } from '../../../services/engine/imitation/settings';
import { createField, createTable, updateField, updateTable } from '../../../services/engine/schema-requests';
import {
  createWebhook,
  deleteWebhook,
  enableNotifications,
  refreshWebhook,
} from '../../../services/engine/webhooks/change-webhooks';
import { listPayloads } from '../../../services/engine/webhooks/list-payloads';
import { removeOldWebhooks } from '../../../services/engine/webhooks/remove-old';
import { newEngineId } from '../../../services/engine/engine-ids';
import { createView } from '../../../services/engine/views/change-views';
import { NOW } from './engine-fixture';
import { createWebhookFixture, DAY_MS, KEY_RING, SCOPES, type WebhookFixture } from './webhooks-fixture';

let f: WebhookFixture;
beforeAll(async () => {
  f = await createWebhookFixture();
});
afterAll(() => f.database.drop());
afterEach(async () => {
  f.clock.set(NOW);
  await f.removeAll();
});

const DATA = { dataTypes: ['tableData'] };
const title = () => f.field('Films', 'Title');
const films = () => f.table('Films');

async function addFilms(...rows: Record<string, unknown>[]): Promise<string[]> {
  const answer = await f.act((place) =>
    createRecords(place, films(), { records: rows.map((fields) => ({ fields })) }),
  );
  return answer.map((record) => record.id);
}
const addFilm = async (fields: Record<string, unknown>) => (await addFilms(fields))[0] ?? '';
const change = (id: string, fields: Record<string, unknown>) =>
  f.act((place) => updateRecords(place, films(), 'merge', { records: [{ id, fields }] }));
const remove = (...ids: string[]) => f.act((place) => deleteRecords(place, films(), ids));

/** What the payloads of a webhook tell of a table, one entry a payload. */
async function told(webhookId: string, tableId = films()) {
  const { payloads } = await f.payloads(webhookId);
  return payloads.map((payload) => payload.changedTablesById?.[tableId]);
}

describe('a payload', () => {
  it('tells who did what and when, and the cells of a new record', async () => {
    const { id } = await f.create(DATA);
    const film = await addFilm({ Title: 'Ran', Gross: 4.2 });
    expect((await f.payloads(id)).payloads).toEqual([
      {
        timestamp: NOW.toISOString(),
        baseTransactionNumber: expect.any(Number) as unknown,
        payloadFormat: 'v0',
        actionMetadata: { source: 'publicApi', sourceMetadata: {} },
        changedTablesById: {
          [films()]: {
            createdRecordsById: {
              [film]: {
                createdTime: NOW.toISOString(),
                cellValuesByFieldId: { [title()]: 'Ran', [f.field('Films', 'Gross')]: 4.2 },
              },
            },
          },
        },
      },
    ]);
  });

  it('names the user with their e-mail address and what they may do', async () => {
    const { rows } = await f.database.admin.query<{ id: string }>(
      `INSERT INTO users (id, email, password_hash) VALUES ('usr_ada', 'ada@example.com', '') RETURNING id`,
    );
    const userId = rows[0]?.id ?? '';
    await f.database.admin.query(`INSERT INTO profiles (user_id, name) VALUES ($1, 'Ada')`, [userId]);
    await f.database.admin.query(
      `INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'admin')`,
      [f.workspaceId, userId],
    );
    const { id } = await f.create(DATA);
    await f.act((place) => createRecord(place, films(), { fields: {} }), { userId, source: 'client' });
    expect((await f.payloads(id)).payloads[0]).toMatchObject({
      actionMetadata: {
        source: 'client',
        sourceMetadata: {
          user: { id: userId, email: 'ada@example.com', name: 'Ada', permissionLevel: 'create' },
        },
      },
    });
  });

  it('has options and linked records as objects', async () => {
    const { id } = await f.create(DATA);
    const records = await f.act((place) =>
      createRecords(place, f.table('Directors'), { records: [{ fields: { Name: 'Kurosawa' } }] }),
    );
    const director = records[0]?.id ?? '';
    const film = await addFilm({ Title: 'Ran', Rating: 'R', Genres: ['War', 'Drama'], Director: [director] });
    const seen = await told(id);
    expect(seen[1]).toMatchObject({
      createdRecordsById: {
        [film]: {
          cellValuesByFieldId: {
            [f.field('Films', 'Rating')]: {
              id: expect.stringMatching(/^sel/) as unknown,
              name: 'R',
              color: 'cyanLight2',
            },
            [f.field('Films', 'Genres')]: [
              { id: expect.stringMatching(/^sel/) as unknown, name: 'War', color: 'cyanLight2' },
              { id: expect.stringMatching(/^sel/) as unknown, name: 'Drama', color: 'blueLight2' },
            ],
            [f.field('Films', 'Director')]: [{ id: director, name: 'Kurosawa' }],
          },
        },
      },
    });
    // The other side of the link has changed too, in the same transaction.
    const { payloads } = await f.payloads(id);
    const inverse = f.field('Directors', 'Films');
    expect(payloads[1]?.changedTablesById?.[f.table('Directors')]).toEqual({
      changedRecordsById: {
        [director]: { current: { cellValuesByFieldId: { [inverse]: [{ id: film, name: 'Ran' }] } } },
      },
    });
  });

  it('has null for a cell that was cleared', async () => {
    const film = await addFilm({ Title: 'Ran', Notes: 'x' });
    const { id } = await f.create(DATA);
    await change(film, { Notes: null });
    expect(await told(id)).toEqual([
      {
        changedRecordsById: {
          [film]: { current: { cellValuesByFieldId: { [f.field('Films', 'Notes')]: null } } },
        },
      },
    ]);
  });

  it('names removed records, and takes them out of the cells that linked to them', async () => {
    const sequel = await addFilm({ Title: 'Ran 2' });
    const film = await addFilm({ Title: 'Ran', Sequels: [sequel] });
    const { id } = await f.create(DATA, { includePreviousCellValues: true });
    await remove(sequel);
    const sequels = f.field('Films', 'Sequels');
    expect(await told(id)).toEqual([
      {
        destroyedRecordIds: [sequel],
        changedRecordsById: {
          [film]: {
            current: { cellValuesByFieldId: { [sequels]: null } },
            previous: { cellValuesByFieldId: { [sequels]: [{ id: sequel, name: 'Ran 2' }] } },
          },
        },
      },
    ]);
  });

  it('is not made by a write that changes nothing', async () => {
    const film = await addFilm({ Title: 'Ran' });
    const { id } = await f.create(DATA);
    await change(film, { Title: 'Ran' });
    expect((await f.payloads(id)).payloads).toEqual([]);
  });

  it('is not made by a write that fails', async () => {
    const { id } = await f.create(DATA);
    const failing = f.act(async (place) => {
      await createRecord(place, films(), { fields: { Title: 'Ran' } });
      throw new Error('changed their mind');
    });
    await expect(failing).rejects.toThrow('changed their mind');
    expect((await f.payloads(id)).payloads).toEqual([]);
  });

  it('numbers the transactions of the base', async () => {
    const { id } = await f.create(DATA);
    await addFilm({});
    await addFilm({});
    const [first, second] = (await f.payloads(id)).payloads.map((payload) => payload.baseTransactionNumber);
    expect(second).toBe((first ?? 0) + 1);
  });
});

describe('a base that nobody watches', () => {
  /** The SQL of one write, concluded. */
  async function statements(): Promise<string[]> {
    const asked: string[] = [];
    await f.run(async (tx) => {
      const note = (sql: string | { readonly text: string }) =>
        asked.push(typeof sql === 'string' ? sql : sql.text);
      const spy: typeof tx = {
        query: (sql, values) => {
          note(sql);
          return tx.query(sql, values);
        },
        send: (sql, values) => {
          note(sql);
          tx.send(sql, values);
        },
      };
      const place = f.engine.open(spy, f.workspaceId, f.base.id);
      await createRecord(place, films(), { fields: { Title: 'Ran' } });
      asked.push('concluding');
      await concludeWrite(place);
    });
    return asked.slice(asked.indexOf('concluding') + 1);
  }

  it('pays nothing for webhooks', async () => {
    const { id } = await f.create(DATA);
    expect(await statements()).not.toEqual([]);
    await f.act((place) => deleteWebhook(place, id));
    expect(await statements()).toEqual([]);
  });

  it('is found out to be one when its last webhook has been removed', async () => {
    await f.create(DATA);
    await f.removeAll();
    expect(await statements()).toHaveLength(2);
    expect(await statements()).toEqual([]);
  });
});

describe('the filters', () => {
  it('dataTypes: only what kind of thing has changed', async () => {
    const data = await f.create(DATA);
    const fields = await f.create({ dataTypes: ['tableFields'] });
    const tables = await f.create({ dataTypes: ['tableMetadata'] });
    await addFilm({});
    await f.act((place) => createField(place, films(), { name: 'Only a field', type: 'singleLineText' }));
    await f.act((place) => updateTable(place, films(), { description: 'Pictures that move' }));
    const kinds = async ({ id }: { id: string }) => (await told(id)).map((table) => Object.keys(table ?? {}));
    expect(await kinds(data)).toEqual([['createdRecordsById']]);
    expect(await kinds(fields)).toEqual([['createdFieldsById']]);
    expect(await kinds(tables)).toEqual([['changedMetadata']]);
  });

  it('recordChangeScope: one table', async () => {
    const { id } = await f.create({ ...DATA, recordChangeScope: f.table('Directors') });
    await addFilm({ Title: 'Ran' });
    expect((await f.payloads(id)).payloads).toEqual([]);
    await f.act((place) => createRecord(place, f.table('Directors'), { fields: { Name: 'Varda' } }));
    expect((await f.payloads(id)).payloads).toHaveLength(1);
  });

  it('recordChangeScope: one view, which records enter and leave', async () => {
    const view = await f.act((place) =>
      createView(place, films(), {
        name: `Wars ${Date.now()}`,
        type: 'grid',
        filterByFormula: '{Gross} > 10',
      }),
    );
    const { id } = await f.create({ ...DATA, recordChangeScope: view.id });
    const film = await addFilm({ Title: 'Ran', Gross: 1 });
    await change(film, { Gross: 11 });
    await change(film, { Gross: 12 });
    await change(film, { Gross: 2 });
    const gross = f.field('Films', 'Gross');
    expect(await told(id)).toEqual([
      {
        changedViewsById: {
          [view.id]: {
            createdRecordsById: {
              [film]: {
                createdTime: NOW.toISOString(),
                cellValuesByFieldId: { [title()]: 'Ran', [gross]: 11 },
              },
            },
          },
        },
      },
      {
        changedViewsById: {
          [view.id]: {
            changedRecordsById: { [film]: { current: { cellValuesByFieldId: { [gross]: 12 } } } },
          },
        },
      },
      { changedViewsById: { [view.id]: { destroyedRecordIds: [film] } } },
    ]);
  });

  it.each([
    ['add', ['createdRecordsById']],
    ['update', ['changedRecordsById']],
    ['remove', ['destroyedRecordIds']],
  ])('changeTypes: only %s', async (type, keys) => {
    const { id } = await f.create({ ...DATA, changeTypes: [type] });
    const film = await addFilm({ Title: 'Ran' });
    await change(film, { Title: 'Rashomon' });
    await remove(film);
    expect((await told(id)).map((table) => Object.keys(table ?? {}))).toEqual([keys]);
  });

  it('fromSources: only from there', async () => {
    const client = await f.create({ ...DATA, fromSources: ['client'] });
    const forms = await f.create({
      ...DATA,
      fromSources: ['formSubmission'],
      sourceOptions: { formSubmission: { viewId: newEngineId('viw') } },
    });
    await addFilm({});
    await f.act((place) => createRecord(place, films(), { fields: {} }), { source: 'client' });
    expect((await f.payloads(client.id)).payloads).toHaveLength(1);
    expect((await f.payloads(forms.id)).payloads).toEqual([]);
  });

  it('watchDataInFieldIds: only changes of those cells', async () => {
    const gross = f.field('Films', 'Gross');
    const { id } = await f.create({ ...DATA, watchDataInFieldIds: [gross] });
    const film = await addFilm({ Title: 'Ran' });
    await change(film, { Title: 'Rashomon' });
    await change(film, { Title: 'Ikiru', Gross: 3 });
    expect(await told(id)).toEqual([
      { changedRecordsById: { [film]: { current: { cellValuesByFieldId: { [gross]: 3 } } } } },
    ]);
  });

  it('watchSchemasOfFieldIds: only changes of those fields', async () => {
    const site = f.field('Films', 'Site');
    const { id } = await f.create({ dataTypes: ['tableFields'], watchSchemasOfFieldIds: [site] });
    await f.act((place) => updateField(place, films(), f.field('Films', 'Contact'), { name: 'Write to' }));
    await f.act((place) => updateField(place, films(), site, { name: 'Web site' }));
    expect(await told(id)).toEqual([{ changedFieldsById: { [site]: { current: { name: 'Web site' } } } }]);
    await f.act((place) => updateField(place, films(), f.field('Films', 'Contact'), { name: 'Contact' }));
    await f.act((place) => updateField(place, films(), site, { name: 'Site' }));
  });
});

describe('what is included', () => {
  it('cells that have not changed stand under "unchanged"', async () => {
    const film = await addFilm({ Title: 'Ran', Gross: 1, Notes: 'x' });
    const [gross, notes] = [f.field('Films', 'Gross'), f.field('Films', 'Notes')];
    const some = await f.create(DATA, { includeCellValuesInFieldIds: [title(), notes] });
    const all = await f.create(DATA, { includeCellValuesInFieldIds: 'all' });
    await change(film, { Notes: 'y' });
    const one = async ({ id }: { id: string }) => (await told(id))[0];
    expect(await one(some)).toEqual({
      changedRecordsById: {
        [film]: {
          current: { cellValuesByFieldId: { [notes]: 'y' } },
          unchanged: { cellValuesByFieldId: { [title()]: 'Ran' } },
        },
      },
    });
    expect(await one(all)).toMatchObject({
      changedRecordsById: {
        [film]: { unchanged: { cellValuesByFieldId: { [title()]: 'Ran', [gross]: 1 } } },
      },
    });
  });

  it('previous cells, null where there was none', async () => {
    const film = await addFilm({ Title: 'Ran' });
    const { id } = await f.create(DATA, { includePreviousCellValues: true });
    await change(film, { Title: 'Rashomon', Rating: 'PG' });
    const rating = f.field('Films', 'Rating');
    expect(await told(id)).toMatchObject([
      {
        changedRecordsById: {
          [film]: {
            current: { cellValuesByFieldId: { [title()]: 'Rashomon', [rating]: { name: 'PG' } } },
            previous: { cellValuesByFieldId: { [title()]: 'Ran', [rating]: null } },
          },
        },
      },
    ]);
  });

  it('previous definitions of fields', async () => {
    const { id } = await f.create({ dataTypes: ['tableFields'] }, { includePreviousFieldDefinitions: true });
    const notes = f.field('Films', 'Notes');
    await f.act((place) => updateField(place, films(), notes, { name: 'Remarks' }));
    expect(await told(id)).toEqual([
      { changedFieldsById: { [notes]: { current: { name: 'Remarks' }, previous: { name: 'Notes' } } } },
    ]);
    await f.act((place) => updateField(place, films(), notes, { name: 'Notes' }));
  });
});

describe('a change of the schema', () => {
  const ALL = { dataTypes: ['tableData', 'tableFields', 'tableMetadata'] };

  it('a new table comes with its fields; a new link changes the other table too', async () => {
    const { id } = await f.create(ALL);
    const table = await f.act((place) =>
      createTable(place, {
        name: 'Prizes',
        fields: [
          { name: 'Name', type: 'singleLineText' },
          { name: 'Won by', type: 'multipleRecordLinks', options: { linkedTableId: films() } },
        ],
      }),
    );
    const [name, wonBy] = table.fields.map((field) => field.id);
    const { payloads } = await f.payloads(id);
    expect(payloads).toMatchObject([
      {
        createdTablesById: {
          [table.id]: {
            metadata: { name: 'Prizes', description: null },
            fieldsById: {
              [name ?? '']: { name: 'Name', type: 'singleLineText' },
              [wonBy ?? '']: { name: 'Won by', type: 'multipleRecordLinks' },
            },
          },
        },
      },
    ]);
    expect(Object.values(payloads[0]?.changedTablesById?.[films()]?.['createdFieldsById'] ?? {})).toEqual([
      { name: 'Prizes', type: 'multipleRecordLinks' },
    ]);
  });

  it('a table’s name and description, with what they were', async () => {
    const { id } = await f.create({ dataTypes: ['tableMetadata'] });
    const directors = f.table('Directors');
    await f.act((place) => updateTable(place, directors, { name: 'Makers' }));
    await f.act((place) => updateTable(place, directors, { name: 'Directors' }));
    expect((await told(id, directors))[0]).toEqual({
      changedMetadata: {
        current: { name: 'Makers', description: null },
        previous: { name: 'Directors', description: null },
      },
    });
  });
});

describe('payloads of one action', () => {
  async function imitate(settings: Record<string, unknown>): Promise<void> {
    await f.run((tx) => saveSettings(tx, f.workspaceId, f.base.id, ImitationSettings.parse(settings)));
  }
  afterEach(async () => {
    await f.database.admin.query('DELETE FROM engine_imitation');
  });

  it('are split where the base wants it, under one transaction number', async () => {
    await imitate({ maxRecordsPerPayload: 2 });
    const { id } = await f.create(DATA);
    const added = await addFilms({}, {}, {}, {}, {});
    const { payloads } = await f.payloads(id);
    const records = payloads.map((p) =>
      Object.keys(p.changedTablesById?.[films()]?.['createdRecordsById'] ?? {}),
    );
    expect(records.map((ids) => ids.length)).toEqual([2, 2, 1]);
    expect(records.flat().sort()).toEqual(added.sort());
    expect(new Set(payloads.map((p) => p.baseTransactionNumber)).size).toBe(1);
    expect((await f.webhook(id)).cursorForNextPayload).toBe(4);
  });

  it('come late where the base wants it, and never out of order', async () => {
    await imitate({ payloadDelayMs: 5_000 });
    const { id } = await f.create(DATA);
    await addFilm({ Title: 'first' });
    await imitate({ payloadDelayMs: 0 });
    await addFilm({ Title: 'second' });
    expect(await f.payloads(id)).toMatchObject({ payloads: [], cursor: 1, mightHaveMore: false });
    expect((await f.webhook(id)).cursorForNextPayload).toBe(1);
    f.clock.pass(5_000);
    expect(await f.payloads(id)).toMatchObject({ cursor: 3, mightHaveMore: false });
    expect((await f.webhook(id)).cursorForNextPayload).toBe(3);
  });
});

describe('reading payloads', () => {
  it('goes on from a cursor, which stays good', async () => {
    const { id } = await f.create(DATA);
    for (let i = 0; i < 5; i++) await addFilm({});
    const first = await f.payloads(id, { limit: 2 });
    expect(first).toMatchObject({ cursor: 3, mightHaveMore: true, payloadFormat: 'v0' });
    const second = await f.payloads(id, { cursor: first.cursor, limit: 2 });
    expect(second).toMatchObject({ cursor: 5, mightHaveMore: true });
    const third = await f.payloads(id, { cursor: '5', limit: '2' });
    expect(third).toMatchObject({ cursor: 6, mightHaveMore: false });
    expect(await f.payloads(id, { cursor: 6 })).toMatchObject({
      payloads: [],
      cursor: 6,
      mightHaveMore: false,
    });
    expect(await f.payloads(id, { cursor: first.cursor, limit: 2 })).toEqual(second);
    expect((await f.payloads(id)).payloads).toEqual([
      ...first.payloads,
      ...second.payloads,
      ...third.payloads,
    ]);
  });

  it('gives 50 at once at most', async () => {
    const { id } = await f.create(DATA);
    for (let i = 0; i < 51; i++) await addFilm({});
    const page = await f.payloads(id);
    expect(page.payloads).toHaveLength(50);
    expect(page).toMatchObject({ cursor: 51, mightHaveMore: true });
    await expect(f.payloads(id, { limit: 51 })).rejects.toMatchObject({ status: 422 });
  });

  it.each([0, -1, 1.5, 'x'])('refuses the cursor %p', async (cursor) => {
    const { id } = await f.create(DATA);
    await expect(f.payloads(id, { cursor })).rejects.toMatchObject({ status: 422 });
  });

  it('ends a page early when payloads are large', async () => {
    const { id } = await f.create(DATA);
    const text = 'x'.repeat(90_000);
    for (let i = 0; i < 10; i++) await addFilms(...Array.from({ length: 10 }, () => ({ Notes: text })));
    const first = await f.payloads(id);
    expect(first.payloads.length).toBeLessThan(10);
    expect(first.mightHaveMore).toBe(true);
    const rest = await f.payloads(id, { cursor: first.cursor });
    expect(first.payloads.length + rest.payloads.length).toBe(10);
  });

  it('needs the scopes of what the webhook tells', async () => {
    const { id } = await f.create({ dataTypes: ['tableData', 'tableFields'] });
    await expect(f.act((place) => listPayloads(place, id, ['data.records:read'], {}))).rejects.toMatchObject({
      type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
    });
  });
});

describe('a webhook', () => {
  it('is listed with how it stands', async () => {
    const { id, expirationTime } = await f.create(DATA, undefined, 'https://example.com/ping');
    expect(await f.webhook(id)).toEqual({
      id,
      areNotificationsEnabled: true,
      cursorForNextPayload: 1,
      isHookEnabled: true,
      lastSuccessfulNotificationTime: null,
      lastNotificationResult: null,
      notificationUrl: 'https://example.com/ping',
      expirationTime,
      specification: { options: { filters: DATA } },
    });
    const silent = await f.create(DATA);
    expect(await f.webhook(silent.id)).toMatchObject({
      areNotificationsEnabled: false,
      notificationUrl: null,
    });
  });

  it('is one of ten at most', async () => {
    for (let i = 0; i < 10; i++) await f.create(DATA);
    await expect(f.create(DATA)).rejects.toMatchObject({ status: 422, type: 'TOO_MANY_WEBHOOKS_IN_BASE' });
    f.clock.pass(7 * DAY_MS);
    await expect(f.create(DATA)).resolves.toMatchObject({ id: expect.stringMatching(/^ach/) as unknown });
  });

  it('works for seven days, and for seven more after it was refreshed or read', async () => {
    const { id, expirationTime } = await f.create(DATA);
    expect(expirationTime).toBe(new Date(NOW.getTime() + 7 * DAY_MS).toISOString());
    f.clock.pass(6 * DAY_MS);
    const refreshed = await f.act((place) => refreshWebhook(place, id));
    expect(refreshed.expirationTime).toBe(new Date(NOW.getTime() + 13 * DAY_MS).toISOString());
    f.clock.pass(6 * DAY_MS);
    await f.payloads(id);
    expect((await f.webhook(id)).expirationTime).toBe(new Date(NOW.getTime() + 19 * DAY_MS).toISOString());
  });

  it('can be read for seven days after it expired, makes nothing more, and then is gone', async () => {
    const { id, expirationTime } = await f.create(DATA);
    f.clock.pass(6 * DAY_MS);
    await addFilm({ Title: 'in time' });
    f.clock.pass(DAY_MS);
    await addFilm({ Title: 'too late' });
    expect((await f.payloads(id)).payloads).toHaveLength(1);
    expect(await f.webhook(id)).toMatchObject({ isHookEnabled: false, expirationTime });
    await expect(f.act((place) => refreshWebhook(place, id))).rejects.toMatchObject({ status: 422 });
    f.clock.pass(7 * DAY_MS);
    await expect(f.payloads(id)).rejects.toMatchObject({ status: 404 });
  });

  it('keeps payloads for a week; the cursor goes on', async () => {
    const { id } = await f.create(DATA);
    await addFilm({});
    f.clock.pass(6 * DAY_MS);
    await f.payloads(id);
    await addFilm({});
    f.clock.pass(DAY_MS);
    expect(await f.payloads(id)).toMatchObject({ cursor: 3, payloads: [expect.anything() as unknown] });
    expect(await removeOldWebhooks(f.database.db, f.clock.now())).toBe(1);
    await addFilm({});
    expect(await f.payloads(id)).toMatchObject({ cursor: 4 });
    f.clock.pass(30 * DAY_MS);
    await removeOldWebhooks(f.database.db, f.clock.now());
    expect((await f.database.admin.query('SELECT FROM engine_webhooks')).rowCount).toBe(0);
  });

  it('is deleted with its payloads', async () => {
    const { id } = await f.create(DATA);
    await addFilm({});
    await f.act((place) => deleteWebhook(place, id));
    await expect(f.payloads(id)).rejects.toMatchObject({ status: 404 });
    await expect(f.act((place) => deleteWebhook(place, id))).rejects.toMatchObject({ status: 404 });
    await expect(f.act((place) => enableNotifications(place, id, { enable: true }))).rejects.toMatchObject({
      status: 404,
    });
  });

  it('keeps its secret encrypted', async () => {
    const { macSecretBase64 } = await f.create(DATA);
    const { rows } = await f.database.admin.query<{ secret_sealed: string }>(
      'SELECT secret_sealed FROM engine_webhooks',
    );
    expect(rows[0]?.secret_sealed).toMatch(/^k1\./);
    expect(rows[0]?.secret_sealed).not.toContain(macSecretBase64);
  });

  it('is switched off, and says so, when what it watches is gone', async () => {
    const view = await f.act((place) => createView(place, films(), { name: 'Short lived', type: 'grid' }));
    const { id } = await f.create({ ...DATA, recordChangeScope: view.id });
    await f.database.admin.query('DELETE FROM engine_views WHERE id = $1', [view.id]);
    await f.database.admin.query('UPDATE engine_bases SET schema_version = gen_random_uuid()');
    await addFilm({});
    await addFilm({});
    expect((await f.payloads(id)).payloads).toMatchObject([{ error: true, code: 'INVALID_FILTERS' }]);
    expect(await f.webhook(id)).toMatchObject({ isHookEnabled: false });
  });

  it.each<[string, Record<string, unknown>]>([
    ['no dataTypes', { filters: {} }],
    ['an empty list of dataTypes', { filters: { dataTypes: [] } }],
    ['an unknown dataType', { filters: { dataTypes: ['views'] } }],
    ['an unknown change', { filters: { ...DATA, changeTypes: ['rename'] } }],
    ['an unknown source', { filters: { ...DATA, fromSources: ['moon'] } }],
    ['a misspelt filter', { filters: { ...DATA, watchSchemaInFieldIds: [] } }],
    ['a table by its name', { filters: { ...DATA, recordChangeScope: 'Films' } }],
    ['an unknown table', { filters: { ...DATA, recordChangeScope: newEngineId('tbl') } }],
    ['an unknown field', { filters: { ...DATA, watchDataInFieldIds: [newEngineId('fld')] } }],
    ['endless lists', { filters: { dataTypes: Array.from({ length: 100 }, () => 'tableData') } }],
    [
      'a form that is none',
      { filters: { ...DATA, sourceOptions: { formSubmission: { viewId: 'a\u0000' } } } },
    ],
    ['unknown included fields', { filters: DATA, includes: { includeCellValuesInFieldIds: ['Title'] } }],
  ])('is refused with %s', async (_what, options) => {
    const made = f.act((place) => createWebhook(place, KEY_RING, SCOPES, { specification: { options } }));
    await expect(made).rejects.toMatchObject({ status: 422, type: 'INVALID_REQUEST_UNKNOWN' });
  });

  it('is refused a field of another table than it watches', async () => {
    const filters = {
      ...DATA,
      recordChangeScope: films(),
      watchDataInFieldIds: [f.field('Directors', 'Name')],
    };
    await expect(f.create(filters)).rejects.toMatchObject({ status: 422 });
  });

  it.each([
    '',
    'example.com',
    'ftp://example.com',
    'javascript:alert(1)',
    'http://a:b@example.com/',
    'http://a/\u0000',
  ])('is refused the address %p', async (notificationUrl) => {
    await expect(f.create(DATA, undefined, notificationUrl)).rejects.toMatchObject({ status: 422 });
  });

  it('needs the scopes of what it wants to tell', async () => {
    const made = f.act((place) =>
      createWebhook(place, KEY_RING, ['schema.bases:read'], {
        specification: { options: { filters: DATA } },
      }),
    );
    await expect(made).rejects.toMatchObject({ type: 'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND' });
  });
});

// Last, because their fields stay in the table.
describe('computed cells', () => {
  let made: Record<'names' | 'sequelNames' | 'directors' | 'edited' | 'retitled', string>;
  beforeAll(async () => {
    const add = async (name: string, type: string, options?: Record<string, unknown>) =>
      (await f.act((place) => createField(place, films(), { name, type, ...(options ? { options } : {}) })))
        .id;
    const lookup = (link: string, fieldIdInLinkedTable: string) => ({
      recordLinkFieldId: f.field('Films', link),
      fieldIdInLinkedTable,
    });
    const names = await add(
      'Made by',
      'multipleLookupValues',
      lookup('Director', f.field('Directors', 'Name')),
    );
    made = {
      names,
      sequelNames: await add('Sequels by', 'multipleLookupValues', lookup('Sequels', names)),
      directors: await add('Number of directors', 'count', {
        recordLinkFieldId: f.field('Films', 'Director'),
      }),
      edited: await add('Edited', 'lastModifiedTime'),
      retitled: await add('Retitled', 'lastModifiedTime', { referencedFieldIds: [title()] }),
    };
  });

  async function addDirector(Name: string): Promise<string> {
    return (await f.act((place) => createRecord(place, f.table('Directors'), { fields: { Name } }))).id;
  }
  const shown = (by: Record<string, unknown>) => ({
    linkedRecordIds: Object.keys(by),
    valuesByLinkedRecordId: by,
  });

  it('change with what they are made of in the same record', async () => {
    const [varda, demy] = [await addDirector('Varda'), await addDirector('Demy')];
    const film = await addFilm({ Title: 'Lola', Director: [varda] });
    const { id } = await f.create(
      { ...DATA, recordChangeScope: films() },
      { includePreviousCellValues: true },
    );
    f.clock.pass(1_000);
    await change(film, { Director: [varda, demy] });
    expect(await told(id)).toMatchObject([
      {
        changedRecordsById: {
          [film]: {
            current: {
              cellValuesByFieldId: {
                [made.names]: shown({ [varda]: ['Varda'], [demy]: ['Demy'] }),
                [made.directors]: 2,
                [made.edited]: f.clock.now().toISOString(),
              },
            },
            previous: {
              cellValuesByFieldId: { [made.names]: shown({ [varda]: ['Varda'] }), [made.directors]: 1 },
            },
          },
        },
      },
    ]);
  });

  it('change only with the fields that they follow', async () => {
    const film = await addFilm({ Title: 'Lola' });
    f.clock.pass(1_000);
    await change(film, { Title: 'Jacquot' });
    f.clock.pass(1_000);
    const { id } = await f.create({ ...DATA, recordChangeScope: films() });
    await change(film, { Notes: 'x' });
    expect(await told(id)).toEqual([
      {
        changedRecordsById: {
          [film]: {
            current: {
              cellValuesByFieldId: {
                [f.field('Films', 'Notes')]: 'x',
                [made.edited]: f.clock.now().toISOString(),
              },
            },
          },
        },
      },
    ]);
  });

  it('change in records that nobody wrote, along one link and two', async () => {
    const varda = await addDirector('Varda');
    const film = await addFilm({ Title: 'Cléo', Director: [varda] });
    const collection = await addFilm({ Title: 'Collected', Sequels: [film] });
    const { id } = await f.create(
      { ...DATA, recordChangeScope: films() },
      { includePreviousCellValues: true },
    );
    await f.act((place) =>
      updateRecords(place, f.table('Directors'), 'merge', {
        records: [{ id: varda, fields: { Name: 'Agnès Varda' } }],
      }),
    );
    expect(await told(id)).toEqual([
      {
        changedRecordsById: {
          [film]: {
            current: { cellValuesByFieldId: { [made.names]: shown({ [varda]: ['Agnès Varda'] }) } },
            previous: { cellValuesByFieldId: { [made.names]: shown({ [varda]: ['Varda'] }) } },
          },
          [collection]: {
            current: { cellValuesByFieldId: { [made.sequelNames]: shown({ [film]: ['Agnès Varda'] }) } },
            previous: { cellValuesByFieldId: { [made.sequelNames]: shown({ [film]: ['Varda'] }) } },
          },
        },
      },
    ]);
  });
});
