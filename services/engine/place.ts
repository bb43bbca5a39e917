import type { Tx } from '../database/database';
import { createChangeLog, type ChangeLog } from './change-log';
import type { SchemaCache } from './schema-cache';

/** Where a change came from, as webhooks tell it. Source: Airtable Web API, webhooks, actionMetadata. */
export type ChangeSource = 'publicApi' | 'client';

/** Work that begins when the transaction has committed. */
export type Effect = 'attachments' | 'notifications';

/** Who acts on a base and what becomes of it: the same for all that one request does. */
export interface Acting {
  /** The user's id; null where nobody in particular acts. */
  readonly userId: string | null;
  readonly source: ChangeSource;
}

export type DownloadSize = 'original' | 'small' | 'large' | 'full';

/** Makes addresses under which an attachment's bytes can be had without a token, for a time. */
export interface DownloadLinks {
  urlOf(file: {
    readonly workspaceId: string;
    readonly baseId: string;
    readonly attachmentId: string;
    readonly size: DownloadSize;
    readonly filename: string;
    readonly now: Date;
  }): string;
}

/** Where and when the engine works: a transaction of the workspace, one of its bases, one moment, one actor. */
export interface BasePlace {
  readonly tx: Tx;
  readonly workspaceId: string;
  readonly baseId: string;
  /** One moment for all of a request. */
  readonly now: Date;
  readonly by: Acting;
  readonly schemas: SchemaCache;
  /**
   * Whether the schema may be the one that was read last, for the database to refuse when it is no longer so. Whoever sets it
   * does the work again without it after a `isOtherSchema` failure.
   */
  readonly trusting?: boolean;
  readonly links: DownloadLinks;
  /** What this transaction has changed so far. */
  readonly changes: ChangeLog;
  /** Filled while working; looked at after the commit. */
  readonly effects: Set<Effect>;
}

/** A place with nothing changed yet. */
export function openPlace(
  at: Pick<BasePlace, 'tx' | 'workspaceId' | 'baseId' | 'now' | 'by' | 'schemas' | 'trusting' | 'links'>,
): BasePlace {
  return { ...at, changes: createChangeLog(), effects: new Set() };
}
