import { z } from 'zod';
import { CellValue } from '../../../contracts/airtable';
import { FieldId, RecordId, TableId } from '../../../contracts/ids';
import { ViewId } from './ids';
import { MAX_PAYLOADS } from './webhook-input';

/*
 * Source: Airtable Web API, webhooks payload, webhooks table changed, webhooks table created. Each part may be absent,
 * and more parts may come: those are left out, not refused.
 */

/** A part that may be absent, or null, which means the same. */
function maybe<S extends z.ZodType>(shape: S) {
  return shape.nullish().transform((value) => value ?? undefined);
}

/** In format V2, other than in records: selects `{id, name, color}`, links `{id, name}`; null where it was emptied. */
const CellValues = z.object({ cellValuesByFieldId: z.record(FieldId, CellValue) });

const CreatedRecord = CellValues.extend({ createdTime: z.iso.datetime({ offset: true }) });
const ChangedRecord = z.object({
  current: CellValues,
  /** Where the webhook includes previous cell values. */
  previous: maybe(CellValues),
  /** Cells of fields that the webhook includes though they did not change. */
  unchanged: maybe(CellValues),
});

const FieldInfo = z.object({
  name: maybe(z.string()),
  type: maybe(z.string()),
  description: maybe(z.string()),
});
const TableInfo = z.object({ name: maybe(z.string()), description: maybe(z.string()) });

const recordChanges = {
  createdRecordsById: maybe(z.record(RecordId, CreatedRecord)),
  changedRecordsById: maybe(z.record(RecordId, ChangedRecord)),
  destroyedRecordIds: maybe(z.array(RecordId)),
};

const ChangedTable = z.object({
  ...recordChanges,
  createdFieldsById: maybe(z.record(FieldId, FieldInfo)),
  changedFieldsById: maybe(z.record(FieldId, z.object({ current: FieldInfo, previous: maybe(FieldInfo) }))),
  destroyedFieldIds: maybe(z.array(FieldId)),
  changedMetadata: maybe(z.object({ current: TableInfo, previous: maybe(TableInfo) })),
  /** Where the webhook watches a view: records that came into it, changed in it, or left it. */
  changedViewsById: maybe(z.record(ViewId, z.object(recordChanges))),
});
export type ChangedTable = z.infer<typeof ChangedTable>;

const CreatedTable = z.object({
  metadata: maybe(TableInfo),
  fieldsById: maybe(z.record(FieldId, FieldInfo)),
  recordsById: maybe(z.record(RecordId, CreatedRecord)),
});
export type CreatedTable = z.infer<typeof CreatedTable>;

const User = z.object({
  id: z.string(),
  email: maybe(z.string()),
  name: maybe(z.string()),
  permissionLevel: maybe(z.string()),
});

/** Who did it and how. Sources may be added at any time: what those tell is kept as it is, but for the user. */
const ActionMetadata = z.object({
  source: z.string(),
  sourceMetadata: maybe(z.looseObject({ user: maybe(User) })),
});
export type ActionMetadata = z.infer<typeof ActionMetadata>;

const Envelope = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  /** One action can come as several payloads: those have the same number. */
  baseTransactionNumber: z.number().int().nonnegative(),
  payloadFormat: maybe(z.string()),
  actionMetadata: maybe(ActionMetadata),
});

/** What happened cannot be told: `INVALID_FILTERS`, `INVALID_HOOK`, `INTERNAL_ERROR`, or a code that came later. */
const FailedPayload = Envelope.partial().extend({ error: z.literal(true), code: z.string() });

const ChangePayload = Envelope.extend({
  error: z.literal(false).optional(),
  createdTablesById: maybe(z.record(TableId, CreatedTable)),
  changedTablesById: maybe(z.record(TableId, ChangedTable)),
  destroyedTableIds: maybe(z.array(TableId)),
});
export type ChangePayload = z.infer<typeof ChangePayload>;

/**
 * A payload of a form that is not known. Refusing the page would leave its reader before it for ever: so it is told that
 * there was something, and nothing of it.
 */
const UnreadablePayload = z.unknown().transform(() => ({ unreadable: true }) as const);

export const WebhookPayload = z.union([FailedPayload, ChangePayload, UnreadablePayload]);
export type WebhookPayload = z.infer<typeof WebhookPayload>;

const PayloadPage = z.object({
  payloads: z.array(WebhookPayload).max(MAX_PAYLOADS),
  /** Where the next page begins. */
  cursor: z.number().int().positive(),
  mightHaveMore: z.boolean(),
});
export type PayloadPage = z.infer<typeof PayloadPage>;

/** A page of payloads that were asked for from the number `from` on: it leads on from there. */
export function payloadPage(from: number) {
  return PayloadPage.refine(
    (a) => a.cursor >= from && (a.payloads.length === 0 || a.cursor > from),
    'does not lead on from the cursor asked for',
  );
}
