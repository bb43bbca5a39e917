import { ChainRequest, type Dependent } from '../../contracts/dependents';
import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { fieldsOf, type FieldsById } from './cell-comparison';
import { describeDependents, readDependents, readIncluded } from './dependents';
import { readEdit, readRequest, type EditRow } from './edit-rows';
import { previewOf } from './edit-work';
import { createExamples } from './examples';
import type { JournalEntry } from './journal';
import { readFolded, readLanded } from './landed-pages';
import { readMadeIds, withMadeTables } from './new-ids';
import type { Reading } from './plan-stage';
import type { Preview } from './preview';
import type { RevertPlan } from './revert';

/** What a revert is to take back: the edit it is of, with newer ones where that was asked for. */
export interface Reverted {
  /** Previews of all of them, the one it is of first. */
  readonly previews: readonly Preview[];
  /** Their ids, in the same order. */
  readonly editIds: readonly string[];
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
  const previews: Preview[] = [];
  for (const edit of edits) {
    const preview = previewOf(edit);
    previews.push({ ...preview, tables: withMadeTables(preview.tables, await readMadeIds(tx, edit.id)) });
  }
  const dependents = await readDependents(tx, original.id);
  return {
    previews,
    editIds: edits.map(({ id }) => id),
    included: included.length,
    staying: dependents.filter(({ editId }) => !included.includes(editId)),
  };
}

/**
 * Stages what takes edits back, newest first and then the older, as one: each cell goes back to what it held before the oldest
 * of them where it still holds the newest's result. `plan` makes it of what they did as if one had done it, which comes to it
 * page by page, newest first; `read` runs each query.
 */
export async function planChainRevert(
  { previews, editIds, included, staying }: Reverted,
  read: Reading,
  plan: (
    fields: FieldsById,
    tables: Preview['tables'],
    landed: AsyncIterable<readonly JournalEntry[]>,
  ) => Promise<RevertPlan>,
): Promise<RevertPlan> {
  const fields: FieldsById = new Map(previews.flatMap((preview) => [...fieldsOf(preview)]));
  const tables = new Map(previews.flatMap((preview) => preview.tables.map((table) => [table.id, table])));
  const interrupted = createExamples();
  const landed =
    included > 0
      ? readFolded(fields, editIds, read, (one) => interrupted.add(one))
      : readLanded(editIds, read);
  const warnings = [...describeDependents(staying)];
  if (included > 0) warnings.push(`This takes back ${included} newer edits first, and then this one.`);

  try {
    const planned = await plan(fields, [...tables.values()], landed);
    if (interrupted.count)
      warnings.push(
        `Changed by somebody between these edits, and set back only to that (${interrupted.count}): ${interrupted.text()}`,
      );
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
