import type { Config } from '../config';
import type { Database } from '../database/database';
import { createFiles, type Files } from '../files/files';
import { createGuardedFetch, type GuardedAnswer } from '../files/guarded-fetch';
import type { Connections } from '../workspaces/connections';

/** Where the files of records that are to be deleted are fetched from, and where they are kept. */
export interface KeptFiles {
  readonly store: Files;
  /** Throws as a guarded fetch does. */
  fetch(url: string, signal: AbortSignal): Promise<GuardedAnswer>;
}

interface Parts {
  readonly db: Database;
  readonly connections: Pick<Connections, 'get'>;
  readonly config: Pick<Config, 'fetchHosts' | 'apiUrl' | 'engineUrl'>;
}

/** Largest file that is kept, in bytes. Source: Airtable Web API, field model, multipleAttachments: 1 GB. */
export const MAX_KEPT_BYTES = 1024 ** 3;
const TIMEOUT_MS = 5 * 60_000;
/** Airtable's attachments are on other hosts than its API, all of them public. */
const AIRTABLE = 'api.airtable.com';

/** The files of one connection's bases. A server that the operator allows may serve its attachments itself. */
export function createKeptFiles(
  { db, connections, config }: Parts,
  connection: { readonly workspaceId: string; readonly id: string },
): KeptFiles {
  return {
    store: createFiles(db),
    async fetch(url, signal) {
      const endpoint = await connections.get(connection.workspaceId, connection.id);
      const host = new URL(endpoint.url).host;
      const own = [new URL(config.engineUrl).host];
      const fetchHosts = [...config.fetchHosts, ...(host === AIRTABLE ? [] : [host, ...own])];
      // The engine names itself by the address that people reach it at.
      const reached =
        endpoint.kind === 'engine' && url.startsWith(`${config.apiUrl}/`)
          ? config.engineUrl + url.slice(config.apiUrl.length)
          : url;
      return createGuardedFetch({ fetchHosts })({
        url: reached,
        maxBytes: MAX_KEPT_BYTES,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
    },
  };
}
