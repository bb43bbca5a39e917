import type { WholeSchema } from '../../../services/airtable/calls/base-answers';
import { hostSchema } from '../../../services/copies/hosting';
import { mergeCells } from '../../../services/copies/merge';
import { newStamps, stampsOf } from '../../../services/copies/stamps';

const NAME = { id: 'fldName0000000000', name: 'Name', type: 'singleLineText' };
const table = (id: string, name: string, fields: WholeSchema['tables'][number]['fields']) => ({
  id,
  name,
  primaryFieldId: fields[0]?.id ?? '',
  fields,
  views: [],
});
const ONE = 'tblOne00000000000';
const TWO = 'tblTwo00000000000';
const link = (id: string, linkedTableId: string) => ({
  id,
  name: id,
  type: 'multipleRecordLinks',
  options: { linkedTableId, isReversed: false, prefersSingleRecordLink: false },
});
const lookup = (id: string, recordLinkFieldId: string, fieldIdInLinkedTable: string) => ({
  id,
  name: id,
  type: 'multipleLookupValues',
  options: { isValid: true, recordLinkFieldId, fieldIdInLinkedTable, result: { type: 'formula' } },
});

describe('hosting a schema', () => {
  it.each(['formula', 'rollup', 'button', 'aiText', 'externalSyncSource', 'somethingNew'])(
    'leaves out fields of the type %s, and makes text of them where they are primary',
    (type) => {
      const strange = { id: 'fldStrange0000000', name: 'Strange', type, options: {} };
      const plain = hostSchema({ tables: [table(ONE, 'One', [NAME, strange])] });
      expect(plain.tables[0]?.fields.map(({ field }) => field.id)).toEqual([NAME.id]);
      expect(plain.tables[0]?.knownFieldIds).toEqual([NAME.id, strange.id]);
      const primary = hostSchema({ tables: [table(ONE, 'One', [strange, NAME])] });
      expect(primary.tables[0]?.fields[0]?.field).toMatchObject({ id: strange.id, type: 'singleLineText' });
      for (const { leftOut } of [plain, primary])
        expect(leftOut.filter(({ kind }) => kind === 'field')).toMatchObject([
          { id: strange.id, tableId: ONE },
        ]);
    },
  );

  it('leaves out what refers to something that has not come, through any number of steps', () => {
    const hidden = link('fldHidden00000000', 'tblHidden00000000');
    const count = {
      id: 'fldCount000000000',
      name: 'C',
      type: 'count',
      options: { recordLinkFieldId: hidden.id },
    };
    const there = link('fldThere000000000', TWO);
    const first = lookup('fldFirst000000000', there.id, 'fldFormula0000000');
    const back = link('fldBack0000000000', ONE);
    const second = lookup('fldSecond00000000', back.id, first.id);
    const formula = { id: 'fldFormula0000000', name: 'F', type: 'formula' };
    const { tables, leftOut } = hostSchema({
      tables: [
        table(ONE, 'One', [NAME, hidden, count, there, first]),
        table(TWO, 'Two', [{ ...NAME, id: 'fldName1111111111' }, formula, back, second]),
      ],
    });
    expect(tables.map((t) => t.fields.map(({ field }) => field.id))).toEqual([
      [NAME.id, there.id],
      ['fldName1111111111', back.id],
    ]);
    const out = leftOut.flatMap(({ kind, id }) => (kind === 'field' ? [id] : []));
    expect(new Set(out)).toEqual(new Set([formula.id, hidden.id, count.id, first.id, second.id]));
  });

  it('refuses select options whose ids could be something else', () => {
    const select = {
      id: 'fldSelect00000000',
      name: 'S',
      type: 'singleSelect',
      options: { choices: [{ id: `sel'); DROP TABLE x`, name: 'a' }] },
    };
    expect(hostSchema({ tables: [table(ONE, 'One', [NAME, select])] }).tables[0]?.fields).toHaveLength(1);
  });

  it('a lookup of a primary field that came as text shows text', () => {
    const formula = { id: 'fldFormula0000000', name: 'F', type: 'formula', options: {} };
    const there = link('fldThere000000000', TWO);
    const shown = lookup('fldShown000000000', there.id, formula.id);
    const { tables } = hostSchema({
      tables: [table(ONE, 'One', [NAME, there, shown]), table(TWO, 'Two', [formula])],
    });
    const field = tables[0]?.fields.find((f) => f.field.id === shown.id)?.field;
    expect(field?.options?.['result']).toEqual({ type: 'singleLineText' });
  });
});

describe('merging', () => {
  const typeOf = (id: string) => (id === 'links' ? 'multipleRecordLinks' : 'singleLineText');

  it.each([
    ['did not change there', { a: 'x' }, { a: 'x' }, { a: 'mine' }, { a: 'mine' }],
    ['changed there', { a: 'x' }, { a: 'y' }, { a: 'mine' }, { a: 'y' }],
    ['was emptied there', { a: 'x' }, {}, { a: 'x' }, {}],
    [
      'is a list that gained there and here',
      { links: [1] },
      { links: [2, 1] },
      { links: [1, 3] },
      { links: [2, 1, 3] },
    ],
    [
      'is a list that lost there and here',
      { links: [1, 2, 3] },
      { links: [1, 2] },
      { links: [2, 3] },
      { links: [2] },
    ],
    ['is a list that lost its last there', { links: [1] }, {}, { links: [1] }, {}],
  ])('a cell that %s', (_, before, now, here, merged) => {
    expect(mergeCells(typeOf, before, now, here)).toEqual(merged);
  });
});

describe('stamps', () => {
  const field = (id: string, type: string, referencedFieldIds?: string[]) => ({
    field: { id, name: id, type, options: referencedFieldIds ? { referencedFieldIds } : null },
    source: { type, options: null },
  });
  const hosted = {
    id: ONE,
    name: 'One',
    primaryFieldId: 'a',
    knownFieldIds: [],
    views: [],
    fields: [
      field('a', 'singleLineText'),
      field('b', 'singleLineText'),
      field('all', 'lastModifiedTime'),
      field('onlyA', 'lastModifiedTime', ['a']),
      field('who', 'lastModifiedBy'),
    ],
  };
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];

  it('give every field of the record the time that it shows', () => {
    const fields = { all: late, onlyA: early, who: { id: 'usrX' } };
    const { modified } = stampsOf(hosted, { id: 'rec', createdTime: early, fields });
    expect(modified['a']).toEqual([early, 'usrX']);
    expect(modified['b']).toEqual([late, 'usrX']);
  });

  it('are taken over where they are news, and never put a later one of here back', () => {
    const [x, y] = [[early, 'usrX'] as const, [late, 'usrY'] as const];
    const stamps = newStamps({ then: { a: x, b: x }, now: { a: y, b: x, c: x }, here: { c: y } }, ['d'], y);
    expect(stamps).toEqual({ a: y, d: y });
  });
});
