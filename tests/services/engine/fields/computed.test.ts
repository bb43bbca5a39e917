import { readBase, touchSchema } from '../../../../services/engine/base-rows';
import { updateRecords } from '../../../../services/engine/change-records';
import { createTable } from '../../../../services/engine/schema-requests';
import { ANNA, BEN, CREATED, createFieldTypes, LATER, type FieldTypes } from './field-types-fixture';

const ISO_TIME = {
  type: 'dateTime',
  options: { dateFormat: { name: 'iso' }, timeFormat: { name: '24hour' }, timeZone: 'utc' },
};
const TEXT = { cellFormat: 'string', timeZone: 'Europe/Berlin', userLocale: 'en' };

let f: FieldTypes;
beforeAll(async () => {
  f = await createFieldTypes();
});
afterAll(() => f.database.drop());

const cells = async (table: string, id: string, query: Record<string, unknown> = {}) => {
  const [record] = await f.list(table, { ...query, filterByFormula: `RECORD_ID()="${id}"` });
  return record?.fields ?? {};
};
const replace = (id: string, fields: Record<string, unknown>, by = ANNA.id, now = CREATED) =>
  f.at((place) => updateRecords(place, 'Others', 'replace', { records: [{ id, fields }] }), by, now);

test('autoNumber counts the records that are there, then each new one, and survives a replacing write', async () => {
  const old = await f.create('Others', { Name: 'numbered' });
  await f.addField('Others', 'No', 'autoNumber');
  const next = await f.create('Others', { Name: 'next' });
  expect((await cells('Others', old.id))['No']).toBe(1);
  expect(next.fields).toEqual({ Name: 'next', No: 2 });
  await replace(next.id, { Name: 'other' });
  expect(await cells('Others', next.id, TEXT)).toEqual({ Name: 'other', No: '2' });
  await expect(f.create('Others', { No: 9 })).rejects.toThrow(
    'Field "No" cannot accept a value because the field is computed',
  );
  await expect(f.create('Others', { No: null }, true)).rejects.toThrow('because the field is computed');
});

test('createdTime and createdBy tell who made the record and when', async () => {
  await f.addField('Others', 'Created', 'createdTime', { result: ISO_TIME });
  await f.addField('Others', 'Creator', 'createdBy');
  const { id } = await f.create('Others', { Name: 'made' });
  expect(await cells('Others', id)).toMatchObject({ Created: CREATED, Creator: ANNA });
  expect(await cells('Others', id, TEXT)).toMatchObject({ Created: '2026-03-01 13:00', Creator: 'Anna' });
  const found = await f.list('Others', {
    filterByFormula: 'AND(Creator = "Anna", IS_AFTER(Created, "2026-02-28"))',
  });
  expect(found.map((record) => record.id)).toContain(id);
});

