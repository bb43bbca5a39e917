import { SagatableError } from '../../contracts/errors';
import { canonicalJson } from '../edits/canonical';
import { readHosted, saveHosted } from './copied-bases';
import { readCopy, saveLeftOut } from './copy-rows';
import { hostSchema } from './hosting';
import { importSchema } from './import-schema';
import { inBase, type CopyRun, type CopyState } from './run';

/** Reads the source's schema and brings the base in step with it; `then` moves the copy on in the same transaction. */
export async function bringSchema(run: CopyRun, then: (state: CopyState) => void): Promise<void> {
  const schema = await (await run.client()).readWholeSchema(run.baseId, { signal: run.signal });
  const { tables, leftOut } = hostSchema(schema);
  if (tables.length === 0) {
    throw new SagatableError('Conflict', 'The base has no tables that the connection may read.', {
      code: 'nothing_to_copy',
    });
  }
  await inBase(run, async ({ place, base, state }) => {
    const before = await readHosted(place.tx, run.workspaceId, run.baseId);
    const otherwise = await importSchema(place, base, before, tables);
    state.position.schemaChanged ||= canonicalJson(before) !== canonicalJson(tables);
    await saveHosted(place, tables);
    const { left_out } = await readCopy(place.tx, run.copyId);
    const comments = left_out.filter(({ kind }) => kind === 'comments');
    await saveLeftOut(place.tx, run.copyId, [...leftOut, ...otherwise, ...comments]);
    then(state);
  });
  run.hosted = tables;
}
