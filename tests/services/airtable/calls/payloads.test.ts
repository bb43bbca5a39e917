import fc from 'fast-check';
import { payloadPage, WebhookPayload } from '../../../../services/airtable/calls/payload-answers';

const SEED = 20_260_301;
const AT = '2026-03-01T12:00:00.000Z';

const idOf = (prefix: string) =>
  fc.stringMatching(/^[0-9A-Za-z]{14}$/).map((letters) => `${prefix}${letters}`);
const byId = <T>(prefix: string, value: fc.Arbitrary<T>) =>
  fc.dictionary(idOf(prefix), value, { maxKeys: 3 });
const cells = byId('fld', fc.jsonValue({ maxDepth: 3 })).map((cellValuesByFieldId) => ({
  cellValuesByFieldId,
}));
const named = fc.record({ name: fc.string(), type: fc.string() });
const records = {
  createdRecordsById: byId(
    'rec',
    cells.map((values) => ({ ...values, createdTime: AT })),
  ),
  changedRecordsById: byId(
    'rec',
    fc.record({ current: cells, previous: cells }, { requiredKeys: ['current'] }),
  ),
  destroyedRecordIds: fc.array(idOf('rec'), { maxLength: 3 }),
};
const changedTable = fc.record(
  {
    ...records,
    createdFieldsById: byId('fld', named),
    changedFieldsById: byId('fld', fc.record({ current: named, previous: named })),
    destroyedFieldIds: fc.array(idOf('fld'), { maxLength: 3 }),
    changedMetadata: fc.record({ current: fc.record({ name: fc.string() }) }),
    changedViewsById: byId('viw', fc.record(records, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
const payload = fc.record(
  {
    timestamp: fc.constant(AT),
    baseTransactionNumber: fc.nat(),
    payloadFormat: fc.constant('v0'),
    actionMetadata: fc.record(
      {
        source: fc.string(),
        sourceMetadata: fc.record({ user: fc.record({ id: fc.string() }), viewId: fc.string() }),
      },
      { requiredKeys: ['source'] },
    ),
    changedTablesById: byId('tbl', changedTable),
    createdTablesById: byId('tbl', fc.record({ metadata: fc.record({ name: fc.string() }) })),
    destroyedTableIds: fc.array(idOf('tbl'), { maxLength: 3 }),
  },
  { requiredKeys: ['timestamp', 'baseTransactionNumber'] },
);

describe('payloads of a webhook', () => {
  it('are read with all that they tell, whoever did it and however', () => {
    fc.assert(
      fc.property(payload, (given) => {
        const sent = JSON.parse(JSON.stringify(given)) as unknown;
        expect(JSON.parse(JSON.stringify(WebhookPayload.parse(sent)))).toEqual(sent);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('lose what came to be told later, and nothing else', () => {
    const later = {
      timestamp: AT,
      baseTransactionNumber: 1,
      changedInterfacesById: {},
      destroyedTableIds: null,
    };
    expect(WebhookPayload.parse(later)).toEqual({ timestamp: AT, baseTransactionNumber: 1 });
  });

  it.each(['INVALID_FILTERS', 'INVALID_HOOK', 'A_CODE_OF_NEXT_YEAR'])('can be an error: %s', (code) => {
    const failed = { error: true, code, timestamp: AT, baseTransactionNumber: 3, payloadFormat: 'v0' };
    expect(WebhookPayload.parse(failed)).toEqual(failed);
    expect(WebhookPayload.parse({ error: true, code })).toEqual({ error: true, code });
  });

  it('of an unknown form stop nobody: whatever comes is a change, an error, or unreadable', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      payload.map((p) => ({ ...p, baseTransactionNumber: '1' })),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (given) => {
        const payloads = JSON.parse(JSON.stringify(given)) as unknown[];
        const page = payloadPage(1).parse({ payloads, cursor: 9, mightHaveMore: false });
        expect(page.payloads).toHaveLength(payloads.length);
        for (const read of page.payloads) {
          const kinds = ['unreadable' in read, 'timestamp' in read || 'code' in read];
          expect(kinds.filter(Boolean)).toHaveLength(1);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('with ids that are none are unreadable: they would go into paths and statements', () => {
    const evil = [
      { destroyedTableIds: ["tbl'; DROP TABLE x"] },
      { changedTablesById: { '../x': {} } },
      { changedTablesById: { tblAAAAAAAAAAAAAA: { destroyedRecordIds: ['rec'] } } },
    ];
    for (const part of evil)
      expect(WebhookPayload.parse({ timestamp: AT, baseTransactionNumber: 1, ...part })).toEqual({
        unreadable: true,
      });
  });

  it('give no table a prototype of their own', () => {
    const text = `{"timestamp":"${AT}","baseTransactionNumber":1,"changedTablesById":{"__proto__":{"polluted":1}}}`;
    const read = WebhookPayload.parse(JSON.parse(text));
    expect(read).toMatchObject({ changedTablesById: {} });
    const tables = 'changedTablesById' in read ? read.changedTablesById : undefined;
    expect(Object.getPrototypeOf(tables)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });
});
