import type { Cells } from '../../contracts/airtable';
import type { ChangeActor, GapDetail, SchemaDetail } from '../../contracts/witness';
import type { ChangePayload, WebhookPayload } from '../airtable/calls/payload-answers';
import { plainCells } from './plain-cells';

/** One thing that a payload told, before it has its place in the stream. */
export interface SeenChange {
  readonly kind: 'created' | 'updated' | 'deleted' | 'schema' | 'gap';
  readonly transaction: number | null;
  readonly at: string;
  readonly source: string | null;
  readonly actor: ChangeActor | null;
  readonly tableId: string | null;
  readonly recordId: string | null;
  readonly before: Cells | null;
  readonly after: Cells | null;
  readonly detail: SchemaDetail | GapDetail | null;
}

/** What a page of payloads told, in its order. */
export interface ReadPage {
  readonly changes: SeenChange[];
  /** Whether one of them said that the webhook itself is in trouble. */
  readonly failed: boolean;
}

/** A time of which nothing is known, as an entry of the stream. */
export function gapOf(detail: GapDetail): SeenChange {
  const nobody = { transaction: null, source: null, actor: null, tableId: null, recordId: null };
  return { ...nobody, kind: 'gap', at: detail.until, before: null, after: null, detail };
}

const isChange = (payload: WebhookPayload): payload is ChangePayload =>
  !('unreadable' in payload) && payload.error !== true;
const timeOf = (payload: ChangePayload) => new Date(payload.timestamp).toISOString();

/**
 * Changes of a page of payloads. What cannot be read, and what Airtable calls an error, becomes a gap between the times
 * of its neighbours (`from`: until when everything was known; `now` where none follows).
 */
export function readPayloads(payloads: readonly WebhookPayload[], from: string, now: string): ReadPage {
  let known = from;
  let failed = false;
  const changes = payloads.flatMap((payload, i): SeenChange[] => {
    if (isChange(payload)) {
      known = timeOf(payload);
      return changesOf(payload, known);
    }
    const later = payloads.slice(i + 1).find(isChange);
    const until = later ? timeOf(later) : now;
    if ('unreadable' in payload) return [gapOf({ reason: 'payload_unreadable', from: known, until })];
    failed = true;
    const code = payload.error === true ? payload.code.slice(0, 100) : '';
    return [gapOf({ reason: 'payload_error', from: known, until, code })];
  });
  return { changes, failed };
}

interface Named {
  readonly name?: string | undefined;
}
type RecordsById = Readonly<Record<string, { readonly cellValuesByFieldId: Cells }>>;

function changesOf(payload: ChangePayload, at: string): SeenChange[] {
  const user = payload.actionMetadata?.sourceMetadata?.user;
  const head = {
    at,
    transaction: payload.baseTransactionNumber,
    source: payload.actionMetadata?.source ?? null,
    actor: user ? actorOf(user) : null,
    before: null,
    after: null,
    recordId: null,
    detail: null,
  };
  const schema = (
    tableId: string,
    what: SchemaDetail['what'],
    more: Omit<SchemaDetail, 'what'> = {},
  ): SeenChange => {
    return { ...head, kind: 'schema', tableId, detail: { what, ...more } };
  };
  const fields = (tableId: string, what: SchemaDetail['what'], byId: Readonly<Record<string, Named>> = {}) =>
    Object.entries(byId).map(([fieldId, info]) => schema(tableId, what, { fieldId, ...nameOf(info) }));
  const created = (tableId: string, byId: RecordsById = {}) =>
    Object.entries(byId).map(([recordId, { cellValuesByFieldId }]): SeenChange => {
      return { ...head, kind: 'created', tableId, recordId, after: plainCells(cellValuesByFieldId) };
    });

  const ofNewTables = Object.entries(payload.createdTablesById ?? {}).flatMap(([id, table]) => [
    schema(id, 'table_created', nameOf(table.metadata)),
    ...fields(id, 'field_created', table.fieldsById),
    ...created(id, table.recordsById),
  ]);
  const ofTables = Object.entries(payload.changedTablesById ?? {}).flatMap(([id, table]) => {
    const changedFields = Object.entries(table.changedFieldsById ?? {});
    return [
      ...(table.changedMetadata ? [schema(id, 'table_changed', nameOf(table.changedMetadata.current))] : []),
      ...fields(id, 'field_created', table.createdFieldsById),
      ...fields(
        id,
        'field_changed',
        Object.fromEntries(changedFields.map(([f, { current }]) => [f, current])),
      ),
      ...(table.destroyedFieldIds ?? []).map((fieldId) => schema(id, 'field_deleted', { fieldId })),
      ...created(id, table.createdRecordsById),
      ...Object.entries(table.changedRecordsById ?? {}).map(
        ([recordId, { current, previous }]): SeenChange => {
          const before = previous ? plainCells(previous.cellValuesByFieldId) : null;
          const after = plainCells(current.cellValuesByFieldId);
          return { ...head, kind: 'updated', tableId: id, recordId, before, after };
        },
      ),
      ...(table.destroyedRecordIds ?? []).map((recordId): SeenChange => {
        return { ...head, kind: 'deleted', tableId: id, recordId };
      }),
    ];
  });
  const gone = (payload.destroyedTableIds ?? []).map((id) => schema(id, 'table_deleted'));
  return [...ofNewTables, ...ofTables, ...gone];
}

/** Of a person nothing more is kept than who it is. */
function actorOf({
  id,
  email,
  name,
}: {
  id: string;
  email?: string | undefined;
  name?: string | undefined;
}): ChangeActor {
  return { id, ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) };
}

const nameOf = (info: Named | undefined) =>
  info?.name === undefined ? {} : { name: info.name.slice(0, 500) };
