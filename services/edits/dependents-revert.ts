import { ChainRequest, type Dependent } from '../../contracts/dependents';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { fieldsOf, type FieldsById } from './cell-comparison';
import { describeDependents, IN_BASE, readDependents, readIncluded } from './dependents';
import { foldEntries } from './dependents-folding';
import { readEdit, readRequest, type EditRow } from './edit-rows';
import { previewOf } from './edit-work';
import { readEntries, type JournalEntry } from './journal';
import { readMadeIds, withMadeTables } from './new-ids';
import type { Preview } from './preview';
import type { RevertPlan } from './revert';

/** More than this many examples say nothing new. */
const MAX_EXAMPLES = 10;

/** What a revert is to take back: the edit it is of, with newer ones where that was asked for. */
export interface Reverted {
  /** Previews of all of them, the one it is of first. */
  readonly previews: readonly Preview[];
  /** What they left in the base, newest first. */
  readonly landed: readonly JournalEntry[];
  /** How many newer edits are taken back with it. */
  readonly included: number;
  /** Newer edits that stay, although they wrote to the same cells or records. */
  readonly staying: readonly Dependent[];
}

/** Reads what a staged revert asks for, and notes on it which newer edits it takes back too. Throws as `readIncluded`. */
export async function readReverted(tx: Tx, revert: EditRow): Promise<Reverted> {
  const original = await readEdit(tx, revert.revert_of ?? '');
  const request = ChainRequest.parse((await readRequest(tx, revert.id)) ?? {});
  const chain = request.including !== undefined || request.withDependents === true;
  const included = chain ? await readIncluded(tx, original.id, request.including) : [];
  if (included.length) await tx.query('UPDATE edits SET includes = $2 WHERE id = $1', [revert.id, included]);
  const edits = [original];
  for (const id of included) edits.push(await readEdit(tx, id));
  const landed: JournalEntry[] = [];
  for (const { id } of edits)
    landed.push(...(await readEntries(tx, id, IN_BASE, Number.MAX_SAFE_INTEGER, 'backwards')));
  // One edit keeps the order of its journal; of several the newest write of a record comes first.
  if (included.length) landed.sort((a, b) => (b.sentAt?.getTime() ?? 0) - (a.sentAt?.getTime() ?? 0));
  const previews: Preview[] = [];
  for (const edit of edits) {
    const preview = previewOf(edit);
    previews.push({ ...preview, tables: withMadeTables(preview.tables, await readMadeIds(tx, edit.id)) });
  }
  const dependents = await readDependents(tx, original.id);
  return {
    previews,
    landed,
    included: included.length,
    staying: dependents.filter(({ editId }) => !included.includes(editId)),
  };
}

/**
 * The change set that takes edits back, newest first and then the older, as one: each cell goes back to what it held before
 * the oldest of them where it still holds the newest's result. `plan` makes it of what they did as if one had done it.
 */
export async function planChainRevert(
  { previews, landed, included, staying }: Reverted,
  plan: (
    fields: FieldsById,
    tables: Preview['tables'],
    landed: readonly JournalEntry[],
  ) => Promise<RevertPlan>,
): Promise<RevertPlan> {
  const fields: FieldsById = new Map(previews.flatMap((preview) => [...fieldsOf(preview)]));
  const tables = new Map(previews.flatMap((preview) => preview.tables.map((table) => [table.id, table])));
  const { entries, interrupted } =
    included > 0 ? foldEntries(fields, landed) : { entries: landed, interrupted: [] };
  const warnings = [...describeDependents(staying)];
  if (included > 0) warnings.push(`This takes back ${included} newer edits first, and then this one.`);
  if (interrupted.length) {
    const more = interrupted.length > MAX_EXAMPLES ? ` … and ${interrupted.length - MAX_EXAMPLES} more` : '';
    warnings.push(
      `Changed by somebody between these edits, and set back only to that (${interrupted.length}): ${interrupted.slice(0, MAX_EXAMPLES).join('; ')}${more}`,
    );
  }
  try {
    const planned = await plan(fields, [...tables.values()], entries);
    return { ...planned, warnings: [...warnings, ...planned.warnings] };
  } catch (error) {
    if (!(error instanceof SagatableError) || error.code !== 'nothing_to_revert' || staying.length === 0)
      throw error;
    throw new SagatableError(
      'Conflict',
      `Nothing of this edit is still as it was written: newer edits wrote to the same cells or records (${staying
        .slice(0, 3)
        .map((d) => d.editId)
        .join(', ')}). To take them back too, undo this edit together with them.`,
      { code: error.code, details: { ...error.details, dependents: staying.map((d) => d.editId) } },
    );
  }
}
