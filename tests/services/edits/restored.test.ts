import { randomBytes } from 'node:crypto';
import { readNotReturning } from '../../../services/edits/not-returning';
import { readEdit } from '../../../services/edits/edit-rows';
import { wantComments } from '../../../services/edits/kept-comments';
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
});

const notReturning = async ({ editId }: EditRefs) =>
  (await world.server.run(async (tx) => readNotReturning(tx, await readEdit(tx, editId)))).notReturning;
const updating = (table: string, recordId: string, cells: object) =>
  world.approved({ changes: [{ kind: 'update', table, recordId, cells }] });
const idOf = async (table: string, name: string) => (await world.named(table)).get(name)?.id ?? '';
const revert = async (edit: EditRefs) => world.applied(await world.reverting(edit));

it('an older edit is undone on the record that stands where the one was that it changed, however often that returned', async () => {
  const lean = await world.create('Directors', { Name: 'Lean' });
  const kurosawa = await world.create('Directors', { Name: 'Kurosawa' });
  const film = await world.create('Films', { Title: 'Ran', Gross: 1, Director: [lean] });
  await world.attach(film, 'Stills', 'a.bin', randomBytes(30));
  const edit = await world.applied(await updating('Films', film, { Gross: 2, Director: [kurosawa] }));
  await revert(await world.applied(await world.removing(['Films', film])));
  const second = await idOf('Films', 'Ran');
  const again = await world.applied(await world.removing(['Films', second]));
  await world.undone(again);
  const third = await idOf('Films', 'Ran');
  expect(new Set([film, second, third]).size).toBe(3);
  await revert(edit);
  expect(await world.cellsOf('Films', third)).toMatchObject({ Gross: 1, Director: [lean] });
});

it('links that an older edit took away lead to the record as it is now', async () => {
  const film = await world.create('Films', { Title: 'Ran' });
  const scene = await world.create('Scenes', { Name: 'Duel', Film: [film] });
  const edit = await world.applied(await updating('Scenes', scene, { Film: [] }));
  await revert(await world.applied(await world.removing(['Films', film])));
  expect((await world.cellsOf('Scenes', scene))['Film']).toBeUndefined();
  await revert(edit);
  expect((await world.cellsOf('Scenes', scene))['Film']).toEqual([await idOf('Films', 'Ran')]);
});

it('the return of a record can itself be undone, and that undone again, with all that belongs to it', async () => {
  const lean = await world.create('Directors', { Name: 'Lean' });
  const film = await world.create('Films', { Title: 'Ran', Director: [lean] });
  const bytes = randomBytes(30);
  await world.attach(film, 'Stills', 'a.bin', bytes);
  const back = await revert(await world.applied(await world.removing(['Films', film])));
  const gone = await revert(back);
  expect((await world.named('Films')).size).toBe(0);
  await revert(gone);
  const last = await idOf('Films', 'Ran');
  expect(await world.files('Films', last, 'Stills')).toEqual([`a.bin ${digest(bytes)}`]);
  expect((await world.cellsOf('Directors', lean))['Films']).toEqual([last]);
});

it('one edit that changes links to a record and deletes it is taken back in the right order, either way', async () => {
  for (const way of ['compensated', 'reverted']) {
    const [film, other] = [
      await world.create('Films', { Title: 'Ran' }),
      await world.create('Films', { Title: 'Ikiru' }),
    ];
    const added = await world.create('Scenes', { Name: 'Added', Film: [other] });
    const kept = await world.create('Scenes', { Name: 'Kept', Film: [film, other] });
    const edit = await world.applied(
      await world.approved({
        changes: [
          { kind: 'update', table: 'Scenes', recordId: added, cells: { Film: [film, other] } },
          { kind: 'update', table: 'Scenes', recordId: kept, cells: { Film: [other, film] } },
          { kind: 'delete', table: 'Films', recordId: film },
        ],
      }),
    );
    if (way === 'reverted') await revert(edit);
    else await world.undone(edit);
    const now = await idOf('Films', 'Ran');
    expect([way, (await world.cellsOf('Scenes', added))['Film']]).toEqual([way, [other]]);
    expect([way, (await world.cellsOf('Scenes', kept))['Film']]).toEqual([way, [now, other]]);
    for (const id of [now, other]) await world.remove('Films', id);
    for (const id of [added, kept]) await world.remove('Scenes', id);
  }
});

