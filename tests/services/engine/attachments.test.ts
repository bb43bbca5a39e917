import fc from 'fast-check';
import { CellValue } from '../../../contracts/airtable';
import type { EngineField } from '../../../services/engine/schema';
import { multipleAttachments } from '../../../services/engine/fields/multiple-attachments';
import { createAttachmentFixture, png, type AttachmentFixture } from './attachments-fixture';

let fixture: AttachmentFixture;

beforeAll(async () => {
  fixture = await createAttachmentFixture();
  fixture.source.serve('/photo.png', 'image/png', await png(1_200, 600));
  fixture.source.serve('/notes.txt', 'text/plain; charset=utf-8', Buffer.from('some notes'));
});
afterAll(() => fixture.close());

const url = (path: string) => fixture.source.url(path);
const update = (recordId: string, fields: Readonly<Record<string, unknown>>) =>
  fixture.database.db.tenant(fixture.workspaceId, (tx) =>
    fixture.engine.updateRecord(tx, fixture.workspaceId, fixture.base.id, 'Things', recordId, { fields }),
  );
const list = (query: Readonly<Record<string, unknown>>) =>
  fixture.database.db.tenant(fixture.workspaceId, (tx) =>
    fixture.engine.listRecords(tx, fixture.workspaceId, fixture.base.id, 'Things', query),
  );

describe('an attachment given by its address', () => {
  it('is answered at once with id, address and name, and has the rest when it has been fetched', async () => {
    const record = await fixture.create({ Files: [{ url: url('/photo.png') }] });
    const [pending] = await fixture.cell(record);
    expect(pending).toEqual({
      id: expect.stringMatching(/^att[0-9A-Za-z]{14}$/) as string,
      url: url('/photo.png'),
      filename: 'photo.png',
    });
    await fixture.process();
    const [ready] = await fixture.cell(record);
    const link = (size: string) =>
      expect.stringContaining(
        `http://engine.test/v0/files/${fixture.workspaceId}/${fixture.base.id}/${pending?.id}/${size}/photo.png?`,
      ) as string;
    expect(ready).toEqual({
      id: pending?.id,
      width: 1_200,
      height: 600,
      url: link('original'),
      filename: 'photo.png',
      size: (await png(1_200, 600)).length,
      type: 'image/png',
      thumbnails: {
        small: { url: link('small'), width: 72, height: 36 },
        large: { url: link('large'), width: 1_024, height: 512 },
        full: { url: link('full'), width: 1_200, height: 600 },
      },
    });
  });

  it('keeps the name it is given, and a type without its parameters', async () => {
    const record = await fixture.create({
      Files: [{ url: url('/notes.txt?a=1'), filename: 'Übersicht 1/2.txt' }],
    });
    await fixture.process();
    const [attached] = await fixture.cell(record);
    expect(attached).toMatchObject({ filename: 'Übersicht 1/2.txt', type: 'text/plain', size: 10 });
    expect(attached).not.toHaveProperty('thumbnails');
  });

  it('is forgotten as an address once it is fetched: it can hold a signature', async () => {
    await fixture.create({ Files: [{ url: url('/notes.txt?signature=secret') }] });
    await fixture.process();
    const kept = await fixture.database.admin.query(
      "SELECT 1 FROM engine_attachments WHERE source_url LIKE '%secret%'",
    );
    expect(kept.rowCount).toBe(0);
  });
});

