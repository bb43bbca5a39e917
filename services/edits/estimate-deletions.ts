import {
  MAX_PAGE_SIZE,
  MAX_RECORDS_PER_WRITE,
  type CellValue,
  type TableSchema,
} from '../../contracts/airtable';
import type { DeleteChange } from '../../contracts/changes';

/** Looks at what returned: for its own links, for those of others, and once all of it is there. */
const LOOKS_AT_RETURNED = 3;
/** Each attachment: what the cell holds, and the upload. */
const CALLS_PER_ATTACHMENT = 2;

/** One batch of deletions of one table. */
interface Batch {
  readonly tableId: string;
  records: number;
  attachments: number;
  /** Records that each link field of the table names. */
  readonly named: Map<string, Set<string>>;
}

interface LinkField {
  readonly id: string;
  readonly tableId: string;
  readonly linkedTableId: string;
  readonly inverseId: string | undefined;
}

const sizeOf = (value: CellValue | undefined) => (Array.isArray(value) ? value.length : 0);
const pages = (n: number) => Math.ceil(n / MAX_PAGE_SIZE);
const requests = (n: number) => Math.ceil(n / MAX_RECORDS_PER_WRITE);

/**
 * What deletions need beyond the look and the deletion itself: who links to them is read before (see inbound-links.ts), and
 * after they were created again links, attachments and a last look follow (see restoring.ts). Not counted: comments, of
 * which a plan knows nothing, and a link without an inverse field beyond one request, since its whole table is gone through.
 */
export function createDeletionEstimate(tables: ReadonlyArray<Pick<TableSchema, 'id' | 'fields'>>): {
  add(change: DeleteChange): void;
  total(): { apply: number; undo: number };
} {
  const types = new Map(tables.flatMap(({ fields }) => fields.map((field) => [field.id, field.type])));
  const links = linkFieldsOf(tables);
  let batch: Batch | undefined;
  let [apply, undo] = [0, 0];

  function close(): void {
    if (!batch) return;
    const { named, tableId, attachments, records } = batch;
    /** Records of each table that these link to or that link to these. */
    const near = new Map<string, number>();
    for (const link of links) {
      const own = link.tableId === tableId ? (named.get(link.id)?.size ?? 0) : 0;
      const inverse = link.inverseId === undefined ? undefined : (named.get(link.inverseId)?.size ?? 0);
      const inbound = link.linkedTableId === tableId;
      if (inbound) apply += inverse === undefined ? 1 : pages(inverse);
      if (own) near.set(link.linkedTableId, (near.get(link.linkedTableId) ?? 0) + own);
      if (inbound && inverse) near.set(link.tableId, (near.get(link.tableId) ?? 0) + inverse);
    }
    undo += LOOKS_AT_RETURNED + attachments * CALLS_PER_ATTACHMENT;
    if (near.size) {
      // Both rounds look at all that is concerned; the first writes the links of what returned, the second those of others.
      const others = [...near.values()];
      const looks = pages(records) + others.reduce((sum, n) => sum + pages(n), 0);
      undo += 2 * looks + requests(records) + others.reduce((sum, n) => sum + requests(n), 0);
    }
    batch = undefined;
  }

  return {
    add({ tableId, before }) {
      if (batch?.tableId !== tableId || batch.records === MAX_RECORDS_PER_WRITE) close();
      batch ??= { tableId, records: 0, attachments: 0, named: new Map() };
      batch.records++;
      for (const [fieldId, value] of Object.entries(before)) {
        const type = types.get(fieldId);
        if (type === 'multipleAttachments') batch.attachments += sizeOf(value);
        if (type !== 'multipleRecordLinks' || !Array.isArray(value)) continue;
        const ids = batch.named.get(fieldId) ?? new Set();
        for (const id of value) if (typeof id === 'string') ids.add(id);
        if (ids.size) batch.named.set(fieldId, ids);
      }
    },
    total() {
      close();
      return { apply, undo };
    },
  };
}

function linkFieldsOf(tables: ReadonlyArray<Pick<TableSchema, 'id' | 'fields'>>): LinkField[] {
  return tables.flatMap(({ id: tableId, fields }) =>
    fields.flatMap((field): LinkField[] => {
      const linkedTableId = field.options?.['linkedTableId'];
      const inverse = field.options?.['inverseLinkFieldId'];
      if (field.type !== 'multipleRecordLinks' || typeof linkedTableId !== 'string') return [];
      const inverseId = typeof inverse === 'string' ? inverse : undefined;
      return [{ id: field.id, tableId, linkedTableId, inverseId }];
    }),
  );
}
