import type { Tx } from '../database/database';
import type { Engine } from '../engine/engine';
import { sampleBase, type SampleField } from './sample-base';

/** Records written in one statement. */
const CHUNK = 500;

/** The field as the engine makes it: a link names its table, whose mirror field comes with it. */
function fieldInput({ name, type, options, linkedTable }: SampleField) {
  if (linkedTable !== undefined) return { name, type, options: { linkedTableId: linkedTable } };
  return { name, type, ...(options === undefined ? {} : { options }) };
}

/** Makes the base Films in a workspace and fills it: 3,201 films with their directors and distributors. Returns its id. */
export async function loadSampleBase(tx: Tx, engine: Engine, workspaceId: string): Promise<string> {
  const sample = sampleBase();
  const base = await engine.createBase(tx, workspaceId, {
    name: sample.name,
    tables: sample.tables.map((t) => ({ name: t.name, fields: t.fields.map(fieldInput) })),
  });
  const ids = new Map<string, Map<string, string>>();
  for (const [table, records] of Object.entries(sample.records)) {
    const linkedTables = new Map(
      sample.tables.find((t) => t.name === table)?.fields.map((f) => [f.name, f.linkedTable]),
    );
    for (let i = 0; i < records.length; i += CHUNK) {
      const chunk = records.slice(i, i + CHUNK).map((record) => {
        const links = Object.entries(record.links).map(([field, names]) => {
          const byName = ids.get(linkedTables.get(field) ?? '');
          return [field, names.flatMap((name) => byName?.get(name) ?? [])] as const;
        });
        return { id: record.key, fields: { ...record.cells, ...Object.fromEntries(links) } };
      });
      await engine.loadRecords(tx, workspaceId, base.id, table, chunk);
    }
    ids.set(
      table,
      new Map(records.map((r) => [typeof r.cells['Name'] === 'string' ? r.cells['Name'] : r.key, r.key])),
    );
  }
  return base.id;
}
