import fc from 'fast-check';
import { CellValue } from '../../../../contracts/airtable';
import { cellsEqual } from '../../../../services/cells/cells';
import { EngineError } from '../../../../services/engine/engine-error';
import { parseCell } from '../../../../services/engine/cell-writing';
import { newChoice } from '../../../../services/engine/fields/choices';
import type { ReadContext, WriteContext } from '../../../../services/engine/fields/field-type';
import { fieldTypeOf } from '../../../../services/engine/fields/registry';
import {
  choicesOf,
  type EngineBase,
  type EngineField,
  type EngineTable,
} from '../../../../services/engine/schema';
import { toText } from '../../../../services/formula/values';
import { ANNA, BEN, CARL, WRITABLE } from './field-types-fixture';

const RECORD = 'recAAAAAAAAAAAAAA';
const OTHERS: EngineTable = {
  id: 'tblOthersOthers00',
  name: 'Others',
  primaryFieldId: 'fldName0000000000',
  fields: [{ id: 'fldName0000000000', name: 'Name', type: 'singleLineText' }],
  views: [],
};
const BASE: EngineBase = { id: 'appAppAppAppApp00', name: 'Base', tables: [OTHERS] };
const PEOPLE = [ANNA, BEN, CARL].map((person) => ({ ...person, member: person !== CARL }));

const makeField = ({ name, type, options }: (typeof WRITABLE)[number]): EngineField => {
  const made = fieldTypeOf({ type }).options(
    options,
    { name },
    { base: BASE, fields: [], tableId: () => OTHERS.id },
  );
  return { id: `fld${name.padEnd(14, '0').slice(0, 14)}`, name, type, ...(made && { options: made }) };
};

const writing = (typecast: boolean): WriteContext => ({
  typecast,
  people: PEOPLE,
  addChoice(field, name) {
    const choice = newChoice(name, 0);
    if (field.options) field.options['choices'] = [...choicesOf(field), choice];
    return choice.id;
  },
  linkByText: () => RECORD,
  attachUrl: () => 'attAAAAAAAAAAAAAA',
  keepAttachment: () => undefined,
});

const reading: ReadContext = {
  base: BASE,
  typeOf: fieldTypeOf,
  person: (id) => PEOPLE.find((person) => person.id === id),
  attachment: (id) => ({ id, url: 'https://files.invalid/a', filename: 'a.txt' }),
  linked: (id) => ({
    table: OTHERS,
    record: {
      id,
      createdTime: '2026-01-01T00:00:00.000Z',
      createdBy: null,
      modified: {},
      cells: { fldName0000000000: 'Doe, J' },
    },
  }),
};

/** Values near to what some type takes, so that not all are refused at once. */
const likely: fc.Arbitrary<CellValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 12 }),
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc
    .date({
      min: new Date('-000010-01-01T00:00:00Z'),
      max: new Date('+010010-01-01T00:00:00Z'),
      noInvalidDate: true,
    })
    .map((d) => d.toISOString()),
  fc.stringMatching(/^[12]?\d{1,3}[/.:-]\d{1,2}[/.:-]\d{1,4}( \d{1,2}:\d{2}( [ap]m)?)?$/),
  fc.stringMatching(/^-?[$€]?\d{1,3}(,\d{3})?(\.\d{1,3})?%?$/),
  fc.constantFrom(
    'red',
    'low',
    'green, or so',
    ANNA.email,
    BEN.id,
    RECORD,
    'https://example.com/a.png',
    '"a, b", c',
  ),
  fc.array(fc.constantFrom('red', ANNA.id, RECORD, 'green, or so'), { maxLength: 4 }),
  fc.constantFrom({ id: ANNA.id }, { email: BEN.email }, { text: '12', type: 'ean8' }, { id: CARL.id }),
  fc.array(fc.constantFrom({ id: ANNA.id }, { id: 'attBBBBBBBBBBBBBB' }, { url: 'https://example.com/a' }), {
    maxLength: 3,
  }),
);
const anything = fc.oneof(
  likely,
  likely,
  fc.jsonValue({ maxDepth: 12 }).map((value) => CellValue.parse(value)),
);

/** What a write keeps of a value; undefined when it is refused, which must be in Airtable's words. */
function store(field: EngineField, value: unknown, typecast: boolean): CellValue | undefined {
  try {
    return parseCell(field, value, writing(typecast));
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ status: 422 });
    return undefined;
  }
}

const TYPES = WRITABLE.map((input) => [input.name, input] as const);

test.each(TYPES)('%s: what is read can be written again and is the same cell', (_, input) => {
  fc.assert(
    fc.property(anything, fc.boolean(), (value, typecast) => {
      const field = makeField(input);
      const type = fieldTypeOf(field);
      const kept = store(field, value, typecast);
      if (kept === undefined || kept === null) return;
      const read = type.read(kept, field, reading);
      const again = store(field, JSON.parse(JSON.stringify(read)), false);
      expect(again).toEqual(kept);
      expect(cellsEqual(field, read, type.read(again ?? null, field, reading))).toBe(true);
    }),
    { seed: 1979, numRuns: 400 },
  );
});

test.each(TYPES)('%s: whatever is kept can be shown and reckoned with', (_, input) => {
  fc.assert(
    fc.property(
      anything,
      fc.boolean(),
      fc.constantFrom('utc', 'Asia/Kolkata', 'no zone'),
      (value, typecast, timeZone) => {
        const field = makeField(input);
        const type = fieldTypeOf(field);
        const kept = store(field, value, typecast);
        if (kept === undefined || kept === null) return;
        const text = type.text(kept, field, reading, { timeZone, userLocale: 'de' });
        expect(text).not.toMatch(/undefined|NaN|\[object/);
        expect(typeof toText(type.formula(kept, field, reading))).toBe('string');
      },
    ),
    { seed: 1986, numRuns: 300 },
  );
});

/** Types whose text can be written with typecast without a loss, as it holds all that the cell does. */
const FAITHFUL = new Set([
  ...['singleLineText', 'multilineText', 'richText', 'checkbox', 'singleSelect', 'multipleSelects', 'rating'],
  ...['date', 'european', 'friendly', 'multipleCollaborators', 'singleCollaborator'],
]);
test.each(TYPES.filter(([name]) => FAITHFUL.has(name)))(
  '%s: typecast takes back what is shown',
  (_, input) => {
    fc.assert(
      fc.property(likely, (value) => {
        const field = makeField(input);
        const type = fieldTypeOf(field);
        const kept = store(field, value, false);
        // Who has left is found by id, but not by what they are called.
        if (kept === undefined || kept === null || kept === CARL.id) return;
        const shown = type.text(kept, field, reading, { timeZone: 'utc', userLocale: 'en' });
        expect(store(field, shown, true)).toEqual(kept);
      }),
      { seed: 1992, numRuns: 300 },
    );
  },
);

test('lists of names are read back as they were, whatever is in them', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text === text.trim() && text !== '');
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), (names) => {
      const field = makeField({
        name: 'tags',
        type: 'multipleSelects',
        options: { choices: names.map((n) => ({ name: n })) },
      });
      const type = fieldTypeOf(field);
      const kept = parseCell(field, names, writing(false));
      const shown = type.text(kept, field, reading, { timeZone: 'utc', userLocale: 'en' });
      expect(type.read(parseCell(field, shown, writing(true)), field, reading)).toEqual(names);
    }),
    { seed: 1997, numRuns: 500 },
  );
});
