import { createTable } from '../../../../services/engine/schema-requests';
import { FIELD_TYPES } from '../../../../services/engine/fields/registry';
import { createFieldTypes, type FieldTypes } from './field-types-fixture';

let f: FieldTypes;
beforeAll(async () => {
  f = await createFieldTypes();
});
afterAll(() => f.database.drop());

const SELECT_ID: unknown = expect.stringMatching(/^sel/);
const containing = (text: string): unknown => expect.stringContaining(text);
let n = 0;
const make = (type: string, options?: unknown) => f.addField('Things', `Made ${++n}`, type, options);

const ISO = { name: 'iso', format: 'YYYY-MM-DD' };
const H24 = { name: '24hour', format: 'HH:mm' };
const BERLIN = { dateFormat: { name: 'iso' }, timeFormat: { name: '24hour' }, timeZone: 'Europe/Berlin' };
const BERLIN_READ = { dateFormat: ISO, timeFormat: H24, timeZone: 'Europe/Berlin' };
const SHOWN = {
  type: 'dateTime',
  options: {
    dateFormat: { name: 'local', format: 'l' },
    timeFormat: { name: '12hour', format: 'h:mma' },
    timeZone: 'utc',
  },
};

const completed: [string, unknown, unknown][] = [
  ['richText', undefined, undefined],
  ['phoneNumber', {}, undefined],
  ['barcode', null, undefined],
  ['singleCollaborator', undefined, undefined],
  ['autoNumber', undefined, undefined],
  ['createdBy', undefined, undefined],
  ['lastModifiedBy', undefined, undefined],
  ['number', { precision: 8 }, { precision: 8 }],
  ['currency', { precision: 7, symbol: '元' }, { precision: 7, symbol: '元' }],
  ['percent', { precision: 0 }, { precision: 0 }],
  ['rating', { max: 10, icon: 'dot', color: 'grayBright' }, { max: 10, icon: 'dot', color: 'grayBright' }],
  ['duration', { durationFormat: 'h:mm:ss.SSS' }, { durationFormat: 'h:mm:ss.SSS' }],
  ['checkbox', { icon: 'xCheckbox', color: 'tealBright' }, { icon: 'xCheckbox', color: 'tealBright' }],
  ['date', { dateFormat: { name: 'friendly' } }, { dateFormat: { name: 'friendly', format: 'LL' } }],
  ['date', { dateFormat: ISO }, { dateFormat: ISO }],
  ['dateTime', BERLIN, BERLIN_READ],
  ['dateTime', { ...BERLIN, timeZone: 'client' }, { ...BERLIN_READ, timeZone: 'client' }],
  ['createdTime', undefined, { result: SHOWN }],
  [
    'createdTime',
    { result: { type: 'date', options: { dateFormat: { name: 'iso' } } } },
    { result: { type: 'date', options: { dateFormat: ISO } } },
  ],
  ['lastModifiedTime', undefined, { isValid: true, referencedFieldIds: [], result: SHOWN }],
];
test.each(completed)('%s with options %j is read as %j', async (type, given, read) => {
  expect((await make(type, given)).options).toEqual(read);
});

test('a select option is coloured by its place where no colour is asked for', async () => {
  const choices = [{ name: ' a ' }, { name: 'b', color: 'redDark1' }, { name: 'c' }];
  expect((await make('singleSelect', { choices })).options).toEqual({
    choices: [
      { id: SELECT_ID, name: 'a', color: 'blueLight2' },
      { id: SELECT_ID, name: 'b', color: 'redDark1' },
      { id: SELECT_ID, name: 'c', color: 'tealLight2' },
    ],
  });
});

