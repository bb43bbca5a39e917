import { SagatableError } from '../../contracts/errors';
import type { CountedPage } from '../airtable/calls/base-answers';
import { fetchAttachment } from './attachments';
import { fetchComments } from './comments';
import { beginPass } from './copied-bases';
import type { HostedTable } from './hosting';
import { linkSidesOf, mendLinks } from './link-sides';
import { convertPage, writePage, type ReadPage } from './record-page';
import { removeGone } from './removals';
import { inBase, type CopyRun, type Piece } from './run';
import { bringSchema } from './schema';
import { SchemaMoved } from './stored-cells';
import { nextTask, type Task } from './tasks';

/** A list that had to start again so often will not come to its end. */
const MAX_RESTARTS = 20;

/** What a page weighs in a chunk, where anything smaller weighs 1. */
const PAGE_WEIGHT = 5;

/** Does the next piece of a copy, from where it stands: a page, something to be fetched, a link. Returns its weight, 0 at the end. */
export async function doNextPiece(run: CopyRun): Promise<number> {
  const { phase } = run.state.position;
  if (phase === 'done') return 0;
  if (phase === 'schema') await beginRecords(run);
  else if (phase === 'links') await mendOneLink(run);
  else {
    const task = await findTask(run, phase === 'retries');
    if (task) await fetchTask(run, task);
    else if (phase === 'retries') await enterLinks(run);
    else {
      await workOnTable(run, phase);
      return PAGE_WEIGHT;
    }
  }
  return 1;
}

async function beginRecords(run: CopyRun): Promise<void> {
  await bringSchema(run, ({ position }) => {
    position.phase = 'records';
  });
}

function findTask(run: CopyRun, again: boolean): Promise<Task | undefined> {
  return run.db.tenant(run.workspaceId, (tx) => nextTask(tx, run.copyId, again));
}

function fetchTask(run: CopyRun, task: Task): Promise<void> {
  return task.kind === 'comments' ? fetchComments(run, task) : fetchAttachment(run, task);
}

async function workOnTable(run: CopyRun, phase: 'records' | 'removals'): Promise<void> {
  const table = run.hosted?.find(({ id }) => !run.state.position.done.includes(id));
  if (!table) {
    await inBase(run, async ({ state }) => {
      state.position.phase = 'retries';
    });
  } else if (phase === 'records') {
    await readPage(run, table);
  } else {
    await inBase(run, async (piece) => {
      if (await removeGone(piece, table)) return;
      const { position } = piece.state;
      Object.assign(position, {
        phase: 'records',
        done: [...position.done, table.id],
        offset: null,
        pass: 0,
        restarts: 0,
      });
    });
  }
}

/** Reads one page and writes it. A list that the source has forgotten starts again. */
async function readPage(run: CopyRun, table: HostedTable): Promise<void> {
  const page = await askForPage(run, table);
  if (!page) return;
  const converted = await convert(run, table, page);
  await inBase(run, async (piece) => {
    await beginList(piece);
    await writePage(run, piece, converted);
    const { position } = piece.state;
    position.offset = page.offset ?? null;
    if (page.offset === undefined) position.phase = 'removals';
  });
}

async function askForPage(run: CopyRun, table: HostedTable): Promise<CountedPage | undefined> {
  const { offset } = run.state.position;
  try {
    return await (await run.client()).readRecordPage(run.baseId, table.id, offset, { signal: run.signal });
  } catch (error) {
    if (!(error instanceof SagatableError) || error.code !== 'list_expired') throw error;
    if (run.state.position.restarts >= MAX_RESTARTS) {
      throw new SagatableError(
        'Upstream',
        'The source keeps forgetting its place in a table before the end is reached.',
        { code: 'list_never_ends', retryable: false },
      );
    }
    await inBase(run, async ({ state }) => {
      Object.assign(state.position, { offset: null, pass: 0, restarts: state.position.restarts + 1 });
    });
    return undefined;
  }
}

/** Gives a list that begins its number. */
async function beginList({ place, state }: Piece): Promise<void> {
  if (state.position.pass > 0) return;
  state.position.pass = await beginPass(place);
  state.position.firstPass ||= state.position.pass;
}

/** An option or field that is newer than the schema at hand: the schema is read again, once. */
async function convert(run: CopyRun, table: HostedTable, page: CountedPage): Promise<ReadPage> {
  try {
    return convertPage(table, page.records, false);
  } catch (error) {
    if (!(error instanceof SchemaMoved)) throw error;
    await bringSchema(run, () => undefined);
    const now = run.hosted?.find(({ id }) => id === table.id);
    if (now) return convertPage(now, page.records, true);
    throw new SagatableError('Conflict', `The table ${table.id} was removed at the source.`, {
      code: 'source_changed',
      retryable: true,
    });
  }
}

async function enterLinks(run: CopyRun): Promise<void> {
  await inBase(run, async ({ state }) => {
    Object.assign(state.position, { phase: 'links', field: 0 });
  });
}

async function mendOneLink(run: CopyRun): Promise<void> {
  await inBase(run, async ({ place, base, state }) => {
    const { position } = state;
    const side = linkSidesOf(base, position.done)[position.field];
    if (!side) position.phase = 'done';
    else if (!(await mendLinks(place, side))) position.field++;
  });
}
