import type { BaseChange } from '../../../contracts/witness';
import { pollUntil } from '../../support/poll';
import { createWitnessWorld, type WitnessWorld } from './witness-world';

let world: WitnessWorld;
let films: string[];
beforeAll(async () => {
  world = await createWitnessWorld();
  films = await world.films(3);
}, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.reset();
  await world.witness.watch(world.ref, 60);
});

const field = (name: string, table = 'Films') => world.server.field(table, name);
const sql = (text: string, values: unknown[] = []) => world.server.database.admin.query(text, values);
const imitate = (settings: object) =>
  world.as('full', 'PUT', `/meta/bases/${world.ref.baseId}/imitation`, {
    perBase: 10_000,
    perUser: 10_000,
    ...settings,
  });
afterEach(async () => {
  await world.as('full', 'DELETE', `/meta/bases/${world.ref.baseId}/imitation`);
});
const film = (n: number) => films[n] ?? '';
const kinds = (changes: readonly BaseChange[]) => changes.map(({ kind }) => kind);
async function createFilms(count: number, token = 'foreign'): Promise<string[]> {
  const records = Array.from({ length: count }, (_, n) => ({ fields: { Title: `New ${n}` } }));
  const path = `/${world.ref.baseId}/${world.server.table('Films')}`;
  const { records: made } = (await world.as(token, 'POST', path, { records })) as {
    records: { id: string }[];
  };
  return made.map(({ id }) => id);
}

it('tells who changed which cells of which record, in the form in which records are read', async () => {
  const director = (
    (await world.as('full', 'POST', `/${world.ref.baseId}/${world.server.table('Directors')}`, {
      fields: { Name: 'Kurosawa' },
    })) as { id: string }
  ).id;
  await world.poll();
  const from = (await world.stream()).at(-1)?.seq ?? 0;
  await world.meddle(film(0), { Rating: 'PG', Genres: ['War', 'Drama'], Gross: 0, Director: [director] });
  await world.meddle(film(0), { Rating: null });
  await world.poll();
  const { changes, watched, upTo, gaps } = await world.witness.changes({
    ...world.ref,
    after: from,
    limit: 100,
  });
  expect({ watched, gaps }).toEqual({ watched: true, gaps: [] });
  expect(Date.parse(upTo ?? '')).toBeGreaterThan(Date.now() - 60_000);
  const [first, second] = changes.filter(({ recordId }) => recordId === film(0));
  expect(first).toMatchObject({
    kind: 'updated',
    source: 'publicApi',
    actor: { id: 'usr_foreign' },
    tableId: world.server.table('Films'),
    before: { [field('Rating')]: null, [field('Gross')]: 10_000 },
    after: {
      [field('Rating')]: 'PG',
      [field('Genres')]: ['War', 'Drama'],
      [field('Gross')]: 0,
      [field('Director')]: [director],
    },
    editId: null,
  });
  expect(second).toMatchObject({ before: { [field('Rating')]: 'PG' }, after: { [field('Rating')]: null } });
  // The other side of the link changed in the same action.
  expect(changes.filter(({ recordId }) => recordId === director)).toMatchObject([
    { kind: 'updated', transaction: first?.transaction },
  ]);
});

it('tells of creations, deletions and the schema', async () => {
  const [made = ''] = await createFilms(1);
  const path = `/${world.ref.baseId}/${world.server.table('Films')}`;
  await world.as('foreign', 'DELETE', `${path}/${made}`);
  await world.as(
    'foreign',
    'POST',
    `/meta/bases/${world.ref.baseId}/tables/${world.server.table('Films')}/fields`,
    {
      name: `Mood ${made}`,
      type: 'singleLineText',
    },
  );
  await world.poll();
  expect(await world.stream()).toMatchObject([
    { kind: 'created', recordId: made, after: { [field('Title')]: 'New 0' } },
    { kind: 'deleted', recordId: made, before: null },
    { kind: 'schema', schema: { what: 'field_created', name: `Mood ${made}` } },
  ]);
});

it('what comes late and in pieces is told whole, once and in order', async () => {
  await imitate({ payloadDelayMs: 700, maxRecordsPerPayload: 3 });
  const made = await createFilms(10);
  await world.poll();
  expect(await world.stream()).toEqual([]);
  const stream = await pollUntil('the late payloads', async () => {
    await world.poll();
    const seen = await world.stream();
    return seen.length > 0 && seen;
  });
  await world.poll();
  expect((await world.stream()).map(({ recordId }) => recordId)).toEqual(made);
  expect(new Set(stream.map(({ transaction }) => transaction)).size).toBe(1);
  expect(stream.map(({ seq }) => seq)).toEqual([...stream.map(({ seq }) => seq)].sort((a, b) => a - b));
});

