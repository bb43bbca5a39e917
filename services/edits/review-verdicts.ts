import { SagatableError } from '../../contracts/errors';
import type { ReviewInput } from '../../contracts/reviews';
import type { Cells } from '../../contracts/airtable';
import type { Database, Tx } from '../database/database';
import type { AirtableGateway } from '../airtable/gateway';
import { readClaimed, type JournalEntry } from './journal';
import { readRecords } from './read-records';
import { lookAtLate, readLateWaiting, stageLateVerdict } from './late-reviews';
import { isUnclear, readReviewed, readUnresolved, type ReviewEntry } from './review-rows';

const RETRIED = new Set(['update', 'create', 'delete', 'createOption']);

/** Whether `landed` needs the record: nobody knows which one the creation made. */
const lacksRecord = ({ change, recordId }: JournalEntry) => change.kind === 'create' && recordId === null;
/** Whether `notLanded` may name the record as which a deleted one came back. */
const mayReturnAs = ({ change }: JournalEntry) => change.kind === 'delete';

/** What late records hold that a verdict is about, by id. */
export type Seen = ReadonlyMap<string, Cells>;

/** Looks at what a verdict names, before it is staged: gives what late records hold that are to be deleted. Throws as `checkNamedRecord`. */
export async function checkNamed(
  dependencies: { readonly db: Database; readonly gateway: Pick<AirtableGateway, 'open'> },
  ref: { readonly workspaceId: string; readonly editId: string },
  input: ReviewInput,
  signal: AbortSignal,
): Promise<Seen> {
  const { lateRecords } = input;
  if (lateRecords === undefined || input.verdict !== 'retry') {
    await checkNamedRecord(dependencies, ref, input, signal);
    return new Map();
  }
  const { edit, late } = await dependencies.db.tenant(ref.workspaceId, async (tx) => ({
    edit: (await readReviewed(tx, ref.editId)).edit,
    late: await readLateWaiting(tx, ref.editId, lateRecords),
  }));
  const lane = { workspaceId: ref.workspaceId, id: edit.connection_id };
  const client = await dependencies.gateway.open(lane, 'interactive');
  return lookAtLate(client, { baseId: edit.base_id, tables: edit.preview?.tables ?? [] }, late, signal);
}

/**
 * Looks whether the record that a verdict names is there, in the table of the change. Throws InvalidInput `unknown_record`
 * when it is not, `record_not_needed` where no record belongs to the verdict.
 */
async function checkNamedRecord(
  { db, gateway }: { readonly db: Database; readonly gateway: Pick<AirtableGateway, 'open'> },
  ref: { readonly workspaceId: string; readonly editId: string },
  { ordinals, verdict, recordId }: ReviewInput,
  signal: AbortSignal,
): Promise<void> {
  if (recordId === undefined) return;
  const { edit, entries } = await db.tenant(ref.workspaceId, async (tx) => {
    const reviewed = await readReviewed(tx, ref.editId);
    const found = await readUnresolved(tx, ref.editId, reviewed.buried, { ordinals, limit: 2 });
    return { edit: reviewed.edit, entries: found.map(({ entry }) => entry) };
  });
  const entry = entries[0];
  if (!entry) return;
  const takesRecord =
    verdict === 'landed' ? lacksRecord(entry) : verdict === 'notLanded' && mayReturnAs(entry);
  if (ordinals.length !== 1 || !takesRecord) {
    throw new SagatableError(
      'InvalidInput',
      '`recordId` goes with a single change: a creation that landed, or a deletion whose record is back.',
      { code: 'record_not_needed' },
    );
  }
  const client = await gateway.open({ workspaceId: ref.workspaceId, id: edit.connection_id }, 'interactive');
  for await (const record of readRecords(client, edit.base_id, entry.change.tableId, [recordId], signal))
    if (record.id === recordId) return;
  throw new SagatableError('InvalidInput', `There is no record ${recordId} in the table of this change.`, {
    code: 'unknown_record',
  });
}