const refused: [string, unknown, string][] = [
  ['singleLineText', { precision: 1 }, 'a field of this type has no options'],
  ['number', undefined, '<root> is missing'],
  ['number', {}, '<root>.precision is missing'],
  ['number', { precision: 9 }, '<root>.precision is not valid'],
  ['number', { precision: 1.5 }, '<root>.precision is not valid'],
  ['number', { precision: 1, symbol: '$' }, 'symbol is not included in the <root> schema'],
  ['currency', { precision: 8, symbol: '$' }, '<root>.precision is not valid'],
  ['currency', { precision: 2 }, '<root>.symbol is missing'],
  ['percent', { precision: -1 }, '<root>.precision is not valid'],
  ['rating', { max: 11, icon: 'star', color: 'redBright' }, '<root>.max is not valid'],
  ['rating', { max: 5, icon: 'check', color: 'redBright' }, '<root>.icon is not valid'],
  ['rating', { max: 5, icon: 'star', color: 'red' }, '<root>.color is not valid'],
  ['checkbox', undefined, '<root> is missing'],
  ['checkbox', { icon: 'check' }, '<root>.color is missing'],
  ['duration', { durationFormat: 'mm:ss' }, '<root>.durationFormat is not valid'],
  ['date', { dateFormat: { name: 'iso', format: 'l' } }, '<root>.dateFormat is not valid'],
  ['date', { dateFormat: { name: 'german' } }, '<root>.dateFormat.name is not valid'],
  ['dateTime', { dateFormat: { name: 'iso' }, timeZone: 'utc' }, '<root>.timeFormat is missing'],
  ['dateTime', { ...BERLIN, timeZone: 'Mars/Base' }, '<root>.timeZone is not valid'],
  ['dateTime', { ...BERLIN, timeZone: '+02:00' }, '<root>.timeZone is not valid'],
  ['singleSelect', { choices: [{ name: 'a', color: 'blue' }] }, '<root>.choices.0.color is not valid'],
  ['singleSelect', { choices: [{ name: 'a' }, { name: ' a' }] }, 'two choices have the same name'],
  ['multipleSelects', { choices: 'a' }, '<root>.choices is not valid'],
  ['multipleRecordLinks', { linkedTableId: 'tblAAAAAAAAAAAAAA' }, 'linkedTableId is no table of this base'],
  ['multipleRecordLinks', { linkedTableId: 'Others', isReversed: true }, 'isReversed is not included'],
  [
    'multipleRecordLinks',
    { linkedTableId: 'Others', viewIdForRecordSelection: 'viw1' },
    'is no view of the linked table',
  ],
  ['createdTime', { result: { type: 'number' } }, '<root>.result.type is not valid'],
  ['lastModifiedTime', { referencedFieldIds: 'number' }, '<root>.referencedFieldIds is not valid'],
];
test.each(refused)('%s with options %j is refused', async (type, given, why) => {
  const error = { status: 422, type: 'INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE' };
  await expect(make(type, given)).rejects.toMatchObject({ ...error, message: containing(why) });
});

test.each(['formula', 'rollup', 'button', 'aiText', 'externalSyncSource'])(
  '%s cannot be made',
  async (type) => {
    await expect(make(type)).rejects.toMatchObject({
      type: 'UNSUPPORTED_FIELD_TYPE_FOR_CREATE',
      message: `Creating ${type} fields is not supported at this time`,
    });
  },
);

/** Source: Airtable's help, "The primary field": the types it lists. Long text counts without formatting. */
const PRIMARY = [
  ...['singleLineText', 'multilineText', 'email', 'url', 'phoneNumber', 'number', 'currency', 'percent'],
  ...['duration', 'date', 'dateTime', 'barcode', 'autoNumber'],
];
test('these types can be a table’s first field and no others', async () => {
  expect(
    FIELD_TYPES.filter((type) => type.primary)
      .map((type) => type.type)
      .sort(),
  ).toEqual([...PRIMARY].sort());
  const first = (type: string, options?: unknown) =>
    f.at((place) => createTable(place, { name: `Table ${++n}`, fields: [{ name: 'A', type, options }] }));
  expect((await first('barcode')).fields[0]?.type).toBe('barcode');
  await expect(first('createdBy')).rejects.toMatchObject({ status: 422 });
  await expect(first('checkbox', { icon: 'check', color: 'redBright' })).rejects.toMatchObject({
    status: 422,
  });
});

test('what follows from other cells is neither written nor looked up by', () => {
  for (const type of FIELD_TYPES.filter(({ computed }) => computed)) expect(type.mergeable).toBe(false);
  expect(FIELD_TYPES.filter(({ computed }) => computed)).toHaveLength(7);
});