it('one edit that moves a record to or from the target of one that it deletes is reverted whole', async () => {
  const before = { from: 'Ran', to: 'Ikiru' };
  for (const deletedAt of ['from', 'to'] as const) {
    const ran = await world.create('Films', { Title: 'Ran' });
    const ikiru = await world.create('Films', { Title: 'Ikiru' });
    const moved = await world.create('Scenes', { Name: 'Moved', Film: [ran] });
    const target = deletedAt === 'from' ? ran : ikiru;
    const gone = await world.create('Scenes', { Name: 'Gone', Film: [target] });
    const edit = await world.applied(
      await world.approved({
        changes: [
          { kind: 'update', table: 'Scenes', recordId: moved, cells: { Film: [ikiru] } },
          { kind: 'delete', table: 'Scenes', recordId: gone },
        ],
      }),
    );
    const back = await revert(edit);
    const scenes = await world.named('Scenes');
    expect([before[deletedAt], scenes.get('Gone')?.fields['Film']]).toEqual([before[deletedAt], [target]]);
    expect(scenes.get('Moved')?.fields['Film']).toEqual([ran]);
    expect(await world.reasons(back)).not.toContainEqual(expect.stringContaining('not back'));
    for (const { id } of scenes.values()) await world.remove('Scenes', id);
    for (const id of [ran, ikiru]) await world.remove('Films', id);
  }
});

it('comments return as quotations where the approval says so, once; else they are reported', async () => {
  const film = await world.create('Films', { Title: 'Ran' });
  await world.comment('Films', film, 'First');
  await world.comment('Films', film, 'Second');
  const edit = await world.applied(await world.removing(['Films', film]));
  expect(await notReturning(edit)).toMatchObject({ records: 1, restored: 0, comments: 2 });
  const back = await revert(edit);
  expect(await notReturning(back)).toMatchObject({
    restored: 1,
    comments: 2,
    lost: [{ recordId: film, lost: [{ kind: 'comments', what: '2' }] }],
  });
  expect(await world.reasons(back)).toEqual([expect.stringContaining('not back: comments (2)')]);

  const next = await idOf('Films', 'Ran');
  await world.comment('Films', next, 'Third');
  const asked = await world.removing(['Films', next]);
  await world.server.run((tx) => wantComments(tx, asked.editId));
  await world.applied(asked);
  let lost = false;
  world.onRequest = async (method, path, body) => {
    if (lost || method !== 'POST' || !path.endsWith('/comments')) return undefined;
    lost = true;
    await world.server.call(method, path.replace('/v0', ''), body.toString());
    return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
  };
  await world.undone(asked);
  expect(await world.comments('Films', await idOf('Films', 'Ran'))).toEqual([
    expect.stringMatching(/^.+ wrote on \d{4}-\d\d-\d\d: Third$/),
  ]);
});

it('a record stays where an attachment of it cannot be kept', async () => {
  const film = await world.create('Films', { Title: 'Ran' });
  await world.attach(film, 'Stills', 'a.bin', randomBytes(30));
  const edit = await world.removing(['Films', film]);
  world.onRequest = async (_method, path) =>
    path.startsWith('/v0/files') ? { status: 404, body: {} } : undefined;
  await world.applied(edit);
  expect(await world.states(edit)).toEqual({ conflict: 1 });
  expect(await world.reasons(edit)).toEqual([expect.stringContaining('“a.bin” could not be kept')]);
  expect(await idOf('Films', 'Ran')).toBe(film);
});

it('what files over 5 MB cost is said before', async () => {
  const film = await world.create('Films', { Title: 'Ran' });
  await world.attach(film, 'Stills', 'a.bin', randomBytes(30));
  const larger = 'UPDATE engine_attachments SET size = $1';
  await world.server.database.admin.query(larger, [6_000_000]);
  const edit = await world.removing(['Films', film]);
  expect((await world.warnings(edit)).join()).toContain('1 attachment of more than 5 MB');
});

it.each([
  ['while it works, and is not uploaded', '1 minute', 1],
  ['for two hours, and then is reported', '2 hours', 0],
])('a file over 5 MB returns by the address that it had %s', async (_what, age, given) => {
  const film = await world.create('Films', { Title: 'Ran' });
  await world.attach(film, 'Stills', 'a.bin', randomBytes(30));
  const edit = await world.applied(await world.removing(['Films', film]));
  await world.server.database.admin.query(
    'UPDATE deleted_attachments SET size = 6000000, kept_at = now() - $2::interval WHERE edit_id = $1',
    [edit.editId, age],
  );
  const addresses: unknown[] = [];
  world.onRequest = async (method, _path, body) => {
    if (method === 'PATCH' && body.includes('/v0/files/')) addresses.push(JSON.parse(body.toString()));
    return undefined;
  };
  const back = await revert(edit);
  expect(addresses).toHaveLength(given);
  expect((await notReturning(back))?.lost).toMatchObject(
    given ? [] : [{ lost: [{ kind: 'attachment', what: 'a.bin' }] }],
  );
});
