import fc from 'fast-check';
import { measureCsv } from '../../../../services/airtable/calls/csv-size';

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

describe('the size of comma-separated text', () => {
  it.each([
    ['', 0, 0],
    ['a', 1, 1],
    ['a,b\n1,2\n', 2, 2],
    ['a,b\r\n1,2\r\n', 2, 2],
    ['a\n\n\nb', 2, 1],
    ['a,\n', 1, 2],
    ['"a\nb","c,d"\n""', 2, 2],
    ['"she said ""no"", twice"', 1, 1],
  ])('%j has %i rows and %i columns', (text, rows, columns) => {
    expect(measureCsv(text)).toEqual({ rows, columns });
  });

  it.each(['"', 'a,"b', '"a""'])('%j is left open', (text) => {
    expect(measureCsv(text)).toBeUndefined();
  });

  it('is that of the cells, whatever is in them', () => {
    const table = fc.nat({ max: 5 }).chain((more) =>
      fc.array(fc.array(fc.string(), { minLength: more + 1, maxLength: more + 1 }), {
        minLength: 1,
        maxLength: 6,
      }),
    );
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (cells, end) => {
        const text = cells.map((row) => row.map(quote).join(',')).join(end);
        expect(measureCsv(text)).toEqual({ rows: cells.length, columns: cells[0]?.length });
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
