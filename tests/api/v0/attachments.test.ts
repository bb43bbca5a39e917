import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import express from 'express';
import sharp from 'sharp';
import { createAttachmentRoutes } from '../../../api/v0/attachment-routes';
import { createCalls, type BearerIdentity } from '../../../api/v0/calls';
import { createFailureHandler } from '../../../api/v0/failures';
import { createFileRoutes } from '../../../api/v0/file-routes';
import { createRecordRoutes } from '../../../api/v0/record-routes';
import { ALL_SCOPES } from '../../../contracts/scopes';
import {
  createAttachmentFixture,
  png,
  type Attached,
  type AttachmentFixture,
} from '../../services/engine/attachments-fixture';
import { insertWorkspace } from '../../services/engine/engine-fixture';

let fixture: AttachmentFixture;
let server: Server;
let url: string;
const nudged: string[] = [];
const reported: unknown[] = [];

beforeAll(async () => {
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
  fixture = await createAttachmentFixture(url);
  const { database, engine, files, links, clock } = fixture;
  const stranger = await insertWorkspace(database);
  const tokens: Readonly<Record<string, BearerIdentity>> = {
    full: { tokenId: 'tok_a', userId: 'usr_a', workspaceId: fixture.workspaceId, scopes: ALL_SCOPES },
    reader: {
      tokenId: 'tok_b',
      userId: 'usr_a',
      workspaceId: fixture.workspaceId,
      scopes: ['data.records:read'],
    },
    stranger: { tokenId: 'tok_c', userId: 'usr_c', workspaceId: stranger, scopes: ALL_SCOPES },
  };
  const calls = createCalls({
    db: database.db,
    engine,
    authenticate: async (bearer) => tokens[bearer] ?? null,
    nudge: (effect) => void nudged.push(effect),
  });
  const report = createFailureHandler((error) => void reported.push(error));
  app.use('/v0', createFileRoutes({ db: database.db, files, links, clock }));
  app.use('/v0', express.json({ limit: '8mb' }), createAttachmentRoutes(calls), createRecordRoutes(calls));
  app.use('/v0', report);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await fixture.close();
});

interface Reply {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown };
}

