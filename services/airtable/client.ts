import type { AirtableRecord, BaseSchema, Cells } from '../../contracts/airtable';
import type { BaseListing, WhoAmI } from './calls/answers';
import type { BaseReading } from './calls/base-reading';

/** What every call takes. */
export interface CallOptions {
  /** Ends the call and closes its socket; the call then throws code `cancelled` (a create in flight: `ambiguous_write`). */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call with its waits and retries; 45,000 when absent. A list counts each page anew. */
  readonly deadlineMs?: number | undefined;
  /**
   * Awaited after the limiter and right before each request is given to fetch; when it throws, that request is not
   * sent and its error is the call's. `mayHaveLanded` tells of earlier requests of the same call. Where no kept-alive
   * connection is free, connecting still lies between it and the first byte (10 s at most: Node's own limit).
   */
  readonly beforeSend?: ((before: { readonly mayHaveLanded: boolean }) => Promise<void>) | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Lets Airtable guess values from text, and create select options. Edits use it for new options only. */
  readonly typecast?: boolean | undefined;
}

export interface ReadOptions extends CallOptions {
  /** Fields of the table that is meant: Airtable ignores the table when it reads one record, and an answer with other fields is refused. */
  readonly fieldIds?: Iterable<string> | undefined;
}

/** Source: Airtable Web API, list records. Names or ids in; the answer is keyed by field id always. */
export interface ListQuery {
  readonly fields?: readonly string[] | undefined;
  readonly filterByFormula?: string | undefined;
  readonly sort?:
    readonly { readonly field: string; readonly direction?: 'asc' | 'desc' | undefined }[] | undefined;
  readonly view?: string | undefined;
  readonly maxRecords?: number | undefined;
  readonly pageSize?: number | undefined;
  /** `string` needs `timeZone` and `userLocale`. */
  readonly cellFormat?: 'json' | 'string' | undefined;
  readonly timeZone?: string | undefined;
  readonly userLocale?: string | undefined;
}

export interface RecordUpdate {
  readonly id: string;
  readonly fields: Cells;
}

/**
 * One connection to Airtable or to the engine. Every method throws SagatableError only (or what `beforeSend`
 * threw), never with the token or upstream text in its message: `InvalidInput`, `Forbidden`
 * (`connection_unauthorized`, `connection_forbidden`, `connection_read_only`), `NotFound`, `Conflict`
 * (`list_expired`), `LimitReached` (`rate_wait`, `airtable_rate_limit`, `airtable_quota`), `Upstream`
 * (`ambiguous_write`, `unexpected_answer`, …), `Unavailable` (`unreachable`, `deadline_exceeded`, `cancelled`, …).
 * `details.mayHaveLanded` tells of a write that failed whether it can have reached the base.
 */
export interface AirtableClient extends BaseReading {
  /** The user behind the token. */
  whoami(options?: CallOptions): Promise<WhoAmI>;
  /** All bases the token may see. */
  listBases(options?: CallOptions): Promise<BaseListing[]>;
  /** Tables, fields and views of a base. */
  getBaseSchema(baseId: string, options?: CallOptions): Promise<BaseSchema>;
  /** Page by page, at most 100 records each; nothing is asked for before it is wanted. Throws `list_expired` when Airtable forgot its place: start again. */
  listRecords(
    baseId: string,
    tableId: string,
    query?: ListQuery,
    options?: CallOptions,
  ): AsyncIterable<AirtableRecord[]>;
  /** Throws NotFound when there is none. */
  getRecord(
    baseId: string,
    tableId: string,
    recordId: string,
    options?: ReadOptions,
  ): Promise<AirtableRecord>;
  /** At most 10, answered in the order given. Sent once at most: `ambiguous_write` when nobody can tell whether it landed. */
  createRecords(
    baseId: string,
    tableId: string,
    cells: readonly Cells[],
    options?: WriteOptions,
  ): Promise<AirtableRecord[]>;
  /** At most 10; cells not named stay as they are. Repeated on faults, since the same values come out the same. */
  updateRecords(
    baseId: string,
    tableId: string,
    updates: readonly RecordUpdate[],
    options?: WriteOptions,
  ): Promise<AirtableRecord[]>;
  /** At most 10. A record that is gone after a repeat of our own counts as deleted; one that was gone before throws. */
  deleteRecords(
    baseId: string,
    tableId: string,
    recordIds: readonly string[],
    options?: CallOptions,
  ): Promise<void>;
}