describe('lastModified', () => {
  beforeAll(async () => {
    await f.addField('Others', 'Note', 'multilineText');
    await f.addField('Others', 'Changed', 'lastModifiedTime');
    await f.addField('Others', 'Changer', 'lastModifiedBy');
    await f.addField('Others', 'Noted', 'lastModifiedTime', {
      referencedFieldIds: ['Note'],
      result: ISO_TIME,
    });
    await f.addField('Others', 'Noter', 'lastModifiedBy', { referencedFieldIds: ['Note'] });
  });
  const all = ['Changed', 'Changer', 'Noted', 'Noter'];

  test('a cell that the record came with counts as changed then; without one there is no change', async () => {
    const { id } = await f.create('Others', { Name: 'new' });
    expect(await cells('Others', id, { fields: all })).toEqual({ Changed: CREATED, Changer: ANNA });
    const empty = await f.create('Others', {});
    expect(await cells('Others', empty.id, { fields: all })).toEqual({});
  });

  test('only the chosen fields count, and clearing one is a change', async () => {
    const { id } = await f.create('Others', { Name: 'a', Note: 'b' });
    await replace(id, { Name: 'c', Note: 'b' }, BEN.id, LATER);
    const changed = { Changed: LATER, Changer: BEN };
    expect(await cells('Others', id, { fields: all })).toEqual({ ...changed, Noted: CREATED, Noter: ANNA });
    await replace(id, { Name: 'c' }, BEN.id, LATER);
    expect(await cells('Others', id, { fields: all })).toEqual({ ...changed, Noted: LATER, Noter: BEN });
    const shown = await cells('Others', id, { ...TEXT, fields: all });
    expect(shown).toMatchObject({ Changed: '3/2/2026 9:30am', Changer: 'Ben', Noted: '2026-03-02 09:30' });
  });

  test('both sort like what they show', async () => {
    await f.create('Others', { Note: 'came with it' });
    const records = await f.list('Others', { sort: [{ field: 'Noted' }, { field: 'Noter' }], fields: all });
    const shown = records.map(({ fields }) => JSON.stringify(fields['Noted'] ?? ''));
    expect(shown).toEqual([...shown].sort());
    expect([...new Set(shown)]).toEqual(['', CREATED, LATER].map((time) => JSON.stringify(time)));
    const names = (await f.list('Others', { sort: [{ field: 'Changer', direction: 'desc' }] })).map(
      ({ fields }) => fields['Changer'],
    );
    expect(names[0]).toEqual(BEN);
    expect(names.at(-1)).toBeUndefined();
  });

  test('a computed or missing field cannot be followed', async () => {
    const follow = (id: string) =>
      f.addField('Others', 'X', 'lastModifiedTime', { referencedFieldIds: [id] });
    await expect(follow('Changed')).rejects.toThrow('"Changed" is computed');
    await expect(follow('fldAAAAAAAAAAAAAA')).rejects.toThrow('which is no field of this table');
  });
});