it('reads on over many payloads, some pages a round, and loses none', async () => {
  await imitate({ maxRecordsPerPayload: 1 });
  for (let n = 0; n < 12; n++) await createFilms(10);
  const slow = world.another({ maxPages: 1 });
  await sql('UPDATE base_watches SET due_at = now()');
  let rounds = 0;
  for (;;) {
    const [claim] = await slow.claimDue(1);
    if (!claim) break;
    await slow.keep(claim);
    rounds++;
  }
  expect(rounds).toBe(3);
  expect(await world.stream()).toHaveLength(120);
});

it('several processes at once tell everything once', async () => {
  await imitate({ maxRecordsPerPayload: 1 });
  const processes = [world.witness, world.another({ maxPages: 1 }), world.another({ maxPages: 2 })];
  const made: string[] = [];
  for (let n = 0; n < 8; n++) {
    const [ids] = await Promise.all([createFilms(10), ...processes.map((it) => world.poll(it))]);
    made.push(...ids);
  }
  await world.poll();
  expect((await world.stream()).map(({ recordId }) => recordId)).toEqual(made);
});

it('a process that is stopped between reading and storing spoils nothing: another takes over, and it writes nothing when it wakes', async () => {
  const made = await createFilms(3);
  let woken: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (woken = resolve));
  let reads = 0;
  world.onRequest = async (_method, path) => {
    if (!path.includes('/payloads') || reads++ > 0) return undefined;
    await stopped;
    return undefined;
  };
  await sql('UPDATE base_watches SET due_at = now()');
  const [claim] = await world.witness.claimDue(1);
  if (!claim) throw new Error('nothing was due');
  const late = world.witness.keep(claim);
  await pollUntil('the first read', async () => reads > 0);
  await sql('UPDATE base_watches SET claimed_until = now()');
  const other = world.another();
  const [taken] = await other.claimDue(1);
  if (!taken) throw new Error('nobody took over');
  expect(await other.keep(taken)).toBeUndefined();
  await createFilms(1);
  woken();
  expect(await late).toMatchObject({ code: 'watch_claim_lost' });
  expect((await world.stream()).map(({ recordId }) => recordId)).toEqual(made);
  await world.poll();
  expect(await world.stream()).toHaveLength(4);
});

it('pages lead through the whole stream, and follow goes on as it grows', async () => {
  await createFilms(5);
  await world.poll();
  const pages: number[] = [];
  let after = 0;
  for (;;) {
    const { changes, nextCursor } = await world.witness.changes({ ...world.ref, after, limit: 2 });
    pages.push(changes.length);
    if (nextCursor === null) break;
    after = Number(nextCursor);
  }
  expect(pages).toEqual([2, 2, 1]);
  const one = await world.witness.changes({ ...world.ref, recordIds: [film(0)], limit: 5 });
  expect(one.changes).toEqual([]);
  const ending = new AbortController();
  const seen: BaseChange[] = [];
  for await (const changes of world.witness.follow(world.ref, ending.signal, 20)) {
    seen.push(...changes);
    if (seen.length === 5) {
      await world.meddle(film(1), { Gross: 77 });
      await world.poll();
    }
    if (seen.length === 6) ending.abort();
  }
  expect(kinds(seen)).toEqual(['created', 'created', 'created', 'created', 'created', 'updated']);
});

describe('what is remembered of the base', () => {
  it('is dropped when somebody else changed something, and left when nothing happened', async () => {
    await world.poll();
    expect(world.foreign).toEqual([]);
    await world.meddle(film(2), { Gross: 1 });
    await world.poll();
    expect(world.foreign).toEqual([expect.objectContaining({ baseId: world.ref.baseId })]);
    await world.poll();
    expect(world.foreign).toHaveLength(1);
  });
});

