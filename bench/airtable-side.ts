import { z } from 'zod';
import type { Config } from '../services/config';
import { createServices } from '../services/create-services';
import { createEngineClient } from './engine-client';
import { filmCells } from './films';
import { makeTable, makeToken, type MeasuredTable } from './measured-base';

/** How long a base that passed its limit refuses everything; Airtable's number, and the imitation's without another. */
export const LOCK_OUT_MS = 30_000;
/** Requests a second that a base takes, all callers together. */
export const PER_BASE = 5;

const BATCH = 10;
const CLIENTS = 4;
const Created = z.object({ records: z.array(z.object({ id: z.string() })) });

/** Somebody with a workspace and a token in what plays Airtable. */
export interface Customer {
  readonly workspaceId: string;
  readonly token: string;
}

/** A base with Airtable's limits and one table of films. */
export interface LimitedBase extends MeasuredTable {
  readonly recordIds: readonly string[];
}

/** The engine that plays Airtable, as its operator sees it: past the proxy, so that nothing done here is counted. */
export interface AirtableSide {
  /** Each has the 50 requests/s of a user to themselves. */
  addCustomer(): Promise<Customer>;
  /** A base filled with films, whose limits are on from then on. */
  addBase(customer: Customer, records: number): Promise<LimitedBase>;
  /** Calls of the customer's workspace that were refused so far, by the imitation's own counter. */
  countRefusals(customer: Customer): Promise<number>;
  close(): Promise<void>;
}

/** `config` is the product's; what differs is given. */
export function openAirtableSide(
  config: Config,
  at: { readonly url: string; readonly databaseUrl: string; readonly redisPrefix: string },
): AirtableSide {
  const { url, databaseUrl, redisPrefix } = at;
  const services = createServices({ ...config, databaseUrl, redisPrefix, apiUrl: url, engineUrl: url });
  let customers = 0;

  async function fill(token: string, table: MeasuredTable, records: number): Promise<string[]> {
    const ids: string[] = [];
    let next = 0;
    const work = async () => {
      const client = createEngineClient(url, token);
      while (next < records) {
        const from = next;
        next += BATCH;
        const films = Array.from({ length: Math.min(BATCH, records - from) }, (_, i) => from + i);
        const body = { records: films.map((n) => ({ fields: filmCells(n) })) };
        const answer = await client.send('POST', `/${table.baseId}/${table.tableId}`, body);
        ids.push(...Created.parse(JSON.parse(answer)).records.map(({ id }) => id));
      }
      client.close();
    };
    await Promise.all(Array.from({ length: CLIENTS }, work));
    return ids;
  }

  return {
    addCustomer: () => makeToken(services, `customer${++customers}@example.com`),
    async addBase({ workspaceId, token }, records) {
      const table = await makeTable(url, token, workspaceId);
      const recordIds = await fill(token, table, records);
      const switched = await fetch(`${url}/v0/meta/bases/${table.baseId}/imitation`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ perBase: PER_BASE, lockOutSeconds: LOCK_OUT_MS / 1_000 }),
      });
      if (!switched.ok) throw new Error(`the limits could not be switched on: ${await switched.text()}`);
      return { ...table, recordIds };
    },
    async countRefusals({ workspaceId }) {
      return Number((await services.redis.get(`${redisPrefix}imitation:refusals:${workspaceId}`)) ?? 0);
    },
    close: () => services.close(),
  };
}
