import { z } from 'zod';
import { collectGarbage } from '../../../services/engine/attachments/collect-garbage';
import { createDownloadLinks } from '../../../services/engine/attachments/download-links';
import { insertWorkspace } from './engine-fixture';
import { createAttachmentFixture, png, type AttachmentFixture, type Attached } from './attachments-fixture';

const DAY = 24 * 60 * 60_000;
/** Where nobody may fetch from: whatever comes of it does not come through the network. */
const PRIVATE = 'http://127.0.0.1:1';
const Attachment = z.object({ id: z.string(), filename: z.string(), size: z.number() });

let fixture: AttachmentFixture;

beforeEach(async () => {
  fixture = await createAttachmentFixture(PRIVATE);
  fixture.source.serve('/notes.txt', 'text/plain', Buffer.from('some notes'));
});
afterEach(() => fixture.close());

async function attached(path = '/notes.txt'): Promise<Attached & { readonly record: string }> {
  const record = await fixture.create({ Files: [{ url: fixture.source.url(path) }] });
  await fixture.process();
  const [found] = await fixture.cell(record);
  if (!found) throw new Error('nothing was attached');
  return { ...found, record };
}

/** What becomes of an address written into a cell. */
async function written(url: string): Promise<Attached[]> {
  const record = await fixture.create({ Files: [{ url }] });
  await fixture.process();
  return fixture.cell(record);
}

const fileIds = async () =>
  (await fixture.database.admin.query<{ file_id: string }>('SELECT file_id FROM engine_attachment_files'))
    .rows;

async function bytesOf(workspaceId: string, attachmentId: string): Promise<string> {
  const { rows } = await fixture.database.admin.query<{ id: string; size: string }>(
    `SELECT f.id, f.size FROM files f JOIN engine_attachment_files a ON a.file_id = f.id
     WHERE a.attachment_id = $1 AND a.workspace_id = $2 AND a.kind = 'original'`,
    [attachmentId, workspaceId],
  );
  const parts: Buffer[] = [];
  const file = { id: rows[0]?.id ?? '', size: Number(rows[0]?.size) };
  for await (const part of fixture.files.read(workspaceId, file)) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('a download link of this engine, written as the address of an attachment', () => {
  it('is another attachment with the same file, which is not fetched', async () => {
    const first = await attached();
    const [second] = await written(first.url);
    expect(second).toMatchObject({ filename: 'notes.txt', size: 10, type: 'text/plain' });
    expect(second?.id).not.toBe(first.id);
    const [one, two] = await fileIds();
    expect(one).toEqual(two);
    expect(fixture.source.count('/notes.txt')).toBe(1);
  });

  it('keeps the file when the first attachment goes', async () => {
    const first = await attached();
    const [second] = await written(first.url);
    await fixture.database.admin.query('UPDATE files SET created_at = $1', [fixture.clock.now()]);
    await fixture.database.db.tenant(fixture.workspaceId, (tx) =>
      fixture.engine.deleteRecord(tx, fixture.workspaceId, fixture.base.id, 'Things', first.record),
    );
    fixture.clock.advance(DAY);
    await collectGarbage({ db: fixture.database.db, clock: fixture.clock });
    fixture.clock.advance(8 * DAY);
    expect(await collectGarbage({ db: fixture.database.db, clock: fixture.clock })).toEqual({
      attachments: 1,
      files: 0,
    });
    expect(await bytesOf(fixture.workspaceId, second?.id ?? '')).toBe('some notes');
  });

  it('may lead to a picture of an image', async () => {
    fixture.source.serve('/photo.png', 'image/png', await png(100, 80));
    const photo = await attached('/photo.png');
    const { small } = photo['thumbnails'] as { small: { url: string } };
    const [second] = await written(small.url);
    expect(second).toMatchObject({ type: 'image/jpeg', width: 45, height: 36 });
    expect(second).toHaveProperty('thumbnails');
  });

  it('of another workspace gives a copy: whoever has it may read it', async () => {
    const first = await attached();
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
    const base = await db.tenant(other, (tx) => fixture.engine.createBase(tx, other, { name: 'O', tables }));
    const fields = { F: [{ url: first.url }] };
    const { id } = await db.tenant(other, (tx) =>
      fixture.engine.createRecord(tx, other, base.id, 'T', { fields }),
    );
    await fixture.process();
    const record = await db.tenant(other, (tx) => fixture.engine.getRecord(tx, other, base.id, 'T', id));
    const [copy] = z.array(Attachment).parse(record.fields['F']);
    expect(copy).toMatchObject({ filename: 'notes.txt', size: 10 });
    await fixture.database.admin.query('DELETE FROM workspaces WHERE workspace_id = $1', [
      fixture.workspaceId,
    ]);
    expect(await bytesOf(other, copy?.id ?? '')).toBe('some notes');
  });

  it('is fetched like any other address when it is forged or its time is over, and so comes to nothing', async () => {
    const { url, id } = await attached();
    const forged = createDownloadLinks({ url: PRIVATE, secret: 'another secret of thirty-two letters' });
    const { workspaceId, base, clock } = fixture;
    const of = { workspaceId, baseId: base.id, attachmentId: id, filename: 'notes.txt', now: clock.now() };
    expect(await written(forged.urlOf({ ...of, size: 'original' }))).toEqual([]);
    expect(await written(url.replace('/original/', '/full/'))).toEqual([]);
    expect(await written(url.replace(/&signature=.*/, ''))).toEqual([]);
    fixture.clock.advance(3 * 60 * 60_000);
    expect(await written(url)).toEqual([]);
  });

  it('to an attachment that is gone comes to nothing', async () => {
    const { url, id } = await attached();
    await fixture.database.admin.query('DELETE FROM engine_attachments WHERE id = $1', [id]);
    expect(await written(url)).toEqual([]);
    expect(fixture.reported).toEqual([]);
  });

  it('under another address is not one of this engine', async () => {
    const { url } = await attached();
    const path = url.slice(PRIVATE.length);
    const read = (address: string) => fixture.links.read(address, fixture.clock.now());
    expect(read(url)).toMatchObject({ size: 'original' });
    for (const address of [`https://elsewhere.example${path}`, `${PRIVATE}.elsewhere.example${path}`, path])
      expect(read(address)).toBeUndefined();
  });
});
