import type { TableSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import { openApproval } from '../approvals/approval-rows';
import { readRules } from '../approvals/rules';
import { approveByRule } from '../approvals/small-edits';
import type { Liveness } from '../liveness';
import { createChangeSetHash } from './canonical';
import type { DraftedChange } from './draft';
import { offerEdit, type EditRow } from './edit-rows';
import type { EditDependencies } from './edit-work';
import { insertChanges } from './journal';
import { withNewTables } from './new-ids';
import { createOptionCollector } from './new-options';
import type { PlanStage } from './plan-stage';
import { createPreview, type Preview } from './preview';
import type { SchemaIndex } from './schema-index';
import { foldNewChoices } from './schema-planning';

/** A plan: changes of records are in the stage, the rest is here. */
export interface Plan {
  readonly stage: PlanStage;
  readonly ofSchema: readonly DraftedChange[];
  /** By which options that values name are told to be new; null where values are put back that the base had. */
  readonly index: SchemaIndex | null;
  readonly warnings: readonly string[];
}

/** Where a plan goes, as it is now. */
export interface PlanTarget {
  readonly tables: readonly TableSchema[];
  readonly baseName: string;
  /** Requests a second that the connection has of the base; null for the usual part. */
  readonly share: number | null;
}

interface Survey {
  readonly preview: Preview;
  readonly keyOf: (change: DraftedChange['change']) => string;
  /** What comes before the records: tables, fields and options. */
  readonly leading: readonly DraftedChange[];
}

type Offering = Pick<EditDependencies, 'db' | 'operations'>;

/**
 * Makes a plan the change set of its edit and opens it for approval, all in one transaction: whoever gets there first wins.
 * It is gone through twice, page by page: for what is said of it, and to be stored and hashed. Throws InvalidInput
 * `nothing_to_change`.
 */
export async function offerChangeSet(
  { db, operations }: Offering,
  edit: EditRow,
  plan: Plan,
  target: PlanTarget,
  { signal }: Pick<Liveness, 'signal'>,
): Promise<void> {
  const { id: editId, workspace_id: workspaceId, connection_id: connectionId, base_id: baseId } = edit;
  const { stage } = plan;
  const { preview, keyOf, leading } = await surveyPlan(db, edit, plan, target, signal);
  await db.tenant(workspaceId, async (tx) => {
    if (!(await stage.hold(tx))) return;
    // Only now is it certain that no newer attempt has taken away what was read.
    if (preview.counts.changes === 0) throw nothingToChange();
    const hash = createChangeSetHash({ connectionId, baseId });
    let next = 0;
    const append = async (drafted: readonly DraftedChange[]) => {
      signal.throwIfAborted();
      for (const { change } of drafted) hash.add(change);
      const rows = drafted.map((one) => ({ ...one, groupKey: keyOf(one.change) }));
      await insertChanges(tx, workspaceId, editId, next, rows);
      next += rows.length;
    };
    await append(leading);
    for await (const page of stage.pages((work) => work(tx))) await append(page);
    const rules = await readRules(tx, workspaceId);
    const { expiresInHours, remindAfterHours } = rules;
    await offerEdit(tx, editId, {
      ...{ baseName: target.baseName, hash: hash.digest() },
      ...{ preview, expiresInHours },
    });
    await stage.clear(tx);
    await openApproval(tx, editId, remindAfterHours);
    await approveByRule(tx, operations, edit, rules);
  });
}

const nothingToChange = () =>
  new SagatableError(
    'InvalidInput',
    'Nothing would change: no record matches, or every cell already holds what was asked for.',
    { code: 'nothing_to_change' },
  );

async function surveyPlan(
  db: EditDependencies['db'],
  edit: EditRow,
  { stage, ofSchema, index, warnings }: Plan,
  { tables, share }: PlanTarget,
  signal: AbortSignal,
): Promise<Survey> {
  const preview = createPreview(withNewTables(tables, changesOf(ofSchema)), share);
  const options = index && createOptionCollector(index);
  for await (const page of stage.pages((work) => db.tenant(edit.workspace_id, work))) {
    signal.throwIfAborted();
    for (const drafted of page) {
      preview.add(drafted);
      options?.add(drafted.change);
    }
  }
  const leading = foldNewChoices(ofSchema, options?.list() ?? []);
  for (const drafted of leading) preview.add(drafted);
  const shown = preview.finish(warnings, withNewTables(tables, changesOf(leading)));
  return { preview: shown, keyOf: (change) => preview.keyOf(change), leading };
}

const changesOf = (drafted: readonly DraftedChange[]) => drafted.map(({ change }) => change);
