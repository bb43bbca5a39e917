import { failureOf } from '../setup';
import { createEngineWorld, first, type EngineWorld } from './engine-world';

let w: EngineWorld;
let field: string;
let recordId: string;
beforeAll(async () => {
  w = await createEngineWorld();
  const made = await w.client.createField(w.engine.base.id, w.engine.table('Films'), {
    name: 'Posters',
    type: 'multipleAttachments',
  });
  field = made.id;
  recordId = first(await w.client.createRecords(w.engine.base.id, w.engine.table('Films'), [{}])).id;
});
afterAll(() => w.close());

const upload = (fieldId: string, filename: string, size = 12) =>
  w.client.uploadAttachment(w.engine.base.id, recordId, fieldId, {
    filename,
    contentType: 'text/plain',
    bytes: new Uint8Array(size).fill(65),
  });

describe('uploading attachments to the engine', () => {
  it('appends each file to the cell', async () => {
    await upload(field, 'one.txt');
    const record = await upload(field, 'two.txt');
    expect(record.id).toBe(recordId);
    expect(record.fields[field]).toMatchObject([
      { filename: 'one.txt', size: 12 },
      { filename: 'two.txt', size: 12 },
    ]);
  });

  it('takes 5 MB and not a byte more', async () => {
    const max = 5 * 1024 ** 2;
    expect((await upload(field, 'large.txt', max)).fields[field]).toContainEqual(
      expect.objectContaining({ size: max }),
    );
    const requests = w.countRequests(async () => {
      const error = await failureOf(upload(field, 'too-large.txt', max + 1));
      expect(error).toMatchObject({ kind: 'InvalidInput', code: 'upload_too_large' });
    });
    expect(await requests).toBe(0);
  });

  it('is refused for a field of another table and of another kind', async () => {
    const refused = await Promise.all([
      failureOf(upload(w.engine.field('Directors', 'Name'), 'a.txt')),
      failureOf(upload(w.engine.field('Films', 'Title'), 'a.txt')),
    ]);
    expect(refused.map(({ kind }) => kind)).toEqual(['InvalidInput', 'InvalidInput']);
    expect(refused.map(({ details }) => details['airtableType'])).toEqual([
      'UNKNOWN_FIELD_NAME',
      'INVALID_VALUE_FOR_COLUMN',
    ]);
  });
});
