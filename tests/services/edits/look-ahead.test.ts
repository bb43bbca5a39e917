import type { AirtableRecord } from '../../../contracts/airtable';
import type { JournalEntry } from '../../../services/edits/journal';
import { SagatableError } from '../../../contracts/errors';
import { inBatches, lookAt, withinOneLook } from '../../../services/edits/look-ahead';

const recordId = (n: number) => `rec${String(n).padStart(14, '0')}`;

function entry(n: number, over: Partial<JournalEntry> = {}): JournalEntry {
  const cells = { fldGross: { before: 1, after: 2 } };
  const change = { kind: 'update' as const, tableId: 'tblFilms', recordId: recordId(n), cells };
  const state = 'pending';
  return {
    ordinal: n,
    change,
    recordId: recordId(n),
    label: null,
    state,
    reason: null,
    found: null,
    batch: null,
    sentAt: null,
    restoredAs: null,
    evidence: null,
    markerField: null,
    firstSentAt: null,
    ...over,
  };
}
const entries = (count: number) => Array.from({ length: count }, (_, n) => entry(n));
const linking = (n: number) =>
  entry(n, {
    change: {
      kind: 'update',
      tableId: 'tblFilms',
      recordId: recordId(n),
      cells: { fldLinks: { before: [], after: [recordId(1)] } },
    },
  });
const fields = new Map([
  ['fldGross', { id: 'fldGross', name: 'Gross', type: 'number' }],
  ['fldLinks', { id: 'fldLinks', name: 'Links', type: 'multipleRecordLinks' }],
]);

/** A base that remembers how many records each of its lists was asked for. */
function createReading() {
  const asked: number[] = [];
  const client = {
    async *listRecords(_base: string, _table: string, query: { filterByFormula?: string } = {}) {
      const ids = (query.filterByFormula ?? '').match(/rec\d{14}/g) ?? [];
      asked.push(ids.length);
      yield ids.map((id): AirtableRecord => ({ id, createdTime: '2026-01-01T00:00:00.000Z', fields: {} }));
    },
  };
  return { asked, run: { client, baseId: 'appFilms', signal: new AbortController().signal } };
}

describe('what one look can serve', () => {
  it('a list call’s worth of updates of one table', () => {
    expect(withinOneLook({ fields }, entries(130))).toHaveLength(100);
  });

  it('ends before a change of links, which changes other records of the same look', () => {
    expect(withinOneLook({ fields }, [...entries(37), linking(37), entry(38)])).toHaveLength(37);
  });

  it('is one batch where links are changed from the start, or records created or deleted', () => {
    const links = Array.from({ length: 40 }, (_, n) => linking(n));
    expect(withinOneLook({ fields }, links)).toHaveLength(10);
    const deletions = entries(40).map((e) => ({
      ...e,
      change: { kind: 'delete' as const, tableId: 'tblFilms', recordId: recordId(e.ordinal), before: {} },
    }));
    expect(withinOneLook({ fields }, deletions)).toHaveLength(10);
  });
});

describe('a look', () => {
  it('is taken once for all batches while it is fresh', async () => {
    const { asked, run } = createReading();
    const all = entries(40);
    const look = lookAt(run, all, { now: () => 0 });
    for (let i = 0; i < 40; i += 10) expect((await look(all.slice(i, i + 10))).has(recordId(i))).toBe(true);
    expect(asked).toEqual([40]);
  });

  it('is taken again for what is left when it is older than 5 s', async () => {
    let now = 0;
    const { asked, run } = createReading();
    const all = entries(40);
    const look = lookAt(run, all, { now: () => now });
    await look(all.slice(0, 10));
    now = 5_001;
    await look(all.slice(10, 20));
    now = 9_000;
    await look(all.slice(20, 30));
    expect(asked).toEqual([40, 30]);
  });

  it('never answers for a batch whose records it did not read', async () => {
    let now = 0;
    const { asked, run } = createReading();
    const all = entries(30);
    const look = lookAt(run, all, { now: () => now });
    await look(all.slice(0, 10));
    now = 6_000;
    await look(all.slice(20, 30));
    expect((await look(all.slice(10, 20))).has(recordId(12))).toBe(true);
    expect(asked).toEqual([30, 10, 20]);
  });
});

describe('batches', () => {
  it('are begun in order, two at a time', async () => {
    const begun: number[] = [];
    let under = 0;
    let most = 0;
    const count = await inBatches(entries(55), async (batch) => {
      begun.push(batch.length);
      most = Math.max(most, ++under);
      await new Promise((resolve) => setImmediate(resolve));
      under--;
    });
    expect([count, begun, most]).toEqual([6, [10, 10, 10, 10, 10, 5], 2]);
  });

  it('after a failure none is begun, and it is thrown when nothing is under way any more', async () => {
    let ended = 0;
    let begun = 0;
    const failing = inBatches(entries(60), async (batch) => {
      begun++;
      if (batch[0]?.ordinal === 0) throw new Error('refused');
      await new Promise((resolve) => setImmediate(resolve));
      ended++;
    });
    await expect(failing).rejects.toThrow('refused');
    expect([begun, ended]).toEqual([2, 1]);
  });

  it('a refusal is not forgotten behind a wait that came first', async () => {
    const refusal = new SagatableError('InvalidInput', 'refused');
    const failing = inBatches(entries(20), async (batch) => {
      if (batch[0]?.ordinal === 0) throw new SagatableError('LimitReached', 'wait', { code: 'rate_wait' });
      await new Promise((resolve) => setImmediate(resolve));
      throw refusal;
    });
    await expect(failing).rejects.toBe(refusal);
  });
});
