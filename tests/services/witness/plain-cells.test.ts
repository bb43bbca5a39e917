import { plainCells, plainValue } from '../../../services/witness/plain-cells';

it.each([
  ['text', 'a', 'a'],
  ['a number', 0, 0],
  ['an emptied cell', null, null],
  ['an option', { id: 'selAAAAAAAAAAAAAA', name: 'PG', color: 'red' }, 'PG'],
  [
    'options in their order',
    [
      { id: 'selBBBBBBBBBBBBBB', name: 'War' },
      { id: 'selAAAAAAAAAAAAAA', name: 'Drama' },
    ],
    ['War', 'Drama'],
  ],
  ['links', [{ id: 'recAAAAAAAAAAAAAA', name: 'Ran' }], ['recAAAAAAAAAAAAAA']],
  [
    'a person',
    { id: 'usrAAAAAAAAAAAAAA', email: 'a@example.com', name: 'Ada', permissionLevel: 'edit' },
    { id: 'usrAAAAAAAAAAAAAA', email: 'a@example.com', name: 'Ada' },
  ],
  [
    'an attachment without what ends',
    [
      {
        id: 'attAAAAAAAAAAAAAA',
        filename: 'a.png',
        size: 1,
        type: 'image/png',
        url: 'https://x',
        thumbnails: {},
      },
    ],
    [{ id: 'attAAAAAAAAAAAAAA', filename: 'a.png', size: 1, type: 'image/png' }],
  ],
  [
    'a look-up, in the order of its records',
    {
      linkedRecordIds: ['recB', 'recA', 'recC'],
      valuesByLinkedRecordId: { recA: ['a'], recB: [{ id: 'selX', name: 'x' }] },
    },
    ['x', 'a'],
  ],
  ['a barcode', { text: '1', type: 'upce' }, { text: '1', type: 'upce' }],
])('gives %s as records do', (_what, cell, expected) => {
  expect(plainValue(cell)).toEqual(expected);
});

it('keeps every cell, the emptied ones too', () => {
  expect(plainCells({ a: null, b: 'x' })).toEqual({ a: null, b: 'x' });
});
