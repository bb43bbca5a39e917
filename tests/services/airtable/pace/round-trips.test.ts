import fc from 'fast-check';
import { createRoundTrips } from '../../../../services/airtable/pace/round-trips';

describe('what round trips tell of when a request arrived', () => {
  it('nothing while too few were seen', () => {
    const trips = createRoundTrips();
    expect(Array.from({ length: 4 }, () => trips.note('host', 'read', 20))).toEqual(Array(4).fill(undefined));
    expect(trips.note('host', 'read', 20)).toBe(0);
  });

  it('on a calm way next to nothing, whatever the work takes', () => {
    const trips = createRoundTrips();
    for (let i = 0; i < 30; i++) trips.note('host', 'read', 20 + (i % 3));
    for (let i = 0; i < 30; i++) trips.note('host', 'write', 300 + (i % 3));
    expect(trips.note('host', 'read', 21)).toBeLessThan(3);
    expect(trips.note('host', 'write', 301)).toBeLessThan(3);
    expect(trips.note('host', 'read', 61)).toBeGreaterThanOrEqual(41);
  });

  it('what a kind seen for the first time cannot tell is bounded by the quickest of its host', () => {
    const trips = createRoundTrips();
    for (let i = 0; i < 10; i++) trips.note('host', 'read', 20);
    expect(trips.note('host', 'write', 35)).toBe(15);
    expect(trips.note('elsewhere', 'write', 35)).toBeUndefined();
  });

  it('no request arrived later than they say, hardly ever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.nat(60), fc.nat(5)), { minLength: 400, maxLength: 400 }),
        (ways) => {
          const trips = createRoundTrips();
          const missed = ways.filter(([there, back, work]) => {
            const longer = trips.note('host', 'read', 30 + there + work + back);
            return longer !== undefined && longer + 3 < there;
          });
          expect(missed.length).toBeLessThanOrEqual(12);
        },
      ),
      { seed: 7, numRuns: 30 },
    );
  });
});
