import { ANNA, BEN, CARL, createFieldTypes, LATER, type FieldTypes } from './field-types-fixture';

let f: FieldTypes;
beforeAll(async () => {
  f = await createFieldTypes();
});
afterAll(() => f.database.drop());

const write = async (name: string, value: unknown, typecast = false) =>
  (await f.create('Things', { [name]: value }, typecast)).fields[name];

describe('a value that a type takes comes back as it is kept', () => {
  const taken: [string, unknown, unknown][] = [
    ['singleLineText', ' as it is ', ' as it is '],
    ['multilineText', 'two\nlines', 'two\nlines'],
    [
      'richText',
      '**bold** <airtable:mention id="men1">@A</airtable:mention>\n',
      '**bold** <airtable:mention id="men1">@A</airtable:mention>\n',
    ],
    ['email', 'not quite an address', 'not quite an address'],
    ['url', 'example.com', 'example.com'],
    ['phoneNumber', '(030) 1234', '(030) 1234'],
    ['number', 0, 0],
    ['number', -0, 0],
    ['number', 1.23456, 1.23456],
    ['number', 1e308, 1e308],
    ['number', 5e-324, 5e-324],
    ['currency', -3.5, -3.5],
    ['percent', 0.125, 0.125],
    ['rating', 5, 5],
    ['duration', 3661.5, 3661.5],
    ['duration', -60, -60],
    ['checkbox', true, true],
    ['checkbox', false, undefined],
    ['singleSelect', 'high', 'high'],
    ['multipleSelects', ['green, or so', 'red', 'red'], ['green, or so', 'red']],
    ['date', '2022-09-05', '2022-09-05'],
    ['date', '2022-09-05T23:30:00-05:00', '2022-09-05'],
    ['date', '0001-01-01', '0001-01-01'],
    ['dateTime', '2022-09-05T07:00:00.000Z', '2022-09-05T07:00:00.000Z'],
    ['dateTime', '2022-09-05T09:00+02:00', '2022-09-05T07:00:00.000Z'],
    ['dateTime', '2022-09-05T09:00', '2022-09-05T07:00:00.000Z'],
    ['dateTime', '2022-01-05', '2022-01-04T23:00:00.000Z'],
    ['clock', '2022-09-05T09:00', '2022-09-05T09:00:00.000Z'],
    ['singleCollaborator', { id: ANNA.id }, ANNA],
    ['singleCollaborator', { email: 'ben@example.com' }, BEN],
    ['singleCollaborator', { ...BEN, permissionLevel: 'owner' }, BEN],
    ['multipleCollaborators', [BEN.id, { email: ANNA.email }, { id: BEN.id }], [BEN, ANNA]],
    ['barcode', { text: '123', type: 'ean13' }, { text: '123', type: 'ean13' }],
    ['barcode', { text: '123', type: null }, { text: '123' }],
    ['barcode', { text: '' }, undefined],
  ];
  test.each(taken)('%s takes %j and gives %j', async (name, value, given) => {
    expect(await write(name, value)).toEqual(given);
  });
});

describe('typecast makes the best of text', () => {
  const cast: [string, unknown, unknown][] = [
    ['singleLineText', 5, '5'],
    ['number', ' $1,200.50 ', 1200.5],
    ['number', '-€3', -3],
    ['number', '12%', 0.12],
    ['number', '7 %', 0.07],
    ['number', '1e400', undefined],
    ['number', 'twelve', undefined],
    ['currency', 'kr 1,200', 1200],
    ['percent', '12.5%', 0.125],
    ['rating', '4', 4],
    ['rating', '9', undefined],
    ['duration', '1:30', 90],
    ['duration', '1:30:05', 5405],
    ['duration', '90', 90],
    ['hours', '1:30', 5400],
    ['hours', '-0:10', -600],
    ['laps', '0:01:02.25', 62.25],
    ['checkbox', 'checked', true],
    ['checkbox', 'TRUE', true],
    ['checkbox', 'no', undefined],
    ['singleSelect', 'new one', 'new one'],
    ['multipleSelects', 'red, "green, or so", blue', ['red', 'green, or so', 'blue']],
    ['date', '9/5/2022', '2022-09-05'],
    ['european', '9/5/2022', '2022-05-09'],
    ['date', 'Sep 5, 2022', '2022-09-05'],
    ['date', '5 September 2022', '2022-09-05'],
    ['date', '5.9.22', '2022-09-05'],
    ['date', '2022/9/5', '2022-09-05'],
    ['date', '2/30/2022', undefined],
    ['date', 'soon', undefined],
    ['dateTime', '9/5/2022 4:05pm', '2022-09-05T14:05:00.000Z'],
    ['dateTime', '9/5/2022', '2022-09-04T22:00:00.000Z'],
    ['dateTime', '9/5/2022 25:00', undefined],
    ['singleCollaborator', 'ANNA@example.com', ANNA],
    ['singleCollaborator', 'ben', BEN],
    ['singleCollaborator', 'nobody', undefined],
    ['singleCollaborator', CARL.name, undefined],
    ['multipleCollaborators', 'Ben, nobody, anna@example.com', [BEN, ANNA]],
    ['barcode', '4006381333931', { text: '4006381333931' }],
  ];
  test.each(cast)('%s: %j becomes %j', async (name, value, given) => {
    expect(await write(name, value, true)).toEqual(given);
  });

  test('a link by text finds the record or makes it, several between commas', async () => {
    const first = await f.create('Others', { Name: 'Doe, John' });
    const ids = await write('multipleRecordLinks', '"Doe, John", Jane', true);
    expect(ids).toEqual([first.id, expect.stringMatching(/^rec/)]);
    const names = (await f.list('Others')).map((record) => record.fields['Name']);
    expect(names).toEqual(expect.arrayContaining(['Doe, John', 'Jane']));
  });
});

