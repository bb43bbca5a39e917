import { randomUUID } from 'node:crypto';
import type { BaseSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { SchemaCreation, SchemaNaming } from '../../contracts/schema-changes';
import type { WriteOptions } from '../airtable/client';
import { intend, type Settlement } from './journal';
import { isRefusal, runChunk, sendWrite, type ChunkLimits, type ChunkResult, type EditRun } from './run';
import { hasOpenSchema, readSchemaEntry, settleSchema, type SchemaEntry } from './schema-journal';
import {
  findNamesake,
  findTaken,
  isPlaceThere,
  isRenaming,
  madeTable,
  matchCreation,
  presentText,
} from './schema-look';
import { resolveSchema } from './schema-resolving';
import { explainSchemaRefusal } from './schema-scope';

/** What one change comes to against the base as it is. */
type Verdict =
  | { readonly write: true; readonly found?: Settlement['found'] }
  | {
      readonly write: false;
      readonly end: Omit<Settlement, 'ordinal'>;
      readonly made?: Record<string, string>;
    };

/**
 * Makes, renames and describes tables and fields, one after the other, before any record is written; undefined when there is
 * nothing of it (left) to do. It ends its chunk, so that the next one knows the new ids. Throws as `applyBatches`.
 */
export async function applySchema(run: EditRun, limits: ChunkLimits): Promise<ChunkResult | undefined> {
  if (!(await run.db.tenant(run.workspaceId, (tx) => hasOpenSchema(tx, run.editId)))) return undefined;
  const chunk = await runChunk(run, limits, async () => {
    const waitMs = await resolveSchema(run, 'applying');
    if (waitMs > 0) return { waitMs };
    const entry = await run.db.tenant(run.workspaceId, (tx) => readSchemaEntry(tx, run.editId, 'pending'));
    if (!entry) return 'nothing left';
    await applyEntry(run, entry);
    return { handled: 1 };
  });
  return chunk.state === 'done' ? { ...chunk, state: 'more' } : chunk;
}

async function applyEntry(run: EditRun, entry: SchemaEntry): Promise<void> {
  const verdict = judge(run, entry, await readSchema(run));
  if (!verdict.write) return settleJudged(run, entry, verdict);
  const intent = { ordinal: entry.ordinal, ...(verdict.found ? { found: verdict.found } : {}) };
  await intend(run.db, run.lease, run.editId, randomUUID(), 'intended', [intent]);
  const end = await sendWrite(run, (options) => send(run, entry.change, options));
  if (end.end === 'landed')
    return settleSchema(run, entry, { state: 'landed', evidence: 'answer' }, end.answer);
  // Without an answer the entry stays `intended`: the next attempt finds out what became of it.
  if (end.end === 'unclear') throw end.error;
  if (end.end === 'refused' && isRefusal(end.error)) {
    // Somebody may have taken the name, or removed the table, between look and write.
    const again = judge(run, entry, await readSchema(run));
    if (!again.write) return settleJudged(run, entry, again);
    const refusal = explainSchemaRefusal(end.error, entry.change.kind);
    const reason = refusal instanceof Error ? refusal.message : String(refusal);
    await settleSchema(run, entry, { state: 'failed', reason });
    throw refusal;
  }
  await settleSchema(run, entry, { state: 'pending', notSent: true });
  throw end.error;
}

async function settleJudged(
  run: EditRun,
  entry: SchemaEntry,
  { end, made }: Extract<Verdict, { write: false }>,
): Promise<void> {
  await settleSchema(run, entry, end, made);
  if (end.state === 'conflict' && run.policy === 'stop') {
    throw new SagatableError(
      'Conflict',
      'Somebody changed a table or field since the preview, and the approval says to stop then.',
      { code: 'edit_conflict' },
    );
  }
}

function judge(run: EditRun, entry: SchemaEntry, schema: BaseSchema): Verdict {
  const { change } = entry;
  if (!isPlaceThere(schema, change)) return conflict('the table or field was deleted since the preview');
  if (change.kind === 'createTable' || change.kind === 'createField')
    return judgeCreation(entry, change, schema);
  return judgeNaming(run, entry, change, schema);
}

function judgeCreation(entry: SchemaEntry, change: SchemaCreation, schema: BaseSchema): Verdict {
  const namesake = findNamesake(schema, change);
  if (!namesake) return { write: true };
  // Sent before without an answer, and here it is: our own, late.
  const made = entry.sentAt ? matchCreation(change, namesake) : undefined;
  if (made) return { write: false, end: { state: 'landed', evidence: 'read_back' }, made };
  return conflict(`there is one of that name by now: ${(namesake.field ?? namesake.table).name}`);
}

/** Three values: before, ours, now. */
function judgeNaming(run: EditRun, entry: SchemaEntry, change: SchemaNaming, schema: BaseSchema): Verdict {
  const now = presentText(schema, change) ?? '';
  if (now === change.after)
    return {
      write: false,
      end: entry.sentAt
        ? { state: 'landed', evidence: 'read_back' }
        : { state: 'unchanged', reason: 'was so already' },
    };
  if (now !== change.before && run.policy !== 'overwrite')
    return conflict(`changed since the preview: ${now || 'empty'}`);
  const taken = findTaken(schema, change, change.after);
  if (taken !== undefined) return conflict(`there is one of that name by now: ${taken}`);
  return { write: true, found: { [isRenaming(change) ? 'name' : 'description']: now } };
}

const conflict = (reason: string): Verdict => ({ write: false, end: { state: 'conflict', reason } });

/** Never a kept answer: what is decided by it is written at once. */
function readSchema(run: EditRun): Promise<BaseSchema> {
  return run.client.getBaseSchema(run.baseId, { signal: run.signal });
}

/** Returns the ids of what was made, by what stands for them. */
async function send(
  { client, baseId }: EditRun,
  change: SchemaEntry['change'],
  options: WriteOptions,
): Promise<Record<string, string> | undefined> {
  switch (change.kind) {
    case 'createTable': {
      const { name, description, fields } = change;
      const specs = fields.map(({ fieldId: _standIn, ...spec }) => spec);
      const table = await client.createTable(baseId, { name, description, fields: specs }, options);
      return madeTable(change, table);
    }
    case 'createField': {
      const field = await client.createField(baseId, change.tableId, change.field, options);
      return { [change.fieldId]: field.id };
    }
    case 'renameTable':
      await client.updateTable(baseId, change.tableId, { name: change.after }, options);
      return undefined;
    case 'describeTable':
      await client.updateTable(baseId, change.tableId, { description: change.after }, options);
      return undefined;
    case 'renameField':
      await client.updateField(baseId, change.tableId, change.fieldId, { name: change.after }, options);
      return undefined;
    case 'describeField':
      await client.updateField(
        baseId,
        change.tableId,
        change.fieldId,
        { description: change.after },
        options,
      );
      return undefined;
  }
}