describe('writing an attachment cell', () => {
  it('replaces the list: what is to stay is named by its id, in the order wanted', async () => {
    const record = await fixture.create({ Files: [{ url: url('/notes.txt') }, { url: url('/photo.png') }] });
    await fixture.process();
    const [notes, photo] = await fixture.cell(record);
    await update(record, { Files: [{ id: photo?.id }, { url: url('/notes.txt') }, { id: notes?.id }] });
    const [first, second, third] = await fixture.cell(record);
    expect([first?.id, third?.id]).toEqual([photo?.id, notes?.id]);
    expect(second).toMatchObject({ filename: 'notes.txt', url: url('/notes.txt') });
    await update(record, { Files: [{ id: photo?.id }] });
    expect(await fixture.cell(record)).toEqual([photo]);
    await update(record, { Files: [] });
    expect(await fixture.cell(record)).toEqual([]);
  });

  it('takes back what was read, and renames by a new name', async () => {
    const record = await fixture.create({ Files: [{ url: url('/photo.png') }] });
    await fixture.process();
    const read = await fixture.cell(record);
    await update(record, { Files: read });
    expect(await fixture.cell(record)).toEqual(read);
    await update(record, { Files: [{ id: read[0]?.id, filename: 'renamed.png' }] });
    expect(await fixture.cell(record)).toMatchObject([{ id: read[0]?.id, filename: 'renamed.png' }]);
  });

  it('takes an attachment of another record of the base, and none of another base or workspace', async () => {
    const first = await fixture.create({ Files: [{ url: url('/notes.txt') }] });
    const [attached] = await fixture.cell(first);
    const second = await fixture.create({ More: [{ id: attached?.id }] });
    expect(await fixture.cell(second, 'More')).toEqual([attached]);
    const { db } = fixture.database;
    const table = {
      name: 'T',
      fields: [
        { name: 'N', type: 'singleLineText' },
        { name: 'F', type: 'multipleAttachments' },
      ],
    };
    const other = await db.tenant(fixture.workspaceId, (tx) =>
      fixture.engine.createBase(tx, fixture.workspaceId, { name: 'Other', tables: [table] }),
    );
    const taking = db.tenant(fixture.workspaceId, (tx) =>
      fixture.engine.createRecord(tx, fixture.workspaceId, other.id, 'T', {
        fields: { F: [{ id: attached?.id }] },
      }),
    );
    await expect(taking).rejects.toMatchObject({ status: 422, type: 'INVALID_ATTACHMENT_OBJECT' });
  });

  it.each([
    ['text', 'http://files.example/a.txt'],
    ['a list of text', ['http://files.example/a.txt']],
    ['one object', { url: 'http://files.example/a.txt' }],
    ['an empty object', [{}]],
    ['a number', 7],
    ['true', true],
    ['a list in a list', [[{ url: 'http://files.example/a.txt' }]]],
    ['an address that is none', [{ url: 'files.example/a.txt' }]],
    ['a file of this machine', [{ url: 'file:///etc/passwd' }]],
    ['an address with a password', [{ url: 'http://me:secret@files.example/a.txt' }]],
    ['an address that is too long', [{ url: `http://files.example/${'a'.repeat(8_000)}` }]],
    ['an id of another kind', [{ id: 'rec00000000000000' }]],
    ['an id that nothing has', [{ id: 'att00000000000000' }]],
    ['an id that is a number', [{ id: 5 }]],
    ['a name with NUL', [{ url: 'http://files.example/a.txt', filename: 'a\u0000b' }]],
    ['a name with half a surrogate pair', [{ url: 'http://files.example/a.txt', filename: 'a\ud800' }]],
    ['a name that is too long', [{ url: 'http://files.example/a.txt', filename: 'a'.repeat(256) }]],
  ])('refuses %s, and nothing is written', async (_what, value) => {
    const before = await list({});
    await expect(fixture.create({ Name: 'refused', Files: value })).rejects.toMatchObject({
      status: 422,
      type: 'INVALID_ATTACHMENT_OBJECT',
    });
    expect((await list({})).records).toHaveLength(before.records.length);
  });

  it('refuses whatever is not a list of objects, in one way', () => {
    const field: EngineField = { id: 'fld00000000000000', name: 'Files', type: 'multipleAttachments' };
    const context = {
      typecast: false,
      people: [],
      addChoice: () => '',
      linkByText: () => '',
      attachUrl: () => 'att00000000000000',
      keepAttachment: () => undefined,
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const json = CellValue.parse(JSON.parse(JSON.stringify(value)));
        try {
          const stored = multipleAttachments.parse(json, field, context);
          return Array.isArray(stored) && stored.every((id) => id === 'att00000000000000');
        } catch (error) {
          return (error as { type?: string }).type === 'INVALID_ATTACHMENT_OBJECT';
        }
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('refuses more attachments than a cell may have', async () => {
    const many = Array.from({ length: 1_001 }, () => ({ url: 'http://files.example/a.txt' }));
    await expect(fixture.create({ Files: many })).rejects.toMatchObject({ status: 422 });
  });

  it('takes addresses in text with typecast; text that is none clears', async () => {
    const one = await fixture.create({ Files: 'http://files.example/a,b.txt' }, true);
    expect(await fixture.cell(one)).toMatchObject([{ filename: 'a,b.txt' }]);
    const two = await fixture.create({ Files: `${url('/notes.txt')}, ${url('/photo.png')}` }, true);
    expect(await fixture.cell(two)).toMatchObject([{ filename: 'notes.txt' }, { filename: 'photo.png' }]);
    const listed = await fixture.create({ Files: [url('/notes.txt')] }, true);
    expect(await fixture.cell(listed)).toMatchObject([{ filename: 'notes.txt' }]);
    const none = await fixture.create({ Files: 'no address' }, true);
    expect(await fixture.cell(none)).toEqual([]);
  });
});

describe('reading an attachment cell', () => {
  it('shows names and addresses as text', async () => {
    const record = await fixture.create({
      Name: 'as text',
      Files: [{ url: url('/notes.txt') }, { url: url('/photo.png') }],
    });
    await fixture.process();
    const [notes, photo] = await fixture.cell(record);
    const { records } = await list({
      filterByFormula: '{Name}="as text"',
      cellFormat: 'string',
      timeZone: 'UTC',
      userLocale: 'en',
    });
    expect(records[0]?.fields['Files']).toBe(`notes.txt (${notes?.url}), photo.png (${photo?.url})`);
  });

  it('is text in formulas, with addresses that open nothing', async () => {
    const record = await fixture.create({ Name: 'in formulas', Files: [{ url: url('/notes.txt') }] });
    await fixture.process();
    const found = async (formula: string) =>
      (await list({ filterByFormula: `AND({Name}="in formulas",${formula})` })).records.map((r) => r.id);
    expect(await found('{Files}')).toEqual([record]);
    expect(await found('FIND("notes.txt (http://engine.test", {Files}&"")=1')).toEqual([record]);
    expect(await found('FIND("signature", {Files}&"")')).toEqual([]);
    expect(await found('NOT({More})')).toEqual([record]);
  });

  it('sorts by the name of the first', async () => {
    await fixture.create({ Name: 'sorted', Files: [{ url: url('/b.txt') }] });
    await fixture.create({ Name: 'sorted', Files: [{ url: url('/A.txt') }, { url: url('/z.txt') }] });
    await fixture.create({ Name: 'sorted' });
    const { records } = await list({ filterByFormula: '{Name}="sorted"', sort: [{ field: 'Files' }] });
    const names = records.map(
      (record) => (record.fields['Files'] as { filename: string }[] | undefined)?.[0]?.filename,
    );
    expect(names).toEqual([undefined, 'A.txt', 'b.txt']);
  });

  it('has its options in the schema', () => {
    const options = fixture.base.tables[0]?.fields.map((field) => field.options);
    expect(options?.slice(1)).toEqual([{ isReversed: false }, { isReversed: true }]);
  });
});
