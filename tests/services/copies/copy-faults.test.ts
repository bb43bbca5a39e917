import type { Response } from 'express';
import { pollUntil } from '../../support/poll';
import { createCopyWorld, type CopyWorld, type Json } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

/** All but intervals. */
const REAL_TIMERS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

let world: CopyWorld;
let base: SourceBase;
let films: string;

beforeEach(async () => {
  world = await createCopyWorld();
  base = await makeSourceBase(world);
  films = base.table('Films');
});
afterEach(() => world.close());

const answer = (res: Response, status: number, type: string) => {
  res.status(status).json({ error: { type, message: 'as told by the test' } });
  return true;
};

/** Enough records of Films for several pages. */
async function fill(count: number): Promise<void> {
  await world.database.db.tenant(world.source.workspaceId, (tx) =>
    world.engine.loadRecords(
      tx,
      world.source.workspaceId,
      base.baseId,
      films,
      Array.from({ length: count }, (_, i) => ({
        fields: { Title: `Film ${i}`, Director: [base.records['Directors']?.[i % 3]] },
      })),
    ),
  );
}

async function expectSame(): Promise<void> {
  const [here, there] = [await world.dump('target', base.baseId), await world.dump('source', base.baseId)];
  expect(here).toEqual(there);
}

const pagesAsked = () => world.asked.filter((line) => line.includes(`/${films}?`)).length;

async function open(): Promise<Awaited<ReturnType<CopyWorld['begin']>>> {
  const ref = await world.begin(base.baseId);
  await world.database.db.tenant(world.target.workspaceId, (tx) => world.copies.open(tx, ref.copyId));
  return ref;
}

it('that is refused for speed now and then comes to its end', async () => {
  await fill(250);
  let n = 0;
  world.intercept = (_req, res) => (n++ % 3 === 1 ? answer(res, 429, 'RATE_LIMIT_REACHED') : false);
  expect(await world.copy(base.baseId)).toMatchObject({ state: 'done', problemCount: 0 });
  world.intercept = undefined;
  await expectSame();
});

