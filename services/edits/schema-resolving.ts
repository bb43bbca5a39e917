import type { BaseSchema } from '../../contracts/airtable';
import type { Settlement } from './journal';
import type { EditRun } from './run';
import { readSchemaEntry, settleSchema, type SchemaEntry } from './schema-journal';
import { findNamesake, matchCreation, presentText } from './schema-look';

/**
 * Finds out what became of schema changes without an answer. Names are unique in Airtable, so a creation is looked up by its
 * name: exactly as wanted, where before there was none, it is ours. Returns how many milliseconds to wait when it is too early
 * to tell, else 0: while undoing not before the settle window is over. While applying, what did not land becomes pending again; while undoing, it is done with.
 */
export async function resolveSchema(run: EditRun, phase: 'applying' | 'undoing'): Promise<number> {
  for (;;) {
    const entry = await run.db.tenant(run.workspaceId, (tx) => readSchemaEntry(tx, run.editId, 'intended'));
    if (!entry) return 0;
    const { settlement, made } = lookUp(
      entry,
      await run.client.getBaseSchema(run.baseId, { signal: run.signal }),
      phase,
    );
    // What is there is there; what is not may still come, and what comes after its undo is found by nobody.
    const patienceMs =
      phase === 'undoing' ? Math.max(run.lateWriteMs, run.settleSeconds * 1_000) : run.lateWriteMs;
    const waitMs = (entry.sentAt?.getTime() ?? 0) + patienceMs - Date.now();
    const certain = settlement.state === 'landed' || (phase === 'applying' && isRepeatable(entry));
    if (!certain && waitMs > 0) return waitMs;
    await settleSchema(run, entry, settlement, made);
  }
}

const isRepeatable = ({ change }: SchemaEntry) =>
  change.kind !== 'createTable' && change.kind !== 'createField';

function lookUp(
  { change }: SchemaEntry,
  schema: BaseSchema,
  phase: 'applying' | 'undoing',
): { settlement: Omit<Settlement, 'ordinal'>; made?: Record<string, string> } {
  const landed: Omit<Settlement, 'ordinal'> = { state: 'landed', evidence: 'read_back' };
  const notLanded: Omit<Settlement, 'ordinal'> =
    phase === 'applying' ? { state: 'pending' } : { state: 'undone', reason: 'never landed' };
  if (change.kind === 'createTable' || change.kind === 'createField') {
    const namesake = findNamesake(schema, change);
    if (!namesake) return { settlement: notLanded };
    const made = matchCreation(change, namesake);
    if (made) return { settlement: landed, made };
    const reason =
      'an unanswered request may have made it: there is one of that name, but not as it was wanted';
    return { settlement: { state: 'unknown', reason, evidence: 'read_back' } };
  }
  const now = presentText(schema, change);
  if (now === change.after) return { settlement: landed };
  // Undoing looks at it again: what somebody made of it since is theirs.
  if (phase === 'undoing' && now !== undefined && now !== change.before)
    return { settlement: { state: 'landed' } };
  return { settlement: notLanded };
}