/**
 * Marks changes with a person's verdict, for the operation that carries it out; of two persons at once one wins each change.
 * Throws Conflict `already_reviewed` when one of them does not wait for a person (any more), `record_taken` when a journal
 * accounts for the record that is named, InvalidInput `record_needed` for a creation whose record nobody knows,
 * `retry_unsupported` for a change of the schema. Then nothing is marked.
 */
export async function stageVerdict(
  tx: Tx,
  ref: { readonly workspaceId: string; readonly editId: string; readonly operationId: string },
  by: string,
  { ordinals, verdict, recordId, lateRecords }: ReviewInput,
  seen: Seen,
): Promise<void> {
  const { buried } = await readReviewed(tx, ref.editId);
  if (lateRecords) return stageLateVerdict(tx, ref, by, { recordIds: lateRecords, verdict }, seen);
  const wanted = new Set(ordinals);
  const waiting = await readUnresolved(tx, ref.editId, buried, { ordinals, limit: wanted.size });
  const free = waiting.filter(({ reviewOperation }) => reviewOperation === null);
  if (free.length < wanted.size) {
    throw new SagatableError(
      'Conflict',
      'Not all of these wait for a decision any more: somebody else decided, or they are being tried again.',
      { code: 'already_reviewed', details: { ordinals: missing(wanted, free).slice(0, 100) } },
    );
  }
  checkVerdict(free, verdict, recordId, buried);
  if (recordId !== undefined) await claim(tx, ref, recordId);
  await tx.query(
    `UPDATE edit_changes SET verdict = $3, reviewed_by = $4, reviewed_at = clock_timestamp(), review_operation = $5, review_record = $6
     WHERE edit_id = $1 AND ordinal = ANY($2)`,
    [ref.editId, [...wanted], verdict, by, ref.operationId, recordId ?? null],
  );
  await tx.query(
    `INSERT INTO audit (workspace_id, actor, action, subject, details) VALUES ($1, $2, 'edit.reviewed', $3, $4)`,
    [ref.workspaceId, by, ref.editId, JSON.stringify({ verdict, ordinals: [...wanted], recordId })],
  );
}

function missing(wanted: ReadonlySet<number>, found: readonly ReviewEntry[]): number[] {
  const there = new Set(found.map(({ entry }) => entry.ordinal));
  return [...wanted].filter((ordinal) => !there.has(ordinal));
}

function checkVerdict(
  free: readonly ReviewEntry[],
  verdict: ReviewInput['verdict'],
  recordId: string | undefined,
  buried: boolean,
): void {
  if (verdict !== 'retry' && free.some((review) => !isUnclear(review, buried))) {
    throw new SagatableError(
      'InvalidInput',
      'The end of this change is clear; records that came late of it wait: decide on them with `lateRecords`.',
      { code: 'late_records_wait' },
    );
  }
  if (verdict === 'landed' && recordId === undefined && free.some(({ entry }) => lacksRecord(entry))) {
    throw new SagatableError(
      'InvalidInput',
      'Say with `recordId` which record the creation made, one change at a time: a later undo has to find it.',
      { code: 'record_needed' },
    );
  }
  if (verdict === 'retry' && free.some(({ entry }) => !RETRIED.has(entry.change.kind))) {
    throw new SagatableError(
      'InvalidInput',
      'A change of the schema is not tried again from here: say whether it landed, and propose it anew.',
      { code: 'retry_unsupported' },
    );
  }
}

/** A record belongs to one entry of all journals; until the operation has written that down, to whoever named it first. */
async function claim(
  tx: Tx,
  ref: { readonly workspaceId: string; readonly editId: string },
  recordId: string,
): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7243))', [
    `${ref.workspaceId}/${recordId}`,
  ]);
  const named = await tx.query(
    'SELECT 1 FROM edit_changes WHERE review_record = $1 AND review_operation IS NOT NULL',
    [recordId],
  );
  if (named.rowCount || (await readClaimed(tx, [recordId])).has(recordId)) {
    throw new SagatableError(
      'Conflict',
      `The record ${recordId} is accounted for already: another change made it, or brought it back.`,
      { code: 'record_taken' },
    );
  }
}
