import { newId } from '../../../services/ids';
import { createCopyWorld, type CopyWorld } from './copy-world';
import { makeSourceBase, type SourceBase } from './copied-base';

let world: CopyWorld;
let base: SourceBase;

beforeEach(async () => {
  world = await createCopyWorld();
  base = await makeSourceBase(world);
});
afterEach(() => world.close());

const conflict = (code: string) => ({ kind: 'Conflict', code });

it('a base that was made in this workspace is not overwritten', async () => {
  const { workspaceId } = world.target;
  await world.database.db.tenant(workspaceId, (tx) =>
    world.engine.createBase(tx, workspaceId, {
      id: base.baseId,
      name: 'Mine',
      tables: [{ name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }],
    }),
  );
  await expect(world.begin(base.baseId)).rejects.toMatchObject(conflict('base_exists'));
});

it('a base that comes to be between the door and the first step is not overwritten either', async () => {
  const ref = await world.begin(base.baseId);
  const { workspaceId } = world.target;
  const { db } = world.database;
  await db.tenant(workspaceId, (tx) =>
    world.engine.createBase(tx, workspaceId, {
      id: base.baseId,
      name: 'Mine',
      tables: [{ name: 'T', fields: [{ name: 'Name', type: 'singleLineText' }] }],
    }),
  );
  const opening = db.tenant(workspaceId, (tx) => world.copies.open(tx, ref.copyId));
  await expect(opening).rejects.toMatchObject(conflict('base_exists'));
});

it('the engine of the very workspace is no place to copy from', async () => {
  await world.database.admin.query(`UPDATE connections SET kind = 'engine' WHERE id = $1`, [
    world.target.connectionId,
  ]);
  const begun = world.begin(base.baseId);
  await expect(begun).rejects.toMatchObject(conflict('copy_onto_itself'));
  await expect(begun).rejects.toThrow('built-in engine of this workspace');
});

it('a base is copied once at a time', async () => {
  const ref = await world.begin(base.baseId);
  await expect(world.begin(base.baseId)).rejects.toMatchObject(conflict('copy_running'));
  await world.operations.finish(ref.workspaceId, ref.operationId, 'rolled_back', null, null);
  await expect(world.begin(base.baseId)).resolves.toMatchObject({ workspaceId: ref.workspaceId });
  expect(await world.copies.report(ref.workspaceId, ref.copyId)).toMatchObject({ state: 'stopped' });
});

it('changes of a copied base come from where the base came from', async () => {
  await world.copy(base.baseId);
  await world.database.admin.query(`UPDATE copied_bases SET source_url = 'https://elsewhere.example'`);
  await expect(world.begin(base.baseId)).rejects.toMatchObject(conflict('base_from_elsewhere'));
});

it('what the connection does not reach, or is another workspace’s, is not there', async () => {
  await expect(world.begin('appNowhere0000000')).rejects.toMatchObject({
    kind: 'NotFound',
    code: 'unknown_base',
  });
  const input = { connectionId: world.target.connectionId, baseId: base.baseId };
  await expect(world.copies.prepare(world.source.workspaceId, input)).rejects.toMatchObject({
    kind: 'NotFound',
  });
  const { copyId } = await world.begin(base.baseId);
  await expect(world.copies.report(world.source.workspaceId, copyId)).rejects.toMatchObject({
    kind: 'NotFound',
  });
  await expect(world.copies.findWorkspace(newId('copy'))).rejects.toMatchObject({ kind: 'NotFound' });
});
