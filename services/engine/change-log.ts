import type { StoredRecord } from './schema';

type Cells = StoredRecord['cells'];

/** One record as a transaction found it and leaves it; null where it was not there, or is not any more. */
export interface LoggedRecord {
  readonly tableId: string;
  readonly id: string;
  readonly createdTime: string;
  readonly before: Cells | null;
  readonly after: Cells | null;
  /** The stamps of its cells as they were found, where whoever writes knows them. */
  readonly modifiedBefore?: StoredRecord['modified'];
}

/** A change of the schema. `before` is what it was called until now. */
export interface LoggedSchemaChange {
  readonly kind: 'tableCreated' | 'tableChanged' | 'fieldCreated' | 'fieldChanged';
  readonly tableId: string;
  readonly fieldId?: string;
  readonly before?: { readonly name: string; readonly description?: string };
}

export interface DrainedChanges {
  readonly records: LoggedRecord[];
  readonly schema: LoggedSchemaChange[];
  /** Whether the base may have webhooks. */
  readonly watched: boolean;
}

/** Everything that one transaction changes in a base, each record once: from its first state to its last. */
export interface ChangeLog {
  noteRecord(change: LoggedRecord): void;
  noteSchema(change: LoggedSchemaChange): void;
  /** Notes that the base may have webhooks; whoever reads the base's row knows. */
  noteWatched(): void;
  /** Takes out what was noted. */
  drain(): DrainedChanges;
}

/** An empty log. */
export function createChangeLog(): ChangeLog {
  const records = new Map<string, LoggedRecord>();
  const schema: LoggedSchemaChange[] = [];
  let watched = false;
  return {
    noteRecord(change) {
      const first = records.get(change.id);
      if (!first) {
        records.set(change.id, change);
        return;
      }
      const { before, modifiedBefore } = first;
      records.set(change.id, {
        ...change,
        before,
        ...(modifiedBefore === undefined ? {} : { modifiedBefore }),
      });
    },
    noteSchema(change) {
      schema.push(change);
    },
    noteWatched() {
      watched = true;
    },
    drain() {
      const drained = { records: [...records.values()], schema: schema.splice(0), watched };
      records.clear();
      return drained;
    },
  };
}
