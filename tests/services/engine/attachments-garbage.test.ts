import { collectGarbage } from '../../../services/engine/attachments/collect-garbage';
import { createAttachmentFixture, png, type AttachmentFixture } from './attachments-fixture';

const DAY = 24 * 60 * 60_000;
let fixture: AttachmentFixture;

beforeEach(async () => {
  fixture = await createAttachmentFixture();
  fixture.source.serve('/photo.png', 'image/png', await png(100, 100));
});
afterEach(() => fixture.close());

/** What is there by the real clock was written at the start of the standing one. */
async function alignFiles(): Promise<void> {
  await fixture.database.admin.query('UPDATE files SET created_at = $1', [fixture.clock.now()]);
}

async function attachPhoto() {
  const record = await fixture.create({ Files: [{ url: fixture.source.url('/photo.png') }] });
  await fixture.process();
  await alignFiles();
  const [attached] = await fixture.cell(record);
  if (!attached) throw new Error('nothing was attached');
  return { record, attached };
}

const collect = () => collectGarbage({ db: fixture.database.db, clock: fixture.clock });

async function countOf(table: 'files' | 'file_chunks' | 'engine_attachments'): Promise<number> {
  const { rows } = await fixture.database.admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
  return Number(rows[0]?.n);
}

const remove = (recordId: string) =>
  fixture.database.db.tenant(fixture.workspaceId, (tx) =>
    fixture.engine.deleteRecord(tx, fixture.workspaceId, fixture.base.id, 'Things', recordId),
  );

describe('attachments that no cell holds', () => {
  it('go with their bytes, a week after that was first seen', async () => {
    const { record } = await attachPhoto();
    await remove(record);
    fixture.clock.advance(DAY);
    expect(await collect()).toEqual({ attachments: 0, files: 0 });
    fixture.clock.advance(6 * DAY);
    expect(await collect()).toEqual({ attachments: 0, files: 0 });
    expect([await countOf('engine_attachments'), await countOf('files')]).toEqual([1, 4]);
    fixture.clock.advance(2 * DAY);
    expect(await collect()).toEqual({ attachments: 1, files: 4 });
    expect([
      await countOf('engine_attachments'),
      await countOf('files'),
      await countOf('file_chunks'),
    ]).toEqual([0, 0, 0]);
  });

  it('stay while any cell of the base holds them', async () => {
    const { record, attached } = await attachPhoto();
    await fixture.create({ More: [{ id: attached.id }] });
    await remove(record);
    for (let i = 0; i < 3; i++) {
      fixture.clock.advance(10 * DAY);
      expect(await collect()).toEqual({ attachments: 0, files: 0 });
    }
  });

  it('come back by their id before the week is over, and stay', async () => {
    const { record, attached } = await attachPhoto();
    await remove(record);
    fixture.clock.advance(DAY);
    await collect();
    fixture.clock.advance(6 * DAY);
    const restored = await fixture.create({ Files: [{ id: attached.id }] });
    fixture.clock.advance(2 * DAY);
    expect(await collect()).toEqual({ attachments: 0, files: 0 });
    expect(await fixture.cell(restored)).toMatchObject([{ id: attached.id, type: 'image/png' }]);
  });
});

describe('files that nothing refers to', () => {
  it('go: of a removed base, and of a process that died while it wrote', async () => {
    await attachPhoto();
    const { db } = fixture.database;
    await db.tenant(fixture.workspaceId, (tx) =>
      fixture.engine.removeBase(tx, fixture.workspaceId, fixture.base.id),
    );
    await db.tenant(fixture.workspaceId, (tx) =>
      tx.query("INSERT INTO files (workspace_id, id, purpose) VALUES ($1, 'fil_unfinished', 'attachment')", [
        fixture.workspaceId,
      ]),
    );
    await alignFiles();
    fixture.clock.advance(8 * DAY);
    expect(await collect()).toEqual({ attachments: 0, files: 5 });
    expect([await countOf('files'), await countOf('file_chunks')]).toEqual([0, 0]);
  });

  it('go with the whole workspace at once', async () => {
    await attachPhoto();
    await fixture.database.admin.query('DELETE FROM workspaces WHERE workspace_id = $1', [
      fixture.workspaceId,
    ]);
    expect([
      await countOf('engine_attachments'),
      await countOf('files'),
      await countOf('file_chunks'),
    ]).toEqual([0, 0, 0]);
  });
});