describe('the webhook', () => {
  const expire = (interval: string) =>
    sql(`UPDATE engine_webhooks SET expiration_time = now() + interval '${interval}'`);

  it('is refreshed once a day', async () => {
    await expire('1 day');
    await world.poll();
    const refreshes = () => world.seen().filter((line) => line.endsWith('/refresh'));
    expect(refreshes()).toEqual([]);
    await sql(`UPDATE base_watches SET refreshed_at = now() - interval '25 hours'`);
    await world.poll();
    await world.poll();
    expect(refreshes()).toHaveLength(1);
    const { expiresAt } = await world.witness.get(world.ref);
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  });

  it('that has expired is read to its end and made anew, and the time between is a gap', async () => {
    await createFilms(1);
    await expire('-1 hour');
    await createFilms(1);
    await sql(
      `UPDATE base_watches SET refreshed_at = now() - interval '8 days', polled_at = now() - interval '2 hours'`,
    );
    expect(await world.poll()).toEqual([]);
    await createFilms(1);
    await world.poll();
    const stream = await world.stream();
    expect(kinds(stream)).toEqual(['created', 'gap', 'created']);
    const { gap } = stream[1] ?? {};
    expect(gap).toMatchObject({ reason: 'webhook_lost' });
    expect(Date.parse(gap?.from ?? '')).toBeLessThan(Date.now() - 7_000_000);
    expect((await world.witness.changes({ ...world.ref, limit: 1 })).gaps).toEqual([gap]);
  });

  it('that somebody deleted is made anew, and the time between is a gap', async () => {
    const [hook] = await world.webhooks();
    await world.as('foreign', 'DELETE', `/bases/${world.ref.baseId}/webhooks/${hook?.id}`);
    await createFilms(1);
    expect(await world.poll()).toEqual([]);
    await createFilms(1);
    await world.poll();
    expect(kinds(await world.stream())).toEqual(['gap', 'created']);
    expect(await world.webhooks()).toHaveLength(1);
    expect(world.foreign.length).toBeGreaterThan(0);
  });

  it('that is made anew while the gap cannot be noted is noted with it later', async () => {
    const [hook] = await world.webhooks();
    await world.as('foreign', 'DELETE', `/bases/${world.ref.baseId}/webhooks/${hook?.id}`);
    await sql(`ALTER TABLE base_changes ADD CONSTRAINT no_gap CHECK (kind <> 'gap')`);
    try {
      expect(await world.poll(world.another({ report: () => undefined }))).toHaveLength(1);
    } finally {
      await sql('ALTER TABLE base_changes DROP CONSTRAINT no_gap');
    }
    expect(await world.poll()).toEqual([]);
    expect(kinds(await world.stream())).toEqual(['gap']);
    expect(await world.webhooks()).toHaveLength(1);
  });

  it('that was asked for nothing for longer than a week has lost something', async () => {
    await sql(`UPDATE base_watches SET polled_at = now() - interval '9 days'`);
    await world.poll();
    expect(await world.stream()).toMatchObject([{ kind: 'gap', gap: { reason: 'payloads_gone' } }]);
  });

  it('a base that is watched again after a while has a gap for that while', async () => {
    await createFilms(1);
    await world.poll();
    await world.witness.unwatch(world.ref);
    await createFilms(1);
    expect(await world.witness.changes({ ...world.ref, limit: 10 })).toMatchObject({
      watched: false,
      upTo: null,
      changes: [{ kind: 'created' }],
    });
    await world.witness.watch(world.ref, 60);
    expect(await world.stream()).toMatchObject([{ kind: 'created' }, { gap: { reason: 'not_watched' } }]);
  });
});

it('a payload that says error, and one that nobody understands, are gaps; what is around them is told', async () => {
  await imitate({ maxRecordsPerPayload: 1 });
  await createFilms(4);
  await sql(
    `UPDATE engine_webhook_payloads SET payload = '{"error": true, "code": "INTERNAL_ERROR"}' WHERE n = 2`,
  );
  await sql(`UPDATE engine_webhook_payloads SET payload = '{"something": "else"}' WHERE n = 3`);
  expect(await world.poll()).toEqual([]);
  const stream = await world.stream();
  expect(kinds(stream)).toEqual(['created', 'gap', 'gap', 'created']);
  expect(stream.map(({ gap }) => gap?.reason)).toEqual([
    undefined,
    'payload_error',
    'payload_unreadable',
    undefined,
  ]);
  expect(await world.webhooks()).toHaveLength(1);
});

