import type { Cells } from '../../contracts/airtable';
import type { AttachmentUploading } from './calls/attachments';
import type { BaseReading } from './calls/base-reading';
import type { Commenting } from './calls/comments';
import type { CsvSync } from './calls/csv-sync';
import type { Identity } from './calls/identity';
import type { RecordReading } from './calls/record-reading';
import type { RecordWriting } from './calls/record-writing';
import type { SchemaReading } from './calls/schema-reading';
import type { SchemaWriting } from './calls/schema-writing';
import type { ViewCalls } from './calls/views';
import type { WebhookCalls } from './calls/webhooks';

/** What every call takes. */
export interface CallOptions {
  /** Ends the call and closes its socket; the call then throws code `cancelled` (a create in flight: `ambiguous_write`). */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call with its waits and retries; 45,000 when absent. A list counts each page anew. */
  readonly deadlineMs?: number | undefined;
  /**
   * Awaited when each request is about to be written, on a connection that stands; when it throws, nothing of that
   * request has left and its error is the call's. `mayHaveLanded` tells of earlier requests of the same call.
   */
  readonly beforeSend?: ((before: { readonly mayHaveLanded: boolean }) => Promise<void>) | undefined;
  /** An answer that is a few seconds old will do (of a schema, half a minute). Never for a conflict check or a before-image. */
  readonly cached?: boolean | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Lets Airtable guess values from text, and create select options. Edits use it for new options only. */
  readonly typecast?: boolean | undefined;
}

/** How cells come. Source: Airtable Web API, list records, get record. */
export interface CellFormat {
  /** `string` (cells as a person sees them; the text may change) needs the other two. */
  readonly cellFormat?: 'json' | 'string' | undefined;
  readonly timeZone?: string | undefined;
  readonly userLocale?: string | undefined;
}

export interface ReadOptions extends CallOptions, CellFormat {
  /** Fields of the table that is meant, where the caller knows some: a record with a cell in one of them is of that table. */
  readonly fieldIds?: Iterable<string> | undefined;
}

/** Source: Airtable Web API, list records. Names or ids in; the answer is keyed by field id always. */
export interface ListQuery extends CellFormat {
  readonly fields?: readonly string[] | undefined;
  readonly filterByFormula?: string | undefined;
  readonly sort?:
    readonly { readonly field: string; readonly direction?: 'asc' | 'desc' | undefined }[] | undefined;
  readonly view?: string | undefined;
  readonly maxRecords?: number | undefined;
  readonly pageSize?: number | undefined;
  /** Gives each record its `commentCount`. */
  readonly commentCounts?: boolean | undefined;
}

export interface RecordUpdate {
  readonly id: string;
  readonly fields: Cells;
}

/**
 * One connection to Airtable or to the engine: every call of the Web API. Every method throws SagatableError only (or
 * what `beforeSend` threw), never with the token or upstream text in its message: `InvalidInput` (before anything is
 * sent where the documented limits say so), `Forbidden` (`connection_unauthorized`, `connection_forbidden`,
 * `connection_read_only`), `NotFound`, `Conflict` (`list_expired`), `LimitReached` (`rate_wait`,
 * `airtable_rate_limit`, `airtable_quota`), `Upstream` (`ambiguous_write`, `unexpected_answer`, …), `Unavailable`
 * (`unreachable`, `circuit_open`, `deadline_exceeded`, `cancelled`, `gateway_closed`, …). The codes of Airtable's own
 * refusals are in refusal-table.ts. `details.mayHaveLanded` tells of a write that failed whether
 * it can have reached the base. What creates something is sent once at most: `ambiguous_write` when nobody can tell
 * whether it landed.
 */
export interface AirtableClient
  extends
    Identity,
    RecordReading,
    RecordWriting,
    CsvSync,
    SchemaReading,
    SchemaWriting,
    ViewCalls,
    Commenting,
    WebhookCalls,
    AttachmentUploading,
    BaseReading {}
