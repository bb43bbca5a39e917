import fc from 'fast-check';
import { createCopyWorld, type CopyWorld, type Json } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

let world: CopyWorld;

beforeAll(async () => {
  world = await createCopyWorld();
});
afterAll(() => world.close());

/** Something that people do at the source. Numbers choose among what is there. */
type Deed =
  | { readonly kind: 'create'; readonly title: string; readonly links: readonly number[] }
  | {
      readonly kind: 'change';
      readonly film: number;
      readonly title: string;
      readonly links: readonly number[];
    }
  | { readonly kind: 'delete'; readonly table: 'Films' | 'Directors'; readonly record: number }
  | { readonly kind: 'comment'; readonly film: number; readonly text: string }
  | { readonly kind: 'addField'; readonly name: string }
  | { readonly kind: 'option'; readonly film: number; readonly name: string };

const name = fc.stringMatching(/^[a-zäß 🎬]{1,12}$/u).filter((text) => text.trim() !== '');
const some = fc.nat({ max: 50 });
const links = fc.uniqueArray(some, { maxLength: 4 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), title: name, links }),
  fc.record({ kind: fc.constant('change' as const), film: some, title: name, links }),
  fc.record({
    kind: fc.constant('delete' as const),
    table: fc.constantFrom('Films' as const, 'Directors' as const),
    record: some,
  }),
  fc.record({ kind: fc.constant('comment' as const), film: some, text: name }),
  fc.record({ kind: fc.constant('addField' as const), name }),
  fc.record({ kind: fc.constant('option' as const), film: some, name }),
);

async function act(base: SourceBase, it: Deed): Promise<void> {
  const path = (table: string) => `/${base.baseId}/${base.table(table)}`;
  const idsOf = async (table: string) =>
    ((await world.call('source', 'GET', path(table)))['records'] as { id: string }[]).map(({ id }) => id);
  const pick = async (table: string, n: number) => {
    const ids = await idsOf(table);
    return ids.length === 0 ? undefined : ids[n % ids.length];
  };
  const linked = async (numbers: readonly number[]) => {
    const ids = await idsOf('Directors');
    return [...new Set(numbers.flatMap((n) => ids[n % Math.max(ids.length, 1)] ?? []))];
  };
  const change = async (film: number, body: Json) => {
    const id = await pick('Films', film);
    if (id !== undefined) await world.call('source', 'PATCH', `${path('Films')}/${id}`, body);
  };
  switch (it.kind) {
    case 'create':
      await world.call('source', 'POST', path('Films'), {
        fields: { Title: it.title, Director: await linked(it.links) },
      });
      return;
    case 'change':
      return change(it.film, { fields: { Title: it.title, Director: await linked(it.links) } });
    case 'option':
      return change(it.film, { fields: { Rated: it.name }, typecast: true });
    case 'delete': {
      const id = await pick(it.table, it.record);
      if (id !== undefined) await world.call('source', 'DELETE', `${path(it.table)}/${id}`);
      return;
    }
    case 'comment': {
      const id = await pick('Films', it.film);
      if (id !== undefined)
        await world.call('source', 'POST', `${path('Films')}/${id}/comments`, { text: it.text });
      return;
    }
    case 'addField': {
      const field = { name: `${it.name.trim()} ${String(Date.now())}`, type: 'multilineText' };
      await world.call(
        'source',
        'POST',
        `/meta/bases/${base.baseId}/tables/${base.table('Films')}/fields`,
        field,
      );
    }
  }
}

it('whatever happens at the source between two copies, the base is the source after the second', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 8 }), async (deeds) => {
      const base = await makeSourceBase(world);
      await world.copy(base.baseId);
      for (const it of deeds) await act(base, it);
      await world.copy(base.baseId);
      expect(await world.dump('target', base.baseId)).toEqual(await world.dump('source', base.baseId));
    }),
    { numRuns: 12, seed: 20261121, endOnFailure: true },
  );
}, 120_000);
