import { createWitnessWorld, type WitnessWorld } from './witness-world';

let world: WitnessWorld;
beforeAll(async () => {
  world = await createWitnessWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.reset());

const UNAVAILABLE = { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
const isCreate = (method: string, path: string) => method === 'POST' && path.endsWith('/webhooks');
const makeHook = (specification: unknown) =>
  world.as('foreign', 'POST', `/bases/${world.ref.baseId}/webhooks`, { specification });
const THEIRS = { options: { filters: { dataTypes: ['tableData'] } } };
const OURS = {
  options: {
    filters: { dataTypes: ['tableData', 'tableFields', 'tableMetadata'] },
    includes: { includePreviousCellValues: true },
  },
};

it('a watch makes one webhook without an address, says what it costs, and ends with it', async () => {
  const watch = await world.witness.watch(world.ref, 60);
  expect(watch).toMatchObject({ state: 'watching', callsPerMonth: 43_230, error: null });
  expect(Date.parse(watch.expiresAt ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  expect(await world.webhooks()).toEqual([
    expect.objectContaining({ notificationUrl: null, specification: OURS }),
  ]);
  expect(await world.witness.watch(world.ref, 300)).toMatchObject({ state: 'watching', pollSeconds: 300 });
  expect(await world.webhooks()).toHaveLength(1);
  expect(await world.witness.unwatch(world.ref)).toBeNull();
  expect(await world.webhooks()).toEqual([]);
  await expect(world.witness.get(world.ref)).rejects.toMatchObject({ kind: 'NotFound', code: 'not_watched' });
});

it('another connection’s or workspace’s watch is not there', async () => {
  await world.witness.watch(world.ref, 60);
  const elsewhere = { ...world.ref, workspaceId: world.server.otherWorkspaceId };
  await expect(world.witness.get(elsewhere)).rejects.toMatchObject({ kind: 'NotFound' });
  await expect(world.witness.watch(elsewhere, 60)).rejects.toMatchObject({ kind: 'NotFound' });
  await expect(world.witness.unwatch(elsewhere)).rejects.toMatchObject({ kind: 'NotFound' });
});

it('a base with ten webhooks is refused with what to do, and nothing is kept of it', async () => {
  for (let n = 0; n < 10; n++) await makeHook(THEIRS);
  await expect(world.witness.watch(world.ref, 60)).rejects.toMatchObject({
    kind: 'Conflict',
    code: 'webhooks_full',
  });
  await expect(world.witness.get(world.ref)).rejects.toMatchObject({ code: 'not_watched' });
  expect(await world.webhooks()).toHaveLength(10);
});

it.each([
  ['without the scope', ['data.records:read', 'schema.bases:read'], 'watch_scope_missing'],
  ['without reading', ['webhook:manage'], 'connection_forbidden'],
])('a token %s is refused with what to do', async (_what, scopes, code) => {
  world.server.grant('full', { scopes, tokenId: 'tok_test' });
  try {
    await expect(world.witness.watch(world.ref, 60)).rejects.toMatchObject({
      kind: 'Forbidden',
      code,
      message: expect.stringContaining('webhook:manage') as unknown,
    });
    await expect(world.witness.get(world.ref)).rejects.toMatchObject({ code: 'not_watched' });
  } finally {
    world.server.grant('full', { tokenId: 'tok_test' });
  }
});

describe('a creation whose answer is lost', () => {
  async function loseAnswer(): Promise<void> {
    world.onRequest = async (method, path, body) => {
      if (!isCreate(method, path)) return undefined;
      await world.as('full', 'POST', path.replace('/v0', ''), JSON.parse(body.toString()));
      return UNAVAILABLE;
    };
    expect(await world.witness.watch(world.ref, 60)).toMatchObject({
      state: 'starting',
      error: { code: 'ambiguous_write' },
    });
    world.forget();
  }

  it('is found again: no second webhook is made', async () => {
    await makeHook(OURS);
    await loseAnswer();
    const before = (await world.webhooks()).map(({ id }) => id);
    expect(before).toHaveLength(2);
    expect(await world.poll()).toEqual([]);
    expect((await world.webhooks()).map(({ id }) => id)).toEqual(before);
    expect(await world.witness.get(world.ref)).toMatchObject({ state: 'watching' });
    await world.witness.unwatch(world.ref);
    expect((await world.webhooks()).map(({ id }) => id)).toEqual(before.slice(0, 1));
  });

  it('is not guessed at where another’s webhook could be meant: ours ends by itself, theirs stays', async () => {
    await loseAnswer();
    await makeHook(OURS);
    expect(await world.poll()).toEqual([]);
    expect(await world.webhooks()).toHaveLength(3);
    await world.witness.unwatch(world.ref);
    expect(await world.webhooks()).toHaveLength(2);
  });

  it.each([
    ['has made', true],
    ['may have made', false],
  ])('is not looked for in what another workspace’s watch %s', async (_what, known) => {
    world.onRequest = async (method, path) => (isCreate(method, path) ? UNAVAILABLE : undefined);
    await world.witness.watch(world.ref, 60);
    world.forget();
    const { id } = (await makeHook(OURS)) as { id: string };
    const { database, otherWorkspaceId } = world.server;
    await database.admin.query(
      `INSERT INTO connections
       SELECT (jsonb_populate_record(c, jsonb_build_object('workspace_id', $1::text, 'id', 'con_other'))).*
       FROM connections c WHERE id = $2`,
      [otherWorkspaceId, world.ref.connectionId],
    );
    await database.admin.query(
      `INSERT INTO base_watches (workspace_id, connection_id, base_id, due_at, claimed_until, webhook_id, webhooks_before)
       VALUES ($1, 'con_other', $2, 'infinity', 'infinity', $3, $4)`,
      [otherWorkspaceId, world.ref.baseId, known ? id : null, known ? null : []],
    );
    try {
      expect(await world.witness.watch(world.ref, 60)).toMatchObject({ state: 'watching' });
      expect(await world.webhooks()).toHaveLength(2);
      await world.witness.unwatch(world.ref);
      expect(await world.webhooks()).toMatchObject([{ id }]);
    } finally {
      await database.admin.query(`DELETE FROM connections WHERE id = 'con_other'`);
    }
  });

  it('is deleted all the same when the watch is ended before it was found', async () => {
    await loseAnswer();
    expect(await world.witness.unwatch(world.ref)).toBeNull();
    expect(await world.webhooks()).toEqual([]);
  });
});

it('a creation that was refused leaves nothing to be found: a webhook that comes later is another’s', async () => {
  world.onRequest = async (method, path) =>
    isCreate(method, path)
      ? { status: 403, body: { error: { type: 'INVALID_PERMISSIONS', message: 'no' } } }
      : undefined;
  await expect(world.witness.watch(world.ref, 60)).rejects.toMatchObject({
    code: 'airtable_not_permitted',
    message: expect.stringContaining('Creator') as unknown,
  });
  world.forget();
  await makeHook(OURS);
  await world.witness.watch(world.ref, 60);
  expect(await world.webhooks()).toHaveLength(2);
});

it('while the source is away a watch starts, and ends, as soon as it is back', async () => {
  world.onRequest = async () => UNAVAILABLE;
  expect(await world.witness.watch(world.ref, 60)).toMatchObject({
    state: 'starting',
    error: { code: 'airtable_unavailable' },
  });
  world.forget();
  await world.poll();
  expect(await world.witness.get(world.ref)).toMatchObject({ state: 'watching', error: null });

  world.onRequest = async () => UNAVAILABLE;
  expect(await world.witness.unwatch(world.ref)).toMatchObject({ state: 'removing' });
  world.forget();
  expect(await world.webhooks()).toHaveLength(1);
  await world.poll();
  await expect(world.witness.get(world.ref)).rejects.toMatchObject({ code: 'not_watched' });
  expect(await world.webhooks()).toEqual([]);
});

it('a removal that is not done yet is taken back by asking again', async () => {
  await world.witness.watch(world.ref, 60);
  world.onRequest = async () => UNAVAILABLE;
  await world.witness.unwatch(world.ref);
  world.forget();
  expect(await world.witness.watch(world.ref, 60)).toMatchObject({ state: 'watching' });
  expect(await world.webhooks()).toHaveLength(1);
});

it('a watch of a connection that is removed goes with its webhook', async () => {
  await world.witness.watch(world.ref, 60);
  await world.witness.unwatchConnection(world.ref.workspaceId, world.ref.connectionId);
  expect(await world.webhooks()).toEqual([]);
  await expect(world.witness.get(world.ref)).rejects.toMatchObject({ code: 'not_watched' });
});
