import type { AirtableRecord, BaseSchema, TableSchema } from '../../contracts/airtable';
import { isSchemaChange } from '../../contracts/schema-changes';
import type { ProposeEditInput } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import type { AirtableClient } from '../airtable/client';
import { ChangeSetDraft, type DraftedChange } from './draft';
import { readRecords } from './read-records';
import { assertHasRecords } from './new-ids';
import { PLAN_PAGE, type PlanStage } from './plan-stage';
import { applyRule, resolveLinks } from './rules';
import type { SchemaIndex } from './schema-index';
import { planSchemaChanges } from './schema-planning';
import { assertMayChangeSchema } from './schema-scope';

export interface Planning {
  readonly client: AirtableClient;
  readonly baseId: string;
  readonly schema: BaseSchema;
  readonly signal: AbortSignal;
  /** Called now and then, so that long planning is seen to be alive. */
  readonly alive: (recordsRead: number) => void;
}

/** What a proposal comes to beside the records: its changes of tables and fields, and the base as it will be after them. */
export interface PlannedSchema {
  readonly ofSchema: readonly DraftedChange[];
  readonly index: SchemaIndex;
}

/**
 * Reads what is needed, page by page, and stages canonical changes of records with their before-images. Writes nothing to the
 * base. Throws InvalidInput in words, else as `PlanStage.add`.
 */
export async function planChanges(
  p: Planning,
  input: ProposeEditInput,
  stage: Pick<PlanStage, 'add'>,
): Promise<PlannedSchema> {
  const schemaChanges = input.changes.filter(isSchemaChange);
  if (schemaChanges.length) await assertMayChangeSchema(p.client, p.signal);
  const { changes: ofSchema, index } = planSchemaChanges(p.schema, schemaChanges);
  const draft = new ChangeSetDraft(index, stage);
  const reading = { client: p.client, baseId: p.baseId, index, signal: p.signal };
  let seen = 0;
  for (const rule of input.rules) {
    for await (const hit of applyRule(reading, rule)) {
      if (hit.cells === 'delete') await draft.remove(hit.table, hit.record);
      else await draft.update(hit.table, hit.record, hit.cells);
      if (++seen % 500 === 0) p.alive(seen);
    }
  }
  for (let at = 0; at < input.changes.length; at += PLAN_PAGE.rows) {
    const some = input.changes.slice(at, at + PLAN_PAGE.rows);
    const present = await readTargets(p, index, some);
    for (const change of some) {
      if (isSchemaChange(change)) continue;
      const table = index.table(change.table);
      if (change.kind === 'create') {
        await draft.create(table, await resolved(reading, index, table, change.cells));
        continue;
      }
      const record = present.get(change.recordId);
      if (!record) {
        throw new SagatableError(
          'InvalidInput',
          `There is no record ${change.recordId} in “${table.name}”.`,
          {
            code: 'unknown_record',
          },
        );
      }
      if (change.kind === 'delete') await draft.remove(table, record);
      else await draft.update(table, record, await resolved(reading, index, table, change.cells));
    }
    p.alive(seen + at + some.length);
  }
  return { ofSchema, index };
}

async function resolved(
  reading: Parameters<typeof resolveLinks>[0],
  index: SchemaIndex,
  table: TableSchema,
  cells: Record<string, AirtableRecord['fields'][string]>,
) {
  const exact: AirtableRecord['fields'] = {};
  for (const [key, value] of Object.entries(cells)) {
    const field = index.writableField(table, key);
    exact[field.id] = await resolveLinks(reading, field, value);
  }
  return exact;
}

/** The records that changes name, table by table. */
async function readTargets(
  p: Planning,
  index: SchemaIndex,
  changes: ProposeEditInput['changes'],
): Promise<Map<string, AirtableRecord>> {
  const wanted = new Map<string, Set<string>>();
  for (const change of changes) {
    if (isSchemaChange(change) || change.kind === 'create') continue;
    const table = index.table(change.table);
    assertHasRecords(table);
    const ids = wanted.get(table.id) ?? new Set();
    wanted.set(table.id, ids.add(change.recordId));
  }
  const present = new Map<string, AirtableRecord>();
  for (const [tableId, ids] of wanted) {
    for await (const record of readRecords(p.client, p.baseId, tableId, [...ids], p.signal))
      present.set(record.id, record);
  }
  return present;
}