async function post(path: string, body: unknown, token = 'full'): Promise<Reply> {
  const response = await fetch(`${url}/v0/${fixture.base.id}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

const fieldId = (table: number, name: string) =>
  fixture.base.tables[table]?.fields.find((field) => field.name === name)?.id ?? '';
const upload = (recordId: string, file: Buffer, more: object = {}, token = 'full') =>
  post(
    `${recordId}/Files/uploadAttachment`,
    { contentType: 'text/plain', file: file.toString('base64'), filename: 'sample.txt', ...more },
    token,
  );

/** Uploads a file and returns the attachment. */
async function uploaded(file: Buffer, more: object = {}): Promise<Attached> {
  const record = await fixture.create({});
  const { status } = await upload(record, file, more);
  expect(status).toBe(200);
  await fixture.process();
  const [attached] = await fixture.cell(record);
  if (!attached) throw new Error('nothing was attached');
  return attached;
}

describe('uploadAttachment', () => {
  it('appends to the cell and answers it by field id, whatever the path calls the field', async () => {
    const record = await fixture.create({ Name: 'a', Files: [{ url: 'http://files.example/first.txt' }] });
    const { status, body } = await upload(record, Buffer.from('Hello world'));
    expect(status).toBe(200);
    expect(body).toEqual({
      id: record,
      createdTime: '2026-03-01T12:00:00.000Z',
      fields: {
        [fieldId(0, 'Files')]: [
          expect.objectContaining({ filename: 'first.txt' }),
          {
            id: expect.stringMatching(/^att/) as string,
            url: expect.stringContaining(url) as string,
            filename: 'sample.txt',
            size: 11,
            type: 'text/plain',
          },
        ],
      },
    });
  });

  it('finds the record in whatever table it is, and takes the field by its id', async () => {
    const { database, engine, workspaceId, base } = fixture;
    const record = await database.db.tenant(workspaceId, (tx) =>
      engine.createRecord(tx, workspaceId, base.id, 'Others', { fields: { Name: 'b' } }),
    );
    const path = `${record.id}/${fieldId(1, 'Files')}/uploadAttachment`;
    const { body } = await post(path, { contentType: 'text/plain', file: 'SGVsbG8=', filename: 'a.txt' });
    expect(body['fields']).toMatchObject({ [fieldId(1, 'Files')]: [{ filename: 'a.txt', size: 5 }] });
  });

  it('leaves pictures to be made after the commit', async () => {
    nudged.length = 0;
    const attached = await uploaded(await png(300, 300), { contentType: 'image/png', filename: 'p.png' });
    expect(nudged).toEqual(['attachments']);
    expect(attached).toMatchObject({
      width: 300,
      height: 300,
      thumbnails: { small: { width: 36, height: 36 } },
    });
  });

  it('takes 5 MB and not a byte more', async () => {
    const record = await fixture.create({});
    const whole = randomBytes(5 * 1024 * 1024);
    expect((await upload(record, whole)).status).toBe(200);
    const more = await upload(record, Buffer.concat([whole, Buffer.from('x')]));
    expect(more).toMatchObject({ status: 413, body: { error: { type: 'REQUEST_TOO_LARGE' } } });
    expect(await fixture.cell(record)).toMatchObject([{ size: whole.length }]);
  });

  it.each([
    ['no file', { file: undefined }],
    ['a file that is not base64', { file: 'no base64!' }],
    ['a file that is a number', { file: 7 }],
    ['no name', { filename: undefined }],
    ['an empty name', { filename: '' }],
    ['a name with NUL', { filename: 'a\u0000' }],
    ['no type', { contentType: undefined }],
  ])('refuses %s with 422', async (_what, more) => {
    const record = await fixture.create({});
    const refused = await upload(record, Buffer.from('a'), more);
    expect(refused).toMatchObject({ status: 422, body: { error: { type: 'INVALID_REQUEST_UNKNOWN' } } });
    expect(await fixture.cell(record)).toEqual([]);
  });

  it('refuses records, fields and tokens that are not right', async () => {
    const record = await fixture.create({});
    const body = { contentType: 'text/plain', file: 'SGVsbG8=', filename: 'a.txt' };
    const statuses = [
      await post('rec00000000000000/Files/uploadAttachment', body),
      await post(`${record}/None/uploadAttachment`, body),
      await post(`${record}/Name/uploadAttachment`, body),
      await upload(record, Buffer.from('a'), {}, 'reader'),
      await upload(record, Buffer.from('a'), {}, 'stranger'),
      await upload(record, Buffer.from('a'), {}, 'nobody'),
    ].map((reply) => reply.status);
    expect(statuses).toEqual([404, 422, 422, 403, 403, 401]);
    expect(await fixture.cell(record)).toEqual([]);
  });

  it('is logged with name, size and digest instead of the bytes', async () => {
    const file = randomBytes(50_000);
    const record = await fixture.create({});
    await upload(record, file, { filename: 'logged.bin' });
    const { rows } = await fixture.database.admin.query<{ request: unknown; entry: string }>(
      "SELECT request, engine_requests::text AS entry FROM engine_requests WHERE request->>'filename' = 'logged.bin'",
    );
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(rows[0]?.request).toEqual({
      contentType: 'text/plain',
      filename: 'logged.bin',
      size: 50_000,
      sha256,
    });
    expect(rows[0]?.entry).not.toContain(file.toString('base64').slice(0, 100));
    expect(rows[0]?.entry).toContain('/original/logged.bin"');
    expect(rows[0]?.entry).not.toContain('signature=');
  });

  it('given by its address is logged without what the address may hold to open it', async () => {
    const url = 'https://files.example/a.txt?X-Amz-Signature=secret&b=1';
    await post('Things', { fields: { Name: 'https://kept.example/?a=1', Files: [{ url, filename: 'x' }] } });
    const { rows } = await fixture.database.admin.query<{ request: unknown; entry: string }>(
      'SELECT request, engine_requests::text AS entry FROM engine_requests ORDER BY seq DESC LIMIT 1',
    );
    expect(rows[0]?.request).toEqual({
      fields: {
        Name: 'https://kept.example/?a=1',
        Files: [{ url: 'https://files.example/a.txt', filename: 'x' }],
      },
    });
    expect(rows[0]?.entry).not.toContain('secret');
  });
});

describe('a download link', () => {
  it('gives the bytes without a token, as what they are', async () => {
    const image = await png(1_000, 700);
    const attached = await uploaded(image, { contentType: 'image/png', filename: 'my photo ä.png' });
    const response = await fetch(attached.url);
    expect(image.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(image.length),
      'content-disposition': `inline; filename="my photo _.png"; filename*=UTF-8''my%20photo%20%C3%A4.png`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=7200, immutable',
    });
    const { large } = attached['thumbnails'] as { large: { url: string; width: number; height: number } };
    const picture = await sharp(Buffer.from(await (await fetch(large.url)).arrayBuffer())).metadata();
    expect([picture.width, picture.height]).toEqual([large.width, large.height]);
  });

  it.each([
    ['text/html', 'page.html'],
    ['image/svg+xml', 'drawing.svg'],
    ['application/xhtml+xml', 'page.xhtml'],
    ['text/javascript', 'code.js'],
    ['application/pdf', 'paper.pdf'],
  ])('never lets a browser run %s', async (contentType, filename) => {
    const attached = await uploaded(Buffer.from('<script>alert(1)</script>'), { contentType, filename });
    const { headers } = await fetch(attached.url);
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  });

  it('answers HEAD without the bytes, and 304 to who has them', async () => {
    const attached = await uploaded(Buffer.from('some text'));
    const head = await fetch(attached.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '9', '']);
    const etag = head.headers.get('etag') ?? '';
    // Without its own word on caching, fetch asks past every cache.
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=0' };
    expect((await fetch(attached.url, { headers })).status).toBe(304);
  });

  it('is good for two hours', async () => {
    const attached = await uploaded(Buffer.from('some text'));
    fixture.clock.advance(2 * 60 * 60_000 - 1_000);
    expect((await fetch(attached.url)).status).toBe(200);
    fixture.clock.advance(62_000);
    const late = await fetch(attached.url);
    expect([late.status, await late.json()]).toEqual([
      410,
      { error: { type: 'DOWNLOAD_LINK_EXPIRED', message: expect.any(String) as string } },
    ]);
  });

  it('opens nothing when anything of it is changed', async () => {
    const attached = await uploaded(Buffer.from('some text'));
    const other = await uploaded(Buffer.from('another text'));
    const expires = new URL(attached.url).searchParams.get('expires') ?? '';
    const tampered = [
      attached.url.replace(`expires=${expires}`, `expires=${Number(expires) + 3_600}`),
      attached.url.replace(attached.id, other.id),
      attached.url.replace('/original/', '/small/'),
      attached.url.replace(/signature=./, (text) => (text.endsWith('A') ? 'signature=B' : 'signature=A')),
      attached.url.replace(/signature=.*/, 'signature=abc'),
    ];
    for (const link of tampered) expect((await fetch(link)).status).toBe(403);
    expect((await fetch(attached.url.replace(/&signature=.*/, ''))).status).toBe(404);
    expect((await fetch(attached.url.replace('/original/', '/huge/'))).status).toBe(404);
  });

  it('is a 404 once the attachment is gone', async () => {
    const attached = await uploaded(Buffer.from('some text'));
    await fixture.database.admin.query('DELETE FROM engine_attachments WHERE id = $1', [attached.id]);
    expect((await fetch(attached.url)).status).toBe(404);
  });
});

it('had no failure of its own', () => expect([reported, fixture.reported]).toEqual([[], []]));
