import type { ServerResponse } from 'node:http';
import { takeClaim } from '../../../services/engine/attachments/claims';
import { pollUntil } from '../../support/poll';
import { insertWorkspace } from './engine-fixture';
import { createAttachmentFixture, png, type AttachmentFixture } from './attachments-fixture';

let fixture: AttachmentFixture;

beforeAll(async () => {
  fixture = await createAttachmentFixture();
  fixture.source.serve('/notes.txt', 'text/plain', Buffer.from('some notes'));
});
afterAll(() => fixture.close());

const attach = (...paths: string[]) =>
  fixture.create({ Files: paths.map((path) => ({ url: fixture.source.url(path) })) });

/** Moves the clock past every wait between attempts. */
async function processForLong(): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await fixture.process();
    fixture.clock.advance(5 * 60_000);
  }
}

describe('an attachment that cannot be fetched', () => {
  it('vanishes from the cell, and only it', async () => {
    const record = await attach('/notes.txt', '/missing.txt');
    await fixture.process();
    expect(await fixture.cell(record)).toMatchObject([{ filename: 'notes.txt', size: 10 }]);
  });

  it('vanishes by a change like any other, which marks the cell and not the record', async () => {
    const record = await attach('/missing.txt');
    await fixture.process();
    const { rows } = await fixture.database.admin.query<{ modified: object }>(
      'SELECT modified FROM engine_records WHERE id = $1',
      [record],
    );
    const files = fixture.base.tables[0]?.fields.find((field) => field.name === 'Files');
    expect(rows[0]?.modified).toEqual({ [files?.id ?? '']: [fixture.clock.now().toISOString(), null] });
  });

  it('vanishes from every cell that holds it, and cannot be written any more', async () => {
    const record = await attach('/missing.txt');
    const [attached] = await fixture.cell(record);
    const other = await fixture.create({ Files: [{ id: attached?.id }], More: [{ id: attached?.id }] });
    await fixture.process();
    expect(await fixture.cell(record)).toEqual([]);
    expect([await fixture.cell(other), await fixture.cell(other, 'More')]).toEqual([[], []]);
    await expect(fixture.create({ Files: [{ id: attached?.id }] })).rejects.toMatchObject({
      type: 'INVALID_ATTACHMENT_OBJECT',
    });
  });

  it.each([
    ['this machine', 'http://127.0.0.1:1/a.txt'],
    ['a wrapped address of it', 'http://[::ffff:7f00:1]/a.txt'],
    ['the name of it', 'http://localhost/a.txt'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['a private network', 'http://10.0.0.1/a.txt'],
  ])('is one of %s', async (_what, url) => {
    const record = await fixture.create({ Files: [{ url }] });
    await fixture.process();
    expect(await fixture.cell(record)).toEqual([]);
  });

  it('is one that redirects to a private address', async () => {
    fixture.source.answer('/elsewhere', (_req, res) =>
      res.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    );
    const record = await attach('/elsewhere');
    await fixture.process();
    expect(await fixture.cell(record)).toEqual([]);
    expect(fixture.source.count('/elsewhere')).toBe(1);
  });

  it('is tried five times when the source is down, and given up then', async () => {
    fixture.source.answer('/down.txt', (_req, res) => res.writeHead(503).end());
    const record = await attach('/down.txt');
    await fixture.process();
    expect(await fixture.cell(record)).toHaveLength(1);
    await processForLong();
    expect([await fixture.cell(record), fixture.source.count('/down.txt')]).toEqual([[], 5]);
  });
});

describe('a source that fails for a while', () => {
  it('is asked again, later each time, until it answers', async () => {
    fixture.source.answer('/flaky.txt', (_req, res) => {
      if (fixture.source.count('/flaky.txt') < 3) res.destroy();
      else res.writeHead(200, { 'content-type': 'text/plain' }).end('at last');
    });
    const record = await attach('/flaky.txt');
    await fixture.process();
    await fixture.process();
    expect(fixture.source.count('/flaky.txt')).toBe(1);
    fixture.clock.advance(2_000);
    await fixture.process();
    fixture.clock.advance(2_000);
    await fixture.process();
    expect(fixture.source.count('/flaky.txt')).toBe(2);
    fixture.clock.advance(6_000);
    await fixture.process();
    expect(await fixture.cell(record)).toMatchObject([{ filename: 'flaky.txt', size: 7 }]);
  });
});

describe('several processes', () => {
  it('fetch each attachment once', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/many-${i}.txt`);
    for (const path of paths) fixture.source.serve(path, 'text/plain', Buffer.from(path));
    const record = await attach(...paths);
    await Promise.all([
      fixture.process(),
      fixture.newFetching().processPending(),
      fixture.newFetching().processPending(),
    ]);
    const attached = await fixture.cell(record);
    expect(attached.every((attachment) => attachment['size'] !== undefined)).toBe(true);
    expect(paths.map((path) => fixture.source.count(path))).toEqual(paths.map(() => 1));
  });

  it('take over what a dead one had begun, and the late answer of the first changes nothing', async () => {
    const held: ServerResponse[] = [];
    fixture.source.answer('/slow.txt', (_req, res) => {
      if (fixture.source.count('/slow.txt') === 1) held.push(res);
      else res.writeHead(200, { 'content-type': 'text/plain' }).end('from the second');
    });
    const record = await attach('/slow.txt');
    const first = fixture.newFetching().processPending();
    await pollUntil('the first has asked', async () => held.length === 1);
    expect(await fixture.process()).toBe(0);
    fixture.clock.advance(61_000);
    expect(await fixture.process()).toBe(1);
    held[0]?.writeHead(200, { 'content-type': 'text/plain' }).end('a longer answer from the first');
    await first;
    expect(await fixture.cell(record)).toMatchObject([
      { filename: 'slow.txt', size: 'from the second'.length },
    ]);
    const orphans = await fixture.database.admin.query(
      'SELECT 1 FROM files f WHERE NOT EXISTS (SELECT FROM engine_attachment_files a WHERE a.file_id = f.id)',
    );
    expect(orphans.rowCount).toBe(0);
  });
});

describe('a workspace with many attachments of slow sources', () => {
  it('leaves room for the others', async () => {
    const held: ServerResponse[] = [];
    fixture.source.answer('/stuck.txt', (_req, res) => void held.push(res));
    await attach(...Array.from({ length: 12 }, () => '/stuck.txt'));
    const first = fixture.newFetching().processPending();
    await pollUntil('as many as may have asked', async () => held.length === 4);
    expect(await fixture.newFetching().processPending()).toBe(0);
    const other = await insertWorkspace(fixture.database);
    const { db } = fixture.database;
    const tables = [
      {
        name: 'T',
        fields: [
          { name: 'N', type: 'singleLineText' },
          { name: 'F', type: 'multipleAttachments' },
        ],
      },
    ];
    const base = await db.tenant(other, (tx) =>
      fixture.engine.createBase(tx, other, { name: 'Other', tables }),
    );
    await db.tenant(other, (tx) =>
      fixture.engine.createRecord(tx, other, base.id, 'T', {
        fields: { F: [{ url: fixture.source.url('/notes.txt') }] },
      }),
    );
    expect(await fixture.newFetching().processPending()).toBe(1);
    fixture.source.serve('/stuck.txt', 'text/plain', Buffer.from('at last'));
    for (const res of held) res.writeHead(200).end('at last');
    expect(await first).toBe(12);
  });
});

describe('a slow source', () => {
  it('does not keep the same process from what comes after', async () => {
    const held: ServerResponse[] = [];
    fixture.source.answer('/drip.txt', (_req, res) => void held.push(res));
    const fetching = fixture.newFetching();
    await attach('/drip.txt');
    const first = fetching.processPending();
    await pollUntil('the slow one is asked', async () => held.length === 1);
    const record = await attach('/notes.txt');
    expect(await fetching.processPending()).toBe(1);
    expect(await fixture.cell(record)).toMatchObject([{ filename: 'notes.txt', size: 10 }]);
    held[0]?.writeHead(200).end('at last');
    expect(await first).toBe(1);
  });

  it('does not keep its process from ending: another one fetches it', async () => {
    let asked = 0;
    fixture.source.answer('/endless.txt', (_req, res) => {
      if (asked++ > 0) res.writeHead(200, { 'content-type': 'text/plain' }).end('at last');
    });
    const fetching = fixture.newFetching();
    const record = await attach('/endless.txt');
    const broken = fetching.processPending();
    await pollUntil('it is asked', async () => asked === 1);
    await fetching.close();
    expect([await broken, await fetching.processPending()]).toEqual([1, 0]);
    expect(await fixture.process()).toBe(1);
    expect(await fixture.cell(record)).toMatchObject([{ filename: 'endless.txt', size: 7 }]);
  });
});

describe('an attachment that ends every process that works on it', () => {
  it('is given up after as many tries as any', async () => {
    fixture.source.serve('/poison.txt', 'text/plain', Buffer.from('never read'));
    const record = await attach('/poison.txt');
    for (let deaths = 0; deaths < 5; deaths++) {
      expect(await takeClaim(fixture.database.db, fixture.clock)).toMatchObject({ attempt: deaths + 1 });
      fixture.clock.advance(61_000);
    }
    await fixture.process();
    expect([await fixture.cell(record), fixture.source.count('/poison.txt')]).toEqual([[], 0]);
  });
});

describe('pictures', () => {
  it('of something that only says it is an image are not made, and it stays', async () => {
    fixture.source.serve('/fake.png', 'image/png', Buffer.from('<html>no picture</html>'));
    fixture.source.serve(
      '/drawing.svg',
      'image/svg+xml',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    );
    const record = await attach('/fake.png', '/drawing.svg');
    await fixture.process();
    const attached = await fixture.cell(record);
    expect(attached.map((attachment) => attachment['type'])).toEqual(['image/png', 'image/svg+xml']);
    for (const attachment of attached) expect(attachment).not.toHaveProperty('thumbnails');
    const open = await fixture.database.admin.query(
      'SELECT 1 FROM engine_attachments WHERE work IS NOT NULL',
    );
    expect(open.rowCount).toBe(0);
  });

  it('are of the type the name says when the source names none', async () => {
    fixture.source.serve('/unnamed.png', 'application/octet-stream', await png(10, 10));
    const record = await attach('/unnamed.png');
    await fixture.process();
    expect(await fixture.cell(record)).toMatchObject([{ type: 'image/png', width: 10, height: 10 }]);
  });
});

it('leaves nothing to report', () => expect(fixture.reported).toEqual([]));
