import * as fc from 'fast-check';
import type { CellValue, FieldSchema } from '../../../contracts/airtable';
import { cellsEqual, cellText, normalizeCell } from '../../../services/cells/cells';

const TYPES = [
  'singleLineText',
  'multilineText',
  'richText',
  'email',
  'url',
  'phoneNumber',
  'number',
  'percent',
  'currency',
  'rating',
  'duration',
  'checkbox',
  'singleSelect',
  'multipleSelects',
  'date',
  'dateTime',
  'multipleRecordLinks',
  'multipleAttachments',
  'singleCollaborator',
  'multipleCollaborators',
  'barcode',
  'formula',
  'rollup',
  'multipleLookupValues',
  'button',
  'newType',
];
const fieldOf = (type: string, options: Record<string, unknown> = {}): FieldSchema => ({
  id: 'fldAAAAAAAAAAAAAA',
  name: 'F',
  type,
  options,
});

const named = fc.record({ id: fc.string(), name: fc.string(), email: fc.string(), text: fc.string() });
const dates = fc.constantFrom(
  '2022-09-05',
  '2022-09-05T07:00:00Z',
  '2022-09-05T09:00:00+02:00',
  '2022-09-05 07:00',
  '2022-02-30',
  '2022-09-05Tx',
);
const value: fc.Arbitrary<CellValue> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((v): CellValue => JSON.parse(JSON.stringify(v)) as CellValue),
  fc.double(),
  dates,
  named,
  fc.array(fc.oneof(named, fc.string(), dates)),
);
const field = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.constantFrom('utc', 'Europe/Berlin', 'client', 'No/Where'),
    fc.constantFrom('number', 'date', 'dateTime'),
  )
  .map(([type, timeZone, result]) => fieldOf(type, { timeZone, result: { type: result } }));

test('for any field and value: normal form is idempotent, equality reflexive and symmetric, text never throws', () => {
  fc.assert(
    fc.property(field, value, value, (f, a, b) => {
      const normal = normalizeCell(f, a);
      expect(normalizeCell(f, normal)).toEqual(normal);
      expect(cellsEqual(f, a, a)).toBe(true);
      expect(cellsEqual(f, a, normal)).toBe(true);
      expect(cellsEqual(f, a, b)).toBe(cellsEqual(f, b, a));
      expect(cellText(f, a) === '').toBe(normal === null || cellText(f, a) === '');
    }),
    { seed: 20260301, numRuns: 3_000 },
  );
});

const equal: [string, CellValue, CellValue][] = [
  ['singleLineText', '', null],
  ['checkbox', false, null],
  ['multipleSelects', [], null],
  ['rating', 0, null],
  ['number', -0, 0],
  ['date', '2022-09-05T23:00:00.000Z', '2022-09-05'],
  ['dateTime', '2022-09-05T09:00:00+02:00', '2022-09-05T07:00:00.000Z'],
  ['singleSelect', { id: 'sel1', name: 'R', color: 'redLight2' }, 'R'],
  ['multipleSelects', [{ id: 'sel1', name: 'R', color: 'redLight2' }], ['R']],
  ['multipleRecordLinks', [{ id: 'rec1', name: 'x' }], ['rec1']],
  ['multipleAttachments', [{ id: 'att1', url: 'https://a', size: 3 }], [{ id: 'att1', url: 'https://b' }]],
  ['singleCollaborator', { id: 'usr1', name: 'A' }, { id: 'usr1', email: 'a@example.com' }],
  ['multipleCollaborators', ['usr1'], [{ id: 'usr1', name: 'A' }]],
  ['barcode', { text: '1', type: null }, { text: '1' }],
  ['newType', { b: 1, a: [2] }, { a: [2], b: 1 }],
];
test.each(equal)('%s: %j is %j', (type, a, b) => {
  expect(cellsEqual(fieldOf(type), a, b)).toBe(true);
});

const different: [string, CellValue, CellValue][] = [
  ['singleLineText', 'a', 'A'],
  ['singleLineText', ' a', 'a'],
  ['number', 0, null],
  ['number', 1, '1'],
  ['multipleRecordLinks', ['rec1', 'rec2'], ['rec2', 'rec1']],
  ['dateTime', '2022-09-05T07:00:00Z', '2022-09-05T07:00:01Z'],
  ['date', '2022-09-05', '2022-09-06'],
];
test.each(different)('%s: %j is not %j', (type, a, b) => {
  expect(cellsEqual(fieldOf(type), a, b)).toBe(false);
});

test('a dateTime without offset is read in the field’s zone, also around the change of clocks', () => {
  const berlin = fieldOf('dateTime', { timeZone: 'Europe/Berlin' });
  expect(normalizeCell(berlin, '2022-01-15T12:00')).toBe('2022-01-15T11:00:00.000Z');
  expect(normalizeCell(berlin, '2022-07-15T12:00:30')).toBe('2022-07-15T10:00:30.000Z');
  expect(normalizeCell(berlin, '2022-10-30T04:00')).toBe('2022-10-30T03:00:00.000Z');
});

test('a formula is compared by the type of its result', () => {
  const formula = fieldOf('formula', { result: { type: 'dateTime', options: { timeZone: 'utc' } } });
  expect(cellsEqual(formula, '2022-09-05T09:00:00+02:00', '2022-09-05T07:00:00Z')).toBe(true);
});

const texts: [string, Record<string, unknown>, CellValue, string][] = [
  ['number', {}, 7.25, '7.25'],
  ['percent', {}, 0.07, '7%'],
  ['currency', { symbol: '$' }, -3.5, '-$3.5'],
  ['duration', {}, 3_725.5, '1:02:05.5'],
  ['duration', {}, 60, '0:01'],
  ['checkbox', {}, true, 'checked'],
  ['multipleSelects', {}, ['a', 'b'], 'a, b'],
  ['multipleRecordLinks', {}, [{ id: 'rec1', name: 'Ann' }, 'rec2'], 'Ann, rec2'],
  ['multipleAttachments', {}, [{ id: 'att1', filename: 'a.png' }], 'a.png'],
  ['singleCollaborator', {}, { id: 'usr1', name: 'Ann' }, 'Ann'],
  ['barcode', {}, { text: '4006381' }, '4006381'],
  ['singleLineText', {}, null, ''],
];
test.each(texts)('%s %j shows %j as %s', (type, options, cell, shown) => {
  expect(cellText(fieldOf(type, options), cell)).toBe(shown);
});