describe('count and lookup', () => {
  let things: { few: string; none: string; more: string };
  beforeAll(async () => {
    await f.addField('Others', 'Score', 'number', { precision: 1 });
    await f.addField('Others', 'Who', 'multipleCollaborators');
    await f.addField('Others', 'Seen', 'checkbox', { icon: 'check', color: 'greenBright' });
    const link = { recordLinkFieldId: 'multipleRecordLinks' };
    const lookup = (name: string, table = 'Things', along = link) =>
      f.addField(table, `${name} of others`, 'multipleLookupValues', {
        ...along,
        fieldIdInLinkedTable: name,
      });
    await f.addField('Things', 'Links', 'count', link);
    for (const name of ['Name', 'Score', 'Who', 'Seen', 'Things', 'Created', 'Changer']) await lookup(name);
    // What the things that link to an other look up in all of theirs.
    await lookup('Name of others', 'Others', { recordLinkFieldId: 'Things' });
    await lookup('Name of others of others');
    await f.addField('Things', 'Number of others', 'multipleLookupValues', {
      ...link,
      fieldIdInLinkedTable: 'No',
    });

    const make = async (fields: Record<string, unknown>) => (await f.create('Others', fields)).id;
    const a = await make({ Name: 'a', Score: 10, Who: [ANNA.id, BEN.id], Seen: true });
    const b = await make({ Name: 'b, c', Score: 9.5 });
    const empty = await make({});
    const thing = async (ids: string[]) =>
      (await f.create('Things', { singleLineText: 'linked', multipleRecordLinks: ids })).id;
    things = { few: await thing([b, empty]), none: await thing([]), more: await thing([a, b]) };
  });

  test('a lookup is a list of what the linked records hold, in order, without empty cells', async () => {
    expect(await cells('Things', things.more)).toMatchObject({
      Links: 2,
      'Name of others': ['a', 'b, c'],
      'Score of others': [10, 9.5],
      'Who of others': [ANNA, BEN],
      'Seen of others': [true],
      'Created of others': [CREATED, CREATED],
      'Changer of others': [ANNA, ANNA],
      'Things of others': [things.more, things.few, things.more],
    });
    const few = await cells('Things', things.few);
    expect(few).toMatchObject({ Links: 2, 'Name of others': ['b, c'], 'Score of others': [9.5] });
    expect(few).not.toHaveProperty('Who of others');
    const none = { singleLineText: 'linked', Links: 0 };
    expect(await cells('Things', things.none)).toEqual(none);
  });

  test('a lookup of a lookup gives the values behind both', async () => {
    const behindBoth = 'Name of others of others of others';
    expect((await cells('Things', things.few))[behindBoth]).toEqual(['b, c', 'a', 'b, c', 'b, c']);
    expect(await cells('Things', things.none)).not.toHaveProperty(behindBoth);
  });

  test('as text they are lists between commas', async () => {
    expect(await cells('Things', things.more, TEXT)).toMatchObject({
      Links: '2',
      'Name of others': 'a, b, c',
      'Score of others': '10.0, 9.5',
      'Who of others': 'Anna, Ben',
      'Seen of others': 'checked',
      'Created of others': '2026-03-01 13:00, 2026-03-01 13:00',
    });
  });

  const filters: [string, ('few' | 'none' | 'more')[]][] = [
    ['Links = 2', ['few', 'more']],
    ['NOT({Name of others})', ['none']],
    ['{Score of others} = 9.5', ['few']],
    ['FIND("b, c", {Name of others} & "")', ['few', 'more']],
    ['{Who of others} = "Anna, Ben"', ['more']],
    ['{Name of others of others of others} = "b, c, a, b, c, b, c"', ['few']],
  ];
  test.each(filters)('the filter %s keeps %j', async (formula, kept) => {
    const found = await f.list('Things', { filterByFormula: `AND(singleLineText="linked", ${formula})` });
    expect(found.map((record) => record.id)).toEqual(kept.map((name) => things[name]));
  });

  const sorts: [string, ('few' | 'none' | 'more')[]][] = [
    ['Links', ['none', 'few', 'more']],
    ['Name of others', ['none', 'more', 'few']],
    ['Score of others', ['none', 'few', 'more']],
    ['Number of others', ['none', 'more', 'few']],
    ['Who of others', ['few', 'none', 'more']],
    ['Seen of others', ['few', 'none', 'more']],
    ['Created of others', ['none', 'few', 'more']],
    ['Changer of others', ['none', 'few', 'more']],
    ['Things of others', ['none', 'few', 'more']],
    ['Name of others of others of others', ['none', 'more', 'few']],
    ['multipleRecordLinks', ['none', 'more', 'few']],
  ];
  test.each(sorts)('sorting by %s', async (field, order) => {
    const found = await f.list('Things', { filterByFormula: 'singleLineText="linked"', sort: [{ field }] });
    expect(found.map((record) => record.id)).toEqual(order.map((name) => things[name]));
  });

  test('they follow the linked records without being written', async () => {
    const { id } = await f.create('Others', { Name: 'before' });
    const thing = await f.create('Things', { multipleRecordLinks: [id] });
    expect(thing.fields).toMatchObject({ Links: 1, 'Name of others': ['before'] });
    await f.update('Others', id, { Name: 'after' });
    expect(await cells('Things', thing.id)).toMatchObject({ 'Name of others': ['after'] });
    await expect(f.update('Things', thing.id, { 'Name of others': ['x'] })).rejects.toThrow('is computed');
  });

  const dangling: [string, Record<string, unknown>, string][] = [
    ['count', { recordLinkFieldId: 'number' }, 'recordLinkFieldId is no link field of this table'],
    ['count', { recordLinkFieldId: 'fldAAAAAAAAAAAAAA' }, 'recordLinkFieldId is no link field of this table'],
    ['count', {}, 'Failed schema validation: <root>.recordLinkFieldId is missing'],
    [
      'multipleLookupValues',
      { recordLinkFieldId: 'multipleRecordLinks', fieldIdInLinkedTable: 'number' },
      'fieldIdInLinkedTable is no field of the linked table',
    ],
    [
      'multipleLookupValues',
      { recordLinkFieldId: 'Self', fieldIdInLinkedTable: 'Self' },
      'recordLinkFieldId is no link',
    ],
  ];
  test.each(dangling)('a %s with options %j is refused', async (type, options, message) => {
    await expect(f.addField('Things', 'Self', type, options)).rejects.toThrow(message);
  });
});

