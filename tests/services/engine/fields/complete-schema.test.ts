import { completeSchema } from '../../../../services/engine/fields/complete-schema';
import { fieldTypeOf } from '../../../../services/engine/fields/registry';
import type { EngineField, EngineTable } from '../../../../services/engine/schema';

const id = (kind: string, name: string) => `${kind}${name.padEnd(14, '0')}`;
const field = (name: string, type: string, options?: Record<string, unknown>): EngineField => {
  return { id: id('fld', name), name, type, ...(options && { options }) };
};
const table = (name: string, fields: EngineField[]): EngineTable => {
  return { id: id('tbl', name), name, primaryFieldId: fields[0]?.id ?? '', fields, views: [] };
};
const link = (name: string, to: string) =>
  field(name, 'multipleRecordLinks', { linkedTableId: id('tbl', to) });
const lookup = (name: string, along: string, target: string) =>
  field(name, 'multipleLookupValues', {
    recordLinkFieldId: id('fld', along),
    fieldIdInLinkedTable: id('fld', target),
    isValid: true,
    result: { type: 'stale' },
  });

const completed = (...tables: EngineTable[]) => {
  const fields = completeSchema(tables, fieldTypeOf).flatMap((t) => t.fields);
  return (name: string) => fields.find((f) => f.name === name)?.options;
};

test('a lookup shows the options that the field behind it has now', () => {
  const options = { choices: [{ id: 'sel1', name: 'new', color: 'blueLight2' }] };
  const at = completed(
    table('a', [field('title', 'singleLineText'), link('to', 'b'), lookup('deep', 'to', 'near')]),
    table('b', [field('pick', 'singleSelect', options), link('self', 'b'), lookup('near', 'self', 'pick')]),
  );
  expect(at('near')).toMatchObject({ isValid: true, result: { type: 'singleSelect', options } });
  expect(at('deep')).toMatchObject({
    isValid: true,
    result: { type: 'multipleLookupValues', options: { result: { type: 'singleSelect', options } } },
  });
});

test('what leads nowhere is not valid', () => {
  const at = completed(
    table('a', [
      field('title', 'singleLineText'),
      link('gone', 'nowhere'),
      link('self', 'a'),
      field('noTable', 'count', { recordLinkFieldId: id('fld', 'gone') }),
      field('noLink', 'count', { recordLinkFieldId: id('fld', 'title') }),
      field('fine', 'count', { recordLinkFieldId: id('fld', 'self') }),
      lookup('noField', 'self', 'missing'),
      field('noFollowed', 'lastModifiedTime', { referencedFieldIds: [id('fld', 'missing')] }),
      field('noFollowedBy', 'lastModifiedBy', { referencedFieldIds: [id('fld', 'missing')] }),
    ]),
  );
  for (const name of ['noTable', 'noLink', 'noField', 'noFollowed', 'noFollowedBy']) {
    expect(at(name)).toMatchObject({ isValid: false });
  }
  expect(at('fine')).toMatchObject({ isValid: true });
  expect(at('noField')).toMatchObject({ result: null });
});

test('lookups that look each other up come to an end', () => {
  const at = completed(
    table('a', [
      link('self', 'a'),
      lookup('one', 'self', 'two'),
      lookup('two', 'self', 'one'),
      lookup('me', 'self', 'me'),
    ]),
  );
  expect(at('two')).toMatchObject({ isValid: false, result: null });
  expect(at('me')).toMatchObject({ isValid: false });
  expect(() => JSON.stringify(at('one'))).not.toThrow();
});

test('fields whose options follow from nothing stay the same objects', () => {
  const plain = table('a', [field('title', 'singleLineText'), field('n', 'number', { precision: 1 })]);
  expect(completeSchema([plain], fieldTypeOf)[0]?.fields).toEqual(plain.fields);
  expect(completeSchema([plain], fieldTypeOf)[0]?.fields[1]).toBe(plain.fields[1]);
});
