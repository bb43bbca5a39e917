import type { StoredRecord } from './schema';

type Cells = StoredRecord['cells'];

/** One record as a transaction found it and leaves it; null where it was not there, or is not any more. */
export interface LoggedRecord {
  readonly tableId: string;
  readonly id: string;
  readonly createdTime: string;
  readonly before: Cells | null;
  readonly after: Cells | null;
}

/** A change of the schema. `before` is what it was called until now. */
export interface LoggedSchemaChange {
  readonly kind: 'tableCreated' | 'tableChanged' | 'fieldCreated' | 'fieldChanged';
  readonly tableId: string;
  readonly fieldId?: string;
  readonly before?: { readonly name: string; readonly description?: string };
}

/** Everything that one transaction changes in a base, each record once: from its first state to its last. */
export interface ChangeLog {
  noteRecord(change: LoggedRecord): void;
  noteSchema(change: LoggedSchemaChange): void;
  /** Takes out what was noted. */
  drain(): { readonly records: LoggedRecord[]; readonly schema: LoggedSchemaChange[] };
}

/** An empty log. */
export function createChangeLog(): ChangeLog {
  const records = new Map<string, LoggedRecord>();
  const schema: LoggedSchemaChange[] = [];
  return {
    noteRecord(change) {
      const first = records.get(change.id);
      records.set(change.id, first ? { ...change, before: first.before } : change);
    },
    noteSchema(change) {
      schema.push(change);
    },
    drain() {
      const drained = { records: [...records.values()], schema: schema.splice(0) };
      records.clear();
      return drained;
    },
  };
}
