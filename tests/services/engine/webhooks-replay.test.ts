import fc from 'fast-check';
import { createRecords, updateRecords } from '../../../services/engine/change-records';
import { deleteRecords } from '../../../services/engine/delete-records';
import { listRecords } from '../../../services/engine/list-records';
import { saveSettings } from '../../../services/engine/imitation/settings-rows';
import { ImitationSettings } from '../../../services/engine/imitation/settings';
import type { BasePlace } from '../../../services/engine/place';
import { createWebhookFixture, type Payload, type WebhookFixture } from './webhooks-fixture';

type Cells = Record<string, unknown>;
/** Records by table and id, as somebody knows them who has heard of every change. */
type Copy = Map<string, Map<string, Cells>>;

let f: WebhookFixture;
beforeAll(async () => {
  f = await createWebhookFixture();
});
afterAll(() => f.database.drop());

/** One of the last ids that were made; which one depends on how many there are. */
const pick = (ids: readonly string[], n: number) => ids[n % Math.max(ids.length, 1)];

const filmCells = fc.record(
  {
    Title: fc.string({ maxLength: 10 }),
    Gross: fc.integer({ min: -5, max: 5 }),
    Seen: fc.boolean(),
    Rating: fc.constantFrom('PG', 'R', null),
    Genres: fc.uniqueArray(fc.constantFrom('Drama', 'War')),
    Director: fc.array(fc.nat(20), { maxLength: 3 }),
    Sequels: fc.array(fc.nat(20), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const step = fc.oneof(
  fc.record({
    kind: fc.constant('film' as const),
    cells: fc.array(filmCells, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('director' as const), films: fc.array(fc.nat(20), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('change' as const), n: fc.nat(20), cells: filmCells, replace: fc.boolean() }),
  fc.record({
    kind: fc.constant('remove' as const),
    n: fc.nat(20),
    from: fc.constantFrom('Films', 'Directors'),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function idsOf(place: BasePlace, table: string): Promise<string[]> {
  const { records } = await listRecords(place, f.table(table), {});
  return records.map((record) => record.id);
}

/** Does what a step says in one transaction; links go to records that are there. */
async function run(place: BasePlace, it: Step): Promise<void> {
  const [films, directors] = [await idsOf(place, 'Films'), await idsOf(place, 'Directors')];
  const links = (ids: readonly string[], ns: readonly number[] = []) => [
    ...new Set(ns.flatMap((n) => pick(ids, n) ?? [])),
  ];
  const linked = (cells: typeof filmCells extends fc.Arbitrary<infer C> ? C : never) => ({
    ...cells,
    ...(cells.Director ? { Director: links(directors, cells.Director) } : {}),
    ...(cells.Sequels ? { Sequels: links(films, cells.Sequels) } : {}),
  });
  if (it.kind === 'film') {
    await createRecords(place, f.table('Films'), {
      records: it.cells.map((cells) => ({ fields: linked(cells) })),
    });
  } else if (it.kind === 'director') {
    const fields = { Name: 'somebody', Films: links(films, it.films) };
    await createRecords(place, f.table('Directors'), { records: [{ fields }] });
  } else if (it.kind === 'change') {
    const id = pick(films, it.n);
    const records = [{ id, fields: linked(it.cells) }];
    if (id) await updateRecords(place, f.table('Films'), it.replace ? 'replace' : 'merge', { records });
  } else {
    const id = pick(it.from === 'Films' ? films : directors, it.n);
    if (id) await deleteRecords(place, f.table(it.from), [id]);
  }
}

function follow(copy: Copy, { changedTablesById = {} }: Payload): void {
  for (const [tableId, changes] of Object.entries(changedTablesById)) {
    const table = copy.get(tableId) ?? new Map<string, Cells>();
    copy.set(tableId, table);
    type Part = { cellValuesByFieldId: Cells };
    const { createdRecordsById, changedRecordsById, destroyedRecordIds } = changes as {
      createdRecordsById?: Record<string, Part>;
      changedRecordsById?: Record<string, { current: Part; previous: Part }>;
      destroyedRecordIds?: string[];
    };
    for (const [id, { cellValuesByFieldId }] of Object.entries(createdRecordsById ?? {})) {
      expect(table.has(id)).toBe(false);
      table.set(id, { ...cellValuesByFieldId });
    }
    for (const [id, { current, previous }] of Object.entries(changedRecordsById ?? {})) {
      const known = table.get(id) ?? {};
      for (const [fieldId, before] of Object.entries(previous.cellValuesByFieldId)) {
        expect(plain(known[fieldId] ?? null)).toEqual(plain(before));
      }
      table.set(id, { ...known, ...current.cellValuesByFieldId });
    }
    for (const id of destroyedRecordIds ?? []) expect(table.delete(id)).toBe(true);
  }
}

/** A cell of a webhook as the record API writes it: options by name, links by id. */
function plain(cell: unknown): unknown {
  if (Array.isArray(cell)) return cell.map(plain);
  if (typeof cell !== 'object' || cell === null) return cell;
  const { id, name, color } = cell as { id: string; name: string; color?: string };
  return color === undefined ? id : name;
}

function asRecords(copy: Copy, tableId: string): Record<string, Cells> {
  const records = [...(copy.get(tableId) ?? [])].map(([id, cells]): [string, Cells] => {
    const filled = Object.entries(cells).filter(([, cell]) => cell !== null);
    return [id, Object.fromEntries(filled.map(([fieldId, cell]) => [fieldId, plain(cell)]))];
  });
  return Object.fromEntries(records);
}

async function storedRecords(table: string): Promise<Record<string, Cells>> {
  const { records } = await f.act((place) =>
    listRecords(place, f.table(table), { returnFieldsByFieldId: true }),
  );
  return Object.fromEntries(records.map(({ id, fields }) => [id, fields]));
}

it('whoever follows all payloads has the records of the base', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(null, 1, 2),
      async (transactions, maxRecordsPerPayload) => {
        await f.database.admin.query('DELETE FROM engine_records; DELETE FROM engine_webhooks');
        const settings = ImitationSettings.parse({ maxRecordsPerPayload });
        await f.run((tx) => saveSettings(tx, f.workspaceId, f.base.id, settings));
        const { id } = await f.create({ dataTypes: ['tableData'] }, { includePreviousCellValues: true });
        for (const steps of transactions) {
          await f.act(async (place) => {
            for (const it of steps) await run(place, it);
          });
        }
        const copy: Copy = new Map();
        for (let cursor = 1, more = true; more;) {
          const page = await f.payloads(id, { cursor, limit: 3 });
          for (const payload of page.payloads) follow(copy, payload);
          [cursor, more] = [page.cursor, page.mightHaveMore];
        }
        for (const table of ['Films', 'Directors']) {
          expect(asRecords(copy, f.table(table))).toEqual(await storedRecords(table));
        }
      },
    ),
    { seed: 20_260_301, numRuns: 40 },
  );
}, 120_000);