test('a table is made in one request with computed fields that refer to others by name', async () => {
  const along = { recordLinkFieldId: 'Others' };
  const linkedTableId = f.base.tables.find((table) => table.name === 'Others')?.id;
  const fields = [
    { name: 'Id', type: 'autoNumber' },
    { name: 'Names', type: 'multipleLookupValues', options: { ...along, fieldIdInLinkedTable: 'Name' } },
    { name: 'Count', type: 'count', options: along },
    { name: 'Others', type: 'multipleRecordLinks', options: { linkedTableId } },
  ];
  const table = await f.at((place) => createTable(place, { name: 'Made at once', fields }));
  const [, names, count, link] = table.fields;
  expect(table.fields.map((field) => field.name)).toEqual(['Id', 'Names', 'Count', 'Others']);
  expect(count?.options).toEqual({ isValid: true, recordLinkFieldId: link?.id });
  expect(names?.options).toMatchObject({ isValid: true, result: { type: 'singleLineText' } });
});

test('a lookup shows the options that its field gets later', async () => {
  await f.addField('Others', 'Kind', 'singleSelect', { choices: [{ name: 'old' }] });
  const along = { recordLinkFieldId: 'multipleRecordLinks', fieldIdInLinkedTable: 'Kind' };
  await f.addField('Things', 'Kinds', 'multipleLookupValues', along);
  const { id } = await f.create('Others', { Kind: 'new' }, true);
  const thing = await f.create('Things', { multipleRecordLinks: [id] });
  expect(thing.fields).toMatchObject({ Kinds: ['new'] });
  const base = await f.at(readBase);
  const lookup = base.tables.flatMap((table) => table.fields).find((field) => field.name === 'Kinds');
  expect(lookup?.options).toMatchObject({
    result: { options: { choices: [{ name: 'old' }, { name: 'new' }] } },
  });
});

test('a lookup or count whose link leads nowhere is not valid, empty, and harms nothing', async () => {
  const gone = { recordLinkFieldId: 'fldGoneGoneGone00', fieldIdInLinkedTable: 'fldGoneGoneGone00' };
  const things = f.base.tables.find((table) => table.name === 'Things')?.id;
  await f.at(async (place) => {
    for (const [id, type] of [
      ['fldDangling000001', 'multipleLookupValues'],
      ['fldDangling000002', 'count'],
    ]) {
      await place.tx.query(
        `INSERT INTO engine_fields (workspace_id, base_id, table_id, id, name, type, options, position)
         VALUES ($1, $2, $3, $4, $4, $5, $6, 1000)`,
        [place.workspaceId, place.baseId, things, id, type, gone],
      );
    }
    await touchSchema(place);
  });
  const { fields } = await f.create('Things', { singleLineText: 'dangling' });
  const sort = [{ field: 'fldDangling000001' }, { field: 'fldDangling000002' }];
  const [found] = await f.list('Things', {
    sort,
    filterByFormula: 'AND(NOT(fldDangling000001), singleLineText="dangling")',
  });
  for (const cells of [fields, found?.fields]) {
    expect(cells).toMatchObject({ singleLineText: 'dangling' });
    expect(Object.keys(cells ?? {}).filter((name) => name.startsWith('fldDangling'))).toEqual([]);
  }
  const base = await f.at(readBase);
  const dangling = base.tables
    .flatMap((t) => t.fields)
    .filter((field) => field.name.startsWith('fldDangling'));
  expect(dangling.map((field) => field.options?.['isValid'])).toEqual([false, false]);
});
