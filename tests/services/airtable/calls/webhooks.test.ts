import type { WebhookSpecification } from '../../../../services/airtable/calls/webhook-input';
import type { ChangePayload, WebhookPayload } from '../../../../services/airtable/calls/payload-answers';
import { failureOf } from '../setup';
import { createEngineWorld, first, type EngineWorld } from './engine-world';

let w: EngineWorld;
beforeAll(async () => {
  w = await createEngineWorld();
});
afterEach(async () => {
  for (const { id } of await w.client.listWebhooks(base())) await w.client.deleteWebhook(base(), id);
});
afterAll(() => w.close());

const base = () => w.engine.base.id;
const films = () => w.engine.table('Films');
const title = () => w.engine.field('Films', 'Title');
const specification: WebhookSpecification = {
  options: {
    filters: { dataTypes: ['tableData', 'tableFields', 'tableMetadata'] },
    includes: { includePreviousCellValues: true, includePreviousFieldDefinitions: true },
  },
};

async function pagesOf(webhookId: string, query = {}) {
  const pages = [];
  for await (const page of w.client.listPayloads(base(), webhookId, query)) pages.push(page);
  return pages;
}

function changeOf(payload: WebhookPayload | undefined): ChangePayload {
  if (!payload || 'unreadable' in payload || payload.error) throw new Error('this payload tells nothing');
  return payload;
}

describe('webhooks of the engine', () => {
  it('are made without an address, listed, switched, refreshed and deleted', async () => {
    const made = await w.client.createWebhook(base(), { specification });
    expect(made.macSecretBase64).not.toBe('');
    const only = first(await w.client.listWebhooks(base()));
    expect(only).toMatchObject({
      id: made.id,
      isHookEnabled: true,
      notificationUrl: null,
      cursorForNextPayload: 1,
      specification: { options: { filters: { dataTypes: expect.any(Array) as unknown } } },
    });
    expect(await w.client.refreshWebhook(base(), made.id)).toMatch(/Z$/);
    await w.client.enableNotifications(base(), made.id, !only.areNotificationsEnabled);
    expect(first(await w.client.listWebhooks(base())).areNotificationsEnabled).toBe(
      !only.areNotificationsEnabled,
    );
    await w.client.deleteWebhook(base(), made.id);
    expect(await w.client.listWebhooks(base())).toEqual([]);
    expect(await failureOf(w.client.deleteWebhook(base(), made.id))).toMatchObject({ kind: 'NotFound' });
  });

  it('tell of records: what they are, what they were, and that they are gone', async () => {
    const { id: hook } = await w.client.createWebhook(base(), { specification });
    const { id } = first(await w.client.createRecords(base(), films(), [{ [title()]: 'Alien' }]));
    await w.client.updateRecords(base(), films(), [{ id, fields: { [title()]: 'Aliens' } }]);
    await w.client.deleteRecords(base(), films(), [id]);

    const payloads = (await pagesOf(hook)).flatMap((page) => page.payloads).map(changeOf);
    const [created, changed, destroyed] = payloads.map((p) => p.changedTablesById?.[films()]);
    expect(created?.createdRecordsById?.[id]?.cellValuesByFieldId).toEqual({ [title()]: 'Alien' });
    expect(changed?.changedRecordsById?.[id]).toMatchObject({
      current: { cellValuesByFieldId: { [title()]: 'Aliens' } },
      previous: { cellValuesByFieldId: { [title()]: 'Alien' } },
    });
    expect(destroyed?.destroyedRecordIds).toEqual([id]);
    expect(payloads[0]?.actionMetadata).toMatchObject({
      source: 'publicApi',
      sourceMetadata: { user: { id: 'usr_test' } },
    });
  });

  it('tell of tables and fields', async () => {
    const { id: hook } = await w.client.createWebhook(base(), { specification });
    const table = await w.client.createTable(base(), {
      name: 'Prizes',
      fields: [{ name: 'Name', type: 'singleLineText' }],
    });
    await w.client.updateTable(base(), table.id, { name: 'Awards' });
    await w.client.updateField(base(), table.id, table.primaryFieldId, { name: 'Title' });
    const [made, renamed, field] = (await pagesOf(hook)).flatMap((page) => page.payloads).map(changeOf);
    expect(made?.createdTablesById?.[table.id]?.metadata?.name).toBe('Prizes');
    expect(renamed?.changedTablesById?.[table.id]?.changedMetadata).toMatchObject({
      current: { name: 'Awards' },
      previous: { name: 'Prizes' },
    });
    expect(
      field?.changedTablesById?.[table.id]?.changedFieldsById?.[table.primaryFieldId]?.current.name,
    ).toBe('Title');
  });

  it('are read page by page from a place that was kept, until there is nothing more', async () => {
    const { id: hook } = await w.client.createWebhook(base(), { specification });
    for (const name of ['a', 'b', 'c']) await w.client.createRecords(base(), films(), [{ [title()]: name }]);
    const pages = await pagesOf(hook, { limit: 2 });
    expect(
      pages.map(({ payloads, cursor, mightHaveMore }) => [payloads.length, cursor, mightHaveMore]),
    ).toEqual([
      [2, 3, true],
      [1, 4, false],
    ]);
    expect((await pagesOf(hook, { cursor: 4 })).map(({ payloads, cursor }) => [payloads, cursor])).toEqual([
      [[], 4],
    ]);
  });
});
