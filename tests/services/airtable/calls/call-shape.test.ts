import type { Call, Perform } from '../../../../services/airtable/call';
import { createClient } from '../../../../services/airtable/calls/create-client';
import { EVERY_CALL } from './every-call';
import { BASE } from '../setup';

/** A client whose calls are answered from here, and seen as the cache and the limiter see them. */
function clientOver(answer: unknown) {
  const calls: Call<unknown>[] = [];
  const perform: Perform = async (call) => {
    calls.push(call);
    return call.answer.parse(answer);
  };
  return { client: createClient(perform, () => undefined), calls };
}

const KEPT: Readonly<Record<string, number>> = {
  listBases: 30_000,
  getBaseSchema: 30_000,
  readWholeSchema: 30_000,
  listRecords: 5_000,
  getRecord: 5_000,
  listComments: 5_000,
  readCommentPage: 5_000,
};
const OF_NO_BASE = ['whoami', 'listBases', 'createBase'];

describe.each(EVERY_CALL)('$name, as the rest of the gateway sees it', ({ name, effect, make, answer }) => {
  it('says what it does, to which base, and how long its answer keeps', async () => {
    const { client, calls } = clientOver(answer);
    await make(client);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ effect, baseId: OF_NO_BASE.includes(name) ? null : BASE });
    expect(calls[0]?.keepMs).toBe(KEPT[name]);
    expect(calls[0]?.host).toBe(name === 'uploadAttachment' ? 'content' : undefined);
  });

  it('can read its own answer again where it is kept', async () => {
    const { client, calls } = clientOver(answer);
    await make(client);
    const [call] = calls;
    if (call?.keepMs === undefined) return expect(KEPT).not.toHaveProperty(name);
    const kept = call.answer.parse(answer);
    expect(call.answer.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
  });
});

describe('reading one record', () => {
  const record = { id: 'recAAAAAAAAAAAAAA', createdTime: '2026-01-01T00:00:00.000Z', fields: { fldA: 1 } };
  const field = { id: 'fldA', name: 'A', type: 'number' };
  const table = { id: 'tblThings00000000', name: 'T', primaryFieldId: 'fldA', fields: [field], views: [] };

  it.each([[true], [false], [undefined]])(
    'takes the schema from the cache whether or not the record itself may be (%s)',
    async (cached) => {
      const asked: [string, boolean | undefined][] = [];
      const perform: Perform = async (call) => {
        asked.push([call.path, call.options.cached]);
        return call.answer.parse(call.path.startsWith('/meta') ? { tables: [table] } : record);
      };
      const client = createClient(perform, () => undefined);
      await client.getRecord(BASE, table.id, record.id, { cached });
      expect(asked).toEqual([
        [`/${BASE}/${table.id}/${record.id}?returnFieldsByFieldId=true`, cached],
        [`/meta/bases/${BASE}/tables`, true],
      ]);
    },
  );
});
