import { randomBytes } from 'node:crypto';
import { createDeletionWorld, digest, type DeletionWorld } from './deletion-world';
import type { EditRefs } from './edit-world';

let world: DeletionWorld;
beforeAll(async () => {
  world = await createDeletionWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  world.forget();
  for (const table of ['Scenes', 'Films', 'Directors'])
    for (const { id } of (await world.named(table)).values()) await world.remove(table, id);
  world.seen();
});

type Way = 'compensated' | 'reverted';
const WAYS: readonly Way[] = ['compensated', 'reverted'];

/** Takes an applied edit back by itself, or by an edit of its own; gives the one that did it. */
async function takeBack(edit: EditRefs, way: Way): Promise<EditRefs> {
  if (way === 'reverted') return world.applied(await world.reverting(edit));
  await world.undone(edit);
  return edit;
}

/** The links of a table by names instead of ids. */
async function linksOf(table: string, field: string): Promise<Record<string, string[]>> {
  const all = new Map<string, string>();
  for (const some of ['Scenes', 'Films', 'Directors'])
    for (const [name, { id }] of await world.named(some)) all.set(id, name);
  return Object.fromEntries(
    [...(await world.named(table))].map(([name, { fields }]) => [
      name,
      ((fields[field] ?? []) as string[]).map((id) => all.get(id) ?? `unknown ${id}`),
    ]),
  );
}

