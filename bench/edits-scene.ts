import type { Client as TemporalClient } from '@temporalio/client';
import type { Client } from 'pg';
import type { Services } from '../services/create-services';
import { newId } from '../services/ids';
import type { WorkerPlace } from './edits-worker';
import { makeTable, type MeasuredTable } from './measured-base';
import { fillEngineTable } from './plain-table';
import type { ProductClient } from './product-client';

/** Everybody on the stage: the product with its engine, and what is needed to look at it from outside. */
export interface EditScene {
  readonly product: ProductClient;
  readonly temporal: TemporalClient;
  /** The owner of the tables. */
  readonly owner: Client;
  readonly worker: WorkerPlace;
  readonly apiUrl: string;
  readonly apiPid: number;
  readonly postgresPid: number;
  readonly workspaceId: string;
  readonly token: string;
  /** The connection to the built-in engine. */
  readonly connectionId: string;
  /** A number that no cell of a base holds yet. */
  readonly nextVotes: () => number;
}

/** A base with one table of films. */
export interface FilledBase extends MeasuredTable {
  readonly recordIds: readonly string[];
}

/** Connects a workspace with the engine as making a workspace does. */
export async function connectEngine(
  { db, connections }: Pick<Services, 'db' | 'connections'>,
  { workspaceId, token }: { readonly workspaceId: string; readonly token: string },
  apiUrl: string,
): Promise<string> {
  const id = newId('connection');
  await db.tenant(workspaceId, (tx) =>
    connections.insert(tx, {
      workspaceId,
      id,
      name: 'Built-in engine',
      kind: 'engine',
      url: apiUrl,
      token,
      writable: true,
    }),
  );
  return id;
}

/** Makes a base of so many films, written by SQL: making it is no part of what is measured. */
export async function fillBase(
  { apiUrl, token, workspaceId, owner }: EditScene,
  records: number,
): Promise<FilledBase> {
  const table = await makeTable(apiUrl, token, workspaceId);
  const recordIds = await fillEngineTable(owner, table, records);
  await owner.query('VACUUM ANALYZE engine_records');
  return { ...table, recordIds };
}

/** Proposes, through the product's API, to set one number in every record of a base. */
export function proposeAll(
  { product, connectionId, nextVotes }: EditScene,
  base: FilledBase,
): ReturnType<ProductClient['propose']> {
  const place = { connectionId, baseId: base.baseId, table: base.tableId };
  return product.propose({ ...place, cells: { Votes: nextVotes() } });
}
