import { Redis } from 'ioredis';
import { createAirtableGateway } from '../../../services/airtable/gateway';
import { createMarkers, type Markers } from '../../../services/edits/markers';
import { parseKeyRing } from '../../../services/encryption';
import { createConnections } from '../../../services/workspaces/connections';
import { testConfig } from '../../support/config';
import { pollUntil } from '../../support/poll';
import { TEST_KEYS } from '../../support/temporal';
import { QUICK, randomPrefix } from '../airtable/setup';
import { createWitnessWorld, type WitnessWorld } from '../witness/witness-world';
import type { EditRefs } from './edit-world';

/**
 * What happens to a request that creates. `lost`: it is carried out, its answer is not. `never`: it does not arrive. `late`: it
 * is answered with an error and carried out before the next request to the base. `later`: only when the test says so.
 */
export type Fault = 'ok' | 'lost' | 'never' | 'late' | 'later';

export interface CreationWorld extends WitnessWorld {
  readonly markers: Markers;
  /** The field of Films that is made for markers; its name needs escapes in a formula. */
  readonly markerField: string;
  /** Ids of all films. */
  all(): Promise<string[]>;
  /** Chooses it, or none. */
  mark(on: boolean): Promise<void>;
  /** What becomes of the next requests that create films, one after the other; those after them arrive. */
  disturb(faults: readonly Fault[]): void;
  /** Carries out what is still under way. */
  deliver(): Promise<void>;
  /** Applies until nothing is left. */
  finish(edit: EditRefs): Promise<void>;
  undo(edit: EditRefs): Promise<void>;
  rows(edit: EditRefs): Promise<ChangeFact[]>;
  /** No film, no edit, no watch, no marker field. */
  clear(): Promise<void>;
}

export interface ChangeFact {
  readonly ordinal: number;
  readonly state: string;
  readonly evidence: string | null;
  readonly record_id: string | null;
  readonly reason: string | null;
}

/** Edits that create films, with answers that get lost and requests that land late. */
export async function createCreationWorld(): Promise<CreationWorld> {
  const world = await createWitnessWorld();
  const { server, ref } = world;
  const { database } = server;
  const table = `/${ref.baseId}/${server.table('Films')}`;
  const made = (await world.as(
    'full',
    'POST',
    `/meta/bases/${ref.baseId}/tables/${server.table('Films')}/fields`,
    {
      name: 'Made {by} \\ us',
      type: 'singleLineText',
    },
  )) as { id: string };
  const { rows } = await database.admin.query<{ url: string }>('SELECT url FROM connections');
  const config = testConfig({ DATABASE_URL: database.url, AIRTABLE_HOSTS: new URL(rows[0]?.url ?? '').host });
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 1 });
  const connections = createConnections({ db: database.db, keyRing: parseKeyRing(TEST_KEYS), config });
  const gateway = createAirtableGateway({
    redis,
    config: { ...config, redisPrefix: randomPrefix() },
    connections,
    limits: QUICK,
  });
  const markers = createMarkers({ db: database.db, gateway, connections });
  let late: (() => Promise<void>)[] = [];
  let later: (() => Promise<void>)[] = [];

  const carryOut = async (work: (() => Promise<void>)[]) => {
    for (const land of work) await land();
  };
  const own: Omit<CreationWorld, keyof WitnessWorld> = {
    markers,
    markerField: made.id,
    all: async () => [...(await world.cells()).keys()],
    async mark(on) {
      if (on) await markers.choose(ref, server.table('Films'), made.id);
      else await markers.remove(ref, server.table('Films'));
    },
    disturb(faults) {
      const left = [...faults];
      world.onRequest = async (method, path, body) => {
        const due = late;
        late = [];
        await carryOut(due);
        const creates =
          path.startsWith(`/v0${table}`) &&
          (method === 'POST' || (method === 'PATCH' && body.includes('performUpsert')));
        const fault = creates ? (left.shift() ?? 'ok') : 'ok';
        if (fault === 'ok') return undefined;
        // A landing of long ago may be refused by then, as by an upsert whose key two records carry.
        const land = async () =>
          void (await server.call(method, path.replace('/v0', ''), JSON.parse(body.toString())));
        if (fault === 'lost') await land();
        if (fault === 'late') late.push(land);
        if (fault === 'later') later.push(land);
        return { status: 503, body: { error: { type: 'RETRIABLE_ERROR', message: 'later' } } };
      };
    },
    async deliver() {
      const due = [...late, ...later];
      [late, later] = [[], []];
      await carryOut(due);
    },
    finish: async (edit) => {
      await pollUntil('the end of the edit', async () => {
        try {
          return (await world.applyAll(edit)).state === 'done';
        } catch (error) {
          if (error instanceof Error && 'retryable' in error && error.retryable === true) return false;
          throw error;
        }
      });
    },
    undo: async (edit) => {
      await pollUntil('the end of the undo', async () => (await world.undoAll(edit)).state === 'done');
    },
    async rows({ editId }) {
      const found = await database.admin.query<ChangeFact & Record<string, unknown>>(
        'SELECT ordinal, state, evidence, record_id, reason FROM edit_changes WHERE edit_id = $1 ORDER BY ordinal',
        [editId],
      );
      return found.rows;
    },
    async clear() {
      await world.reset();
      [late, later] = [[], []];
      await database.admin.query('DELETE FROM marker_fields');
      const ids = [...(await world.cells()).keys()];
      for (let i = 0; i < ids.length; i += 10) {
        const some = ids.slice(i, i + 10).map((id) => `records[]=${id}`);
        await world.as('full', 'DELETE', `${table}?${some.join('&')}`);
      }
    },
  };
  return {
    ...world,
    ...own,
    // Set by tests, read by the world.
    get onRequest() {
      return world.onRequest;
    },
    set onRequest(look) {
      world.onRequest = look;
    },
    async close() {
      await gateway.close();
      redis.disconnect();
      await world.close();
    },
  };
}