describe.each(WAYS)('a deletion that is %s', (way) => {
  it('gives back the cells, and every link in its old place, on both sides', async () => {
    const lean = await world.create('Directors', { Name: 'Lean' });
    const [ran, ikiru, yojimbo] = [
      await world.create('Films', { Title: 'Ran', Gross: 5, Director: [lean] }),
      await world.create('Films', { Title: 'Ikiru', Director: [lean] }),
      await world.create('Films', { Title: 'Yojimbo', Director: [lean] }),
    ];
    await world.update('Films', yojimbo, { Sequels: [ikiru, ran] });
    await world.create('Scenes', { Name: 'Swing', Film: [ikiru, yojimbo] });
    await world.create('Scenes', { Name: 'Duel', Film: [yojimbo, ikiru] });
    const before = await Promise.all(
      [
        ['Directors', 'Films'],
        ['Films', 'Director'],
        ['Films', 'Sequels'],
        ['Films', 'Scenes'],
        ['Scenes', 'Film'],
      ].map(([table, field]) => linksOf(table ?? '', field ?? '')),
    );
    const edit = await world.applied(await world.removing(['Films', ikiru]));
    expect(await linksOf('Films', 'Sequels')).toEqual({ Ran: [], Yojimbo: ['Ran'] });
    await takeBack(edit, way);
    const after = await Promise.all(
      [
        ['Directors', 'Films'],
        ['Films', 'Director'],
        ['Films', 'Sequels'],
        ['Films', 'Scenes'],
        ['Scenes', 'Film'],
      ].map(([table, field]) => linksOf(table ?? '', field ?? '')),
    );
    expect(after).toEqual(before);
    expect((await world.named('Films')).get('Ikiru')?.id).not.toBe(ikiru);
  });

  it('of records that link to each other gives them back as they were', async () => {
    const lean = await world.create('Directors', { Name: 'Lean' });
    const films: string[] = [];
    for (let n = 0; n < 12; n++)
      films.push(await world.create('Films', { Title: `Part ${n}`, Director: [lean] }));
    for (let n = 0; n < 12; n++)
      await world.update('Films', films[n] ?? '', {
        Sequels: [films[(n + 5) % 12] ?? '', films[(n + 1) % 12] ?? '', films[n] ?? ''],
      });
    await world.create('Scenes', { Name: 'All', Film: [...films].reverse() });
    const look = async () => [
      await linksOf('Films', 'Sequels'),
      await linksOf('Films', 'Director'),
      await linksOf('Directors', 'Films'),
      await linksOf('Scenes', 'Film'),
    ];
    const before = await look();
    const edit = await world.applied(
      await world.removing(...films.map((id): [string, string] => ['Films', id]), ['Directors', lean]),
    );
    expect((await world.named('Films')).size).toBe(0);
    await takeBack(edit, way);
    expect(await look()).toEqual(before);
  });

  it('gives back attachments byte for byte, in their order', async () => {
    const film = await world.create('Films', { Title: 'Ran' });
    const [first, second] = [randomBytes(700_000), randomBytes(40)];
    await world.attach(film, 'Stills', 'a.bin', first);
    await world.attach(film, 'Stills', 'b.bin', second);
    const edit = await world.applied(await world.removing(['Films', film]));
    await world.server.database.admin.query('DELETE FROM engine_attachments');
    await takeBack(edit, way);
    const back = (await world.named('Films')).get('Ran');
    expect(await world.files('Films', back?.id ?? '', 'Stills')).toEqual([
      `a.bin ${digest(first)}`,
      `b.bin ${digest(second)}`,
    ]);
  });

  it('leaves alone what somebody changed meanwhile, keeps what they added, and says so', async () => {
    const film = await world.create('Films', { Title: 'Ran' });
    const other = await world.create('Films', { Title: 'Ikiru' });
    const changed = await world.create('Scenes', { Name: 'Changed', Film: [film, other] });
    const grown = await world.create('Scenes', { Name: 'Grown', Film: [film] });
    const gone = await world.create('Scenes', { Name: 'Gone', Film: [film] });
    const edit = await world.applied(await world.removing(['Films', film]));
    await world.update('Scenes', changed, { Film: [] });
    await world.update('Scenes', grown, { Film: [other] });
    await world.remove('Scenes', gone);
    const undo = await takeBack(edit, way);
    expect(await linksOf('Scenes', 'Film')).toMatchObject({ Changed: [], Grown: ['Ikiru', 'Ran'] });
    expect((await world.reasons(undo)).join()).toContain('not back: links');
  });

  it('loses nothing and makes nothing twice, whichever request is the last before a crash', async () => {
    // Each way tries other places; every second crash comes after the request was carried out.
    for (let last = way === 'compensated' ? 1 : 2; last < 60; last += 3) {
      const lean = await world.create('Directors', { Name: 'Lean' });
      const film = await world.create('Films', { Title: 'Ran', Director: [lean] });
      const sequel = await world.create('Films', { Title: 'Ikiru', Sequels: [film] });
      const bytes = randomBytes(50);
      await world.attach(film, 'Stills', 'a.bin', bytes);
      const edit = await world.removing(['Films', film]);
      let left = last;
      // Every second one is carried out all the same, and only its answer is lost.
      world.onRequest = async (method, path, body) => {
        // A file that cannot be had keeps its record from being deleted.
        if (path.startsWith('/v0/files') || --left > 0) return undefined;
        if (left === 0 && last % 2 === 0 && method !== 'GET')
          await world.server.call(method, path.replace('/v0', ''), body.length ? body.toString() : undefined);
        return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
      };
      const again = async <T>(work: () => Promise<T>): Promise<T> => {
        try {
          return await work();
        } catch {
          world.forget();
          return work();
        }
      };
      await again(() => world.applied(edit));
      if (way === 'compensated') await again(() => world.undone(edit));
      else {
        const revert = await again(() => world.reverting(edit));
        await again(() => world.applied(revert));
      }
      const reached = left > 0;
      world.forget();
      const films = await world.named('Films');
      const back = films.get('Ran');
      expect([last, films.size]).toEqual([last, 2]);
      expect(await world.files('Films', back?.id ?? '', 'Stills')).toEqual([`a.bin ${digest(bytes)}`]);
      expect([last, back?.fields['Director']]).toEqual([last, [lean]]);
      expect((await world.cellsOf('Films', sequel))['Sequels']).toEqual([back?.id]);
      for (const { id } of films.values()) await world.remove('Films', id);
      await world.remove('Directors', lean);
      if (reached) return;
    }
    throw new Error('an undo takes fewer requests than that');
  }, 240_000);
});
