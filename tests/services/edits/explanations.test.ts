import fc from 'fast-check';
import { explain } from '../../../services/edits/explanations';
import { matchUp } from '../../../services/edits/matching';

/** A wanted record names some cells; a found one has them all. */
type Cells = Readonly<Record<string, string>>;
const fits = (wanted: Cells, found: Cells) => Object.entries(wanted).every(([k, v]) => found[k] === v);
const same = (a: Cells, b: Cells) => fits(a, b) && fits(b, a);
const told = (requests: readonly (readonly Cells[])[], candidates: readonly Cells[]) =>
  explain({ requests, candidates, fits, same });

const X = { a: 'x' };
const Y = { a: 'y' };
const XB = { a: 'x', b: '1' };

it('a request of which all records are there has landed; one of which none is there has not', () => {
  expect(told([[X, Y]], [Y, X])).toEqual([X, Y]);
  expect(told([[X, Y]], [])).toBe('absent');
  expect(told([[X, Y]], [{ a: 'z' }])).toBe('absent');
});

it.each([
  ['a part of a request', [[X, Y]], [X]],
  ['more than a request', [[X, Y]], [X, Y, X]],
  ['one record that two requests wanted', [[X], [X, Y]], [X, X, Y, Y]],
])('%s explains nothing', (_what, requests, candidates) => {
  expect(told(requests, candidates)).toBe('unclear');
});

it('records that another request of the edit explains as a whole are not held against this one', () => {
  expect(told([[X, Y], [Y]], [Y])).toBe('absent');
  expect(told([[X], [X, Y]], [X, Y])).toBe('absent');
  expect(told([[X], [X, Y]], [X, X, Y])).toEqual([X]);
});

it('which of two requests for the same landed makes no difference; of different ones it does', () => {
  expect(told([[X], [X]], [X])).toEqual([X]);
  expect(told([[X], [XB]], [XB])).toBe('unclear');
});

it('who names most finds the record that has it, whoever asks first', () => {
  expect(told([[X, XB]], [XB, X])).toEqual([X, XB]);
  const chain = matchUp(3, 3, (w, o) => o === 2 - w || o === 3 - w);
  expect(chain.size).toBe(3);
});

it('of requests of which some landed, each as a whole, no answer is wrong', () => {
  const cells = fc.record(
    { a: fc.constantFrom('x', 'y', 'z'), b: fc.constantFrom('1', '2') },
    { requiredKeys: ['a'] },
  );
  const requests = fc.array(
    fc.record({ wanted: fc.array(cells, { minLength: 1, maxLength: 4 }), landed: fc.boolean() }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(requests, (all) => {
      const candidates = all.flatMap(({ wanted, landed }) => (landed ? wanted : []));
      const answer = told(
        all.map(({ wanted }) => wanted),
        candidates,
      );
      const asked = all[0]?.wanted ?? [];
      if (answer === 'unclear') return;
      const alike = all.filter(({ wanted }) => {
        const pairs = matchUp(asked.length, wanted.length, (i, j) => same(asked[i] ?? X, wanted[j] ?? Y));
        return pairs.size === asked.length && wanted.length === asked.length;
      });
      if (answer === 'absent') expect(all[0]?.landed).toBe(false);
      else {
        expect(alike.some(({ landed }) => landed)).toBe(true);
        expect(answer).toHaveLength(asked.length);
        asked.forEach((wanted, i) => expect(fits(wanted, answer[i] ?? {})).toBe(true));
      }
    }),
    { seed: 20_261_121, numRuns: 2_000 },
  );
});
