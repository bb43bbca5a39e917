import type { DraftedChange } from './draft';
import type { SchemaIndex } from './schema-index';
import { optionNames } from './values';

/** Collects options that the values of a change set name and the schema lacks: each is a change of its own, to be seen and approved. */
export function createOptionCollector(index: SchemaIndex): {
  add(change: DraftedChange['change']): void;
  /** In the order in which they first come. */
  list(): DraftedChange[];
} {
  const added = new Map<string, DraftedChange>();
  return {
    add(change) {
      if (change.kind !== 'update' && change.kind !== 'create') return;
      const table = index.table(change.tableId);
      const written =
        change.kind === 'update'
          ? Object.entries(change.cells).map(([id, c]) => [id, c.after] as const)
          : Object.entries(change.cells);
      for (const [fieldId, value] of written) {
        const known = optionNames(index.field(table, fieldId));
        if (!known || value === null) continue;
        for (const name of Array.isArray(value) ? value : [value]) {
          if (typeof name !== 'string' || known.has(name)) continue;
          added.set(`${fieldId}\n${name}`, {
            change: { kind: 'createOption', tableId: table.id, fieldId, name },
            label: name,
          });
        }
      }
    },
    list: () => [...added.values()],
  };
}