describe('cellFormat=string', () => {
  const shown: [string, unknown, string][] = [
    ['singleLineText', 'x', 'x'],
    ['number', 1234.5, '1234.50'],
    ['number', -0.001, '0.00'],
    ['currency', -1234.5, '-kr 1234.50'],
    ['percent', 0.07, '7.0%'],
    ['rating', 3, '3'],
    ['duration', 3661, '1:01:01'],
    ['duration', -59.6, '-0:01:00'],
    ['hours', 5399, '1:30'],
    ['laps', 62.256, '0:01:02.26'],
    ['checkbox', true, 'checked'],
    ['singleSelect', 'low', 'low'],
    ['multipleSelects', ['red', 'green, or so'], 'red, "green, or so"'],
    ['date', '2022-09-05', '2022-09-05'],
    ['european', '2022-09-05', '5/9/2022'],
    ['local', '2022-09-05', '5.9.2022'],
    ['friendly', '2022-09-05', '5. September 2022'],
    ['dateTime', '2022-09-05T22:30:00Z', '2022-09-05 18:30'],
    ['clock', '2022-09-05T00:05:00Z', '9/4/2022 8:05pm'],
    ['singleCollaborator', { id: ANNA.id }, 'Anna'],
    ['multipleCollaborators', [ANNA.id, BEN.id], 'Anna, Ben'],
    ['barcode', { text: '123', type: 'ean13' }, '123'],
  ];
  test.each(shown)('%s shows %j as %j', async (name, value, text) => {
    const { id } = await f.create('Things', { [name]: value });
    const query = { cellFormat: 'string', timeZone: 'America/New_York', userLocale: 'de' };
    const [record] = await f.list('Things', { ...query, filterByFormula: `RECORD_ID()="${id}"` });
    expect(record?.fields).toEqual({ [name]: text });
  });

  test('links are shown by the primary cells of their records', async () => {
    const [a, b] = [await f.create('Others', { Name: 'A, b' }), await f.create('Others', { Name: 'C' })];
    const { id } = await f.create('Things', { multipleRecordLinks: [a.id, b.id] });
    const query = { cellFormat: 'string', timeZone: 'utc', userLocale: 'en' };
    const [record] = await f.list('Things', { ...query, filterByFormula: `RECORD_ID()="${id}"` });
    expect(record?.fields).toEqual({ multipleRecordLinks: '"A, b", C' });
  });
});

test('who left the workspace cannot be chosen any more, but is read where they were and can be put back there', async () => {
  const { id } = await f.create('Things', {
    singleCollaborator: { id: BEN.id },
    multipleCollaborators: [BEN.id],
  });
  await f.at((place) => place.tx.query('UPDATE engine_people SET member = false WHERE id = $1', [BEN.id]));
  const again = await f.update('Things', id, { singleLineText: 'x' });
  expect(again.fields).toMatchObject({ singleCollaborator: BEN, multipleCollaborators: [BEN] });
  expect((await f.update('Things', id, { singleCollaborator: null })).fields).not.toHaveProperty(
    'singleCollaborator',
  );
  const back = await f.update('Things', id, {
    singleCollaborator: { id: BEN.id },
    multipleCollaborators: [BEN.id],
  });
  expect(back.fields).toMatchObject({ singleCollaborator: BEN, multipleCollaborators: [BEN] });
  await expect(write('singleCollaborator', { email: BEN.email })).rejects.toMatchObject({
    message: 'Field "singleCollaborator" cannot accept the provided value',
    why: '"Ben@Example.com" is not in the workspace any more',
  });
  await expect(write('multipleCollaborators', ['usrNobody'])).rejects.toMatchObject({
    why: 'there is nobody "usrNobody" in the workspace',
  });
  await f.at((place) => place.tx.query('UPDATE engine_people SET member = true WHERE id = $1', [BEN.id]));
});

describe('sorting', () => {
  const orders: [string, unknown[]][] = [
    ['number', [-2, 1.5, 10]],
    ['duration', [60, 3600]],
    ['barcode', [{ text: 'A' }, { text: 'b' }]],
    ['dateTime', ['2022-09-05T07:00:00.000Z', LATER]],
    ['singleSelect', ['low', 'high']],
    ['singleCollaborator', [ANNA, BEN]],
    ['multipleCollaborators', [[ANNA], [ANNA, BEN], [BEN]]],
  ];
  test.each(orders)('by %s', async (name, values) => {
    const mark = `sorted by ${name}`;
    for (const value of [...values].reverse())
      await f.create('Things', { singleLineText: mark, [name]: value });
    await f.create('Things', { singleLineText: mark });
    const sorted = async (direction: string) =>
      (
        await f.list('Things', {
          filterByFormula: `singleLineText = "${mark}"`,
          sort: [{ field: name, direction }],
        })
      ).map((record) => record.fields[name]);
    expect(await sorted('asc')).toEqual([undefined, ...values]);
    expect(await sorted('desc')).toEqual([...[...values].reverse(), undefined]);
  });
});