describe('faults', () => {
  const answerAll = (status: number, type: string) => {
    world.onRequest = async () => ({ status, body: { error: { type, message: 'no' } } });
  };
  const dueInMs = async () => {
    const { rows } = await sql('SELECT extract(epoch FROM due_at - now()) * 1000 AS ms FROM base_watches');
    return Number((rows[0] as { ms: string }).ms);
  };

  it('pass: it is tried again later and later, and then goes on', async () => {
    answerAll(503, 'RETRIABLE_ERROR');
    const waits: number[] = [];
    for (let n = 0; n < 3; n++) {
      // Each by a process of its own: the breaker of one would keep it from asking at all.
      expect(await world.poll(world.another())).toHaveLength(1);
      waits.push(await dueInMs());
    }
    expect(waits[0]).toBeGreaterThan(28_000);
    expect(waits[2]).toBeGreaterThan(118_000);
    expect(await world.witness.get(world.ref)).toMatchObject({
      state: 'watching',
      error: { code: 'airtable_unavailable' },
    });
    world.forget();
    await world.poll();
    expect(await world.witness.get(world.ref)).toMatchObject({ state: 'watching', error: null });
  });

  it('a spent quota pauses it until a call works again', async () => {
    answerAll(429, 'PUBLIC_API_BILLING_LIMIT_EXCEEDED');
    await world.poll();
    expect(await world.witness.get(world.ref)).toMatchObject({
      state: 'paused',
      error: { code: 'airtable_quota' },
    });
    expect(await dueInMs()).toBeGreaterThan(0);
    world.forget();
    await world.poll();
    expect(await world.witness.get(world.ref)).toMatchObject({ state: 'watching' });
  });

  it('a revoked token breaks it with what to do, and a good one mends it', async () => {
    answerAll(401, 'AUTHENTICATION_REQUIRED');
    await world.poll();
    expect(await world.witness.get(world.ref)).toMatchObject({
      state: 'broken',
      error: { code: 'connection_unauthorized', message: expect.stringContaining('new one') as unknown },
    });
    expect((await world.witness.changes({ ...world.ref, limit: 1 })).watched).toBe(false);
    world.forget();
    expect(await world.witness.watch(world.ref, 60)).toMatchObject({ state: 'watching', error: null });
  });
});

it('a process that stops leaves the round to another at once', async () => {
  const stopping = new AbortController();
  world.onRequest = async () => {
    stopping.abort();
    return undefined;
  };
  await sql('UPDATE base_watches SET due_at = now()');
  const [claim] = await world.witness.claimDue(1);
  if (!claim) throw new Error('nothing was due');
  await world.witness.keep(claim, stopping.signal);
  world.forget();
  expect(await world.another().claimDue(1)).toHaveLength(1);
});

it('is due every two seconds while an edit runs and for a minute after, else as often as was said', async () => {
  const due = async () => (await world.witness.claimDue(1)).length;
  await world.poll();
  await sql(`UPDATE base_watches SET polled_at = now() - interval '3 seconds'`);
  expect(await due()).toBe(0);
  const { editId } = await world.approved({
    changes: [{ kind: 'update', table: 'Films', recordId: film(0), cells: { Gross: 4 } }],
  });
  expect(await due()).toBe(1);
  await sql(
    `UPDATE base_watches SET claimed_until = NULL, claim = NULL, due_at = now() + interval '1 hour', polled_at = now()`,
  );
  expect(await due()).toBe(0);
  const ends = async (decided: string) => {
    await sql(
      `UPDATE edits SET state = 'applied', decided_at = now() - interval '${decided}' WHERE id = $1`,
      [editId],
    );
    await sql(`UPDATE base_watches SET polled_at = now() - interval '3 seconds'`);
    return due();
  };
  expect(await ends('2 minutes')).toBe(0);
  expect(await ends('50 seconds')).toBe(1);
});

it('is due no sooner for an edit whose operation is paused', async () => {
  await world.poll();
  const { editId } = await world.approved({
    changes: [{ kind: 'update', table: 'Films', recordId: film(0), cells: { Gross: 4 } }],
  });
  await sql(
    `INSERT INTO operations (workspace_id, id, name, scope, key, fingerprint, actor, input, summary, workflow_id, status)
     SELECT workspace_id, 'op_paused', 'applyEdit', 'test', 'test', '', 'test', '{}', '', 'op_paused', 'running' FROM edits WHERE id = $1`,
    [editId],
  );
  await sql(
    `UPDATE edits SET operation_id = 'op_paused', decided_at = now() - interval '2 minutes' WHERE id = $1`,
    [editId],
  );
  await sql(`UPDATE base_watches SET polled_at = now() - interval '3 seconds'`);
  const due = async (status: string) => {
    await sql(`UPDATE operations SET status = $1 WHERE id = 'op_paused'`, [status]);
    return (await world.witness.claimDue(1)).length;
  };
  try {
    expect(await due('paused')).toBe(0);
    expect(await due('running')).toBe(1);
  } finally {
    await sql(`DELETE FROM operations WHERE id = 'op_paused'`);
  }
});

it('keeps changes for thirty days', async () => {
  await createFilms(2);
  await world.poll();
  await sql(
    `UPDATE base_changes SET seen_at = now() - interval '31 days' WHERE seq = (SELECT min(seq) FROM base_changes)`,
  );
  expect(await world.witness.prune()).toBe(1);
  expect(await world.stream()).toHaveLength(1);
});