it('whose list expires starts that table again', async () => {
  await fill(250);
  let expired = 0;
  world.intercept = (req, res) =>
    req.url.includes('offset=') && req.url.includes(films) && expired++ < 2
      ? answer(res, 422, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE')
      : false;
  const { counts } = await world.copy(base.baseId);
  // Two that were refused, two that lead to the second and third page.
  expect(expired).toBe(4);
  expect(counts.tables[films]).toEqual({ created: 254, updated: 0, unchanged: 0, removed: 0 });
  await expectSame();
});

it('whose list never ends fails', async () => {
  await fill(120);
  world.intercept = (req, res) =>
    req.url.includes('offset=') ? answer(res, 422, 'LIST_RECORDS_ITERATOR_NOT_AVAILABLE') : false;
  await expect(world.copy(base.baseId)).rejects.toMatchObject({ code: 'list_never_ends', retryable: false });
});

it('that is killed at any request goes on from there, and reads no page twice but the one it fell in', async () => {
  await fill(350);
  const ref = await open();
  let kills = 0;
  for (let ended = false; !ended && kills < 50;) {
    const kill = new AbortController();
    let requests = 0;
    // Dies on its second request, before the answer.
    world.intercept = () => {
      if (++requests === 2) kill.abort(new Error('killed'));
      return requests >= 2;
    };
    const chunk = await world.chunk(ref, kill.signal).catch((error: unknown) => {
      if (!kill.signal.aborted) throw error;
      kills++;
      return undefined;
    });
    ended = chunk?.state === 'done';
  }
  world.intercept = undefined;
  expect(kills).toBeGreaterThan(3);
  // Four pages, each of which may have been the second request once, and the first once.
  expect(pagesAsked()).toBeLessThanOrEqual(8);
  await world.finish(ref);
  await expectSame();
});

it('whose other attempt still runs is written by one of them', async () => {
  await fill(250);
  const ref = await open();
  const attempts = await Promise.allSettled([world.chunk(ref), world.chunk(ref), world.chunk(ref)]);
  const reasons = attempts.flatMap((a) =>
    a.status === 'rejected' ? [(a.reason as { code: string }).code] : [],
  );
  expect(new Set(reasons)).toEqual(new Set(['fenced']));
  await world.finish(ref);
  await expectSame();
});

it('whose source has no calls left says so, and goes on when there are some', async () => {
  const ref = await open();
  world.intercept = (_req, res) => answer(res, 429, 'PUBLIC_API_BILLING_LIMIT_EXCEEDED');
  expect(await world.chunk(ref)).toMatchObject({ state: 'quota' });
  world.intercept = undefined;
  await world.finish(ref);
  await expectSame();
});

it('lists an attachment whose bytes are gone with record and filename, and brings it when they are back', async () => {
  world.intercept = (req, res) => (req.path.startsWith('/v0/files/') ? answer(res, 404, 'NOT_FOUND') : false);
  const report = await world.copy(base.baseId);
  expect(report.counts.attachments).toEqual({ copied: 0, failed: 1 });
  expect(report.problems).toEqual([
    {
      kind: 'attachment',
      tableId: films,
      recordId: base.records['Films']?.[0],
      fieldId: base.field('Films', 'Files'),
      name: 'scene.txt',
      reason: expect.stringContaining('404') as string,
    },
  ]);
  const path = `/${base.baseId}/${films}/${base.records['Films']?.[0]}`;
  expect((await world.call('target', 'GET', path))['fields']).not.toHaveProperty('Files');
  world.intercept = undefined;
  expect(await world.copy(base.baseId)).toMatchObject({
    problemCount: 0,
    counts: { attachments: { copied: 1 } },
  });
  await expectSame();
});

it('asks for a new address when that of an attachment has gone stale', async () => {
  let stale = 1;
  world.intercept = (req, res) =>
    req.path.startsWith('/v0/files/') && stale-- > 0 ? answer(res, 410, 'DOWNLOAD_LINK_EXPIRED') : false;
  expect(await world.copy(base.baseId)).toMatchObject({ problemCount: 0 });
  expect(world.asked.filter((line) => line.includes('/v0/files/'))).toHaveLength(2);
  await expectSame();
});

interface Listed {
  readonly id: string;
  readonly fields: Json;
}

/** Changes the records of Films as they are listed. */
function rewriteFilms(change: (records: readonly Listed[]) => readonly Listed[]): void {
  world.rewrite = (path, body) =>
    path.endsWith(films) ? { ...body, records: [...change(body['records'] as Listed[])] } : body;
}

it('takes a record once that a page shows twice', async () => {
  rewriteFilms((records) => [...records, ...records]);
  expect(await world.copy(base.baseId)).toMatchObject({
    state: 'done',
    counts: { tables: { [films]: { created: 4 } } },
  });
  world.rewrite = undefined;
  await expectSame();
});

it('takes of an attachment only what can be kept, and it can be downloaded', async () => {
  const files = base.field('Films', 'Files');
  const odd = { width: 1e12, height: -1, size: -5, type: 'text/plain\r\nx: \u0000' };
  rewriteFilms((records) =>
    records.map((record) => ({
      ...record,
      fields: {
        ...record.fields,
        [files]: ((record.fields[files] ?? []) as Json[]).map((file) => ({ ...file, ...odd })),
      },
    })),
  );
  expect(await world.copy(base.baseId)).toMatchObject({ state: 'done', problemCount: 0 });
  const path = `/${base.baseId}/${films}/${base.records['Films']?.[0]}?returnFieldsByFieldId=true`;
  const { fields } = (await world.call('target', 'GET', path)) as { fields: Record<string, Json[]> };
  const file = fields[files]?.[0];
  expect(file).toMatchObject({ filename: 'scene.txt', size: 14, type: 'text/plain' });
  expect(file).not.toHaveProperty('width');
  const download = await fetch(String(file?.['url']));
  expect([download.status, await download.text()]).toEqual([200, 'Interior. Day.']);
});

it('lists an attachment whose address is none', async () => {
  rewriteFilms((records) =>
    records.map((record) => ({
      ...record,
      fields: JSON.parse(
        JSON.stringify(record.fields, (key, value: unknown) => (key === 'url' ? 'no\u0000where' : value)),
      ) as Json,
    })),
  );
  world.intercept = (req, res) => (/\/rec\w{14}$/.test(req.path) ? answer(res, 404, 'NOT_FOUND') : false);
  const { problems } = await world.copy(base.baseId);
  expect(problems).toMatchObject([{ kind: 'attachment', name: 'scene.txt' }]);
});

it('ends when the token was revoked while attachments are tried again: they are not at fault', async () => {
  world.intercept = (req, res) => {
    if (req.path.startsWith('/v0/files/')) return answer(res, 500, 'SERVER_ERROR');
    return /\/rec\w{14}$/.test(req.path) && answer(res, 401, 'AUTHENTICATION_REQUIRED');
  };
  await expect(world.copy(base.baseId)).rejects.toMatchObject({
    code: 'connection_unauthorized',
    retryable: false,
  });
});

it('holds on to the base while a file lets it wait', async () => {
  const { admin } = world.database;
  const left = async () =>
    Number(
      (
        await admin.query<{ left: string }>(
          'SELECT extract(epoch FROM expires_at - clock_timestamp()) AS left FROM base_leases',
        )
      ).rows[0]?.left,
    );
  jest.useFakeTimers({ doNotFake: [...REAL_TIMERS] });
  try {
    const held: Response[] = [];
    world.intercept = (req, res) => req.path.startsWith('/v0/files/') && held.push(res) > 0;
    const copying = world.copy(base.baseId);
    await pollUntil('the file is asked for', async () => held.length === 1);
    await admin.query("UPDATE base_leases SET expires_at = clock_timestamp() + interval '5 seconds'");
    jest.advanceTimersByTime(10_000);
    await pollUntil('the lease is prolonged', async () => (await left()) > 20);
    held[0]?.end('Interior. Day.');
    expect(await copying).toMatchObject({ state: 'done', problemCount: 0 });
  } finally {
    jest.useRealTimers();
  }
});

it.each(['INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND', 'INVALID_PERMISSIONS'])(
  'does without comments where the token may not read them, and says so (%s)',
  async (type) => {
    world.intercept = (req, res) => (req.path.endsWith('/comments') ? answer(res, 403, type) : false);
    const { leftOut, state } = await world.copy(base.baseId);
    expect(state).toBe('done');
    expect(leftOut.filter(({ kind }) => kind === 'comments')).toHaveLength(1);
  },
);

it('notices an option that was added while it reads', async () => {
  let done = false;
  world.rewrite = (path, body) => {
    // Right after the schema was read.
    if (path.endsWith('/tables') && !done) {
      done = true;
      const tables = (body['tables'] as Json[]).map((table) => ({
        ...table,
        fields: (table['fields'] as Json[]).map((field) =>
          field['name'] === 'Rated' ? { ...field, options: { choices: [] } } : field,
        ),
      }));
      return { tables };
    }
    return body;
  };
  await world.copy(base.baseId);
  world.rewrite = undefined;
  await expectSame();
});

it('puts both sides of a link in step when it was changed between two pages', async () => {
  // The film loses its director after the directors were read.
  let changed = false;
  const [film, director] = [base.records['Films']?.[1], base.records['Directors']?.[1]];
  world.rewrite = (path, body) => {
    if (!path.endsWith(films) || changed) return body;
    changed = true;
    const records = (body['records'] as { id: string; fields: Json }[]).map((record) => {
      const { [base.field('Films', 'Director')]: _, ...fields } = record.fields;
      return record.id === film ? { ...record, fields } : record;
    });
    return { ...body, records: [...records] };
  };
  await world.copy(base.baseId);
  const at = `/${base.baseId}/${base.table('Directors')}/${director}`;
  expect((await world.call('target', 'GET', at))['fields']).toMatchObject({
    Films: [base.records['Films']?.[0]],
  });
});
