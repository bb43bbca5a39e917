import { isDeepStrictEqual } from 'node:util';
import { SagatableError } from '../../contracts/errors';
import type { Webhook } from '../airtable/calls/webhook-answers';
import type { AirtableClient, CallOptions } from '../airtable/client';
import type { Database } from '../database/database';
import { adviceFor } from './failures';
import { patchWatch, readOtherHooks, type Claim, type WatchPatch, type WatchRow } from './watch-rows';

/** What watching needs of a connection. */
export type WitnessClient = Pick<
  AirtableClient,
  'whoami' | 'createWebhook' | 'listWebhooks' | 'refreshWebhook' | 'deleteWebhook' | 'listPayloads'
>;

/** Everything that happens in the base, whoever does it, with what was there before. Nobody is pinged: it is polled. */
const SPECIFICATION = {
  options: {
    filters: { dataTypes: ['tableData' as const, 'tableFields' as const, 'tableMetadata' as const] },
    includes: { includePreviousCellValues: true },
  },
};

/** Source: Airtable Web API, create a webhook. */
const MAX_WEBHOOKS = 10;

/**
 * Makes the webhook of a watch, once. A webhook has no name by which it could be known again, so the ones that were there
 * before are written down first: after an answer that was lost, ours is the one that came since, with our specification
 * and no address. If several came, or another watch of the base may have made it, none is taken and another is made: ours
 * then ends by itself after seven days, and nobody else's is ever deleted. Gives what the caller has to write down,
 * together with what follows from it. Throws Forbidden and Conflict with what to do.
 */
export async function createOwnWebhook(
  db: Database,
  client: WitnessClient,
  claim: Claim,
  options: CallOptions,
) {
  const { workspaceId, baseId } = claim.row;
  const tokenUser = await readTokenUser(client, options);
  const present = await explained(() => client.listWebhooks(baseId, options));
  const adopted = await findOwn(db, claim.row, present);
  if (!adopted) {
    assertRoom(present);
    const before = present.map(({ id }) => id);
    await db.tenant(workspaceId, (tx) => patchWatch(tx, claim, { webhooksBefore: before, tokenUser }));
  }
  const { id, expirationTime } = adopted ?? (await makeWebhook(db, client, claim, present, options));
  return {
    webhookId: id,
    webhooksBefore: null,
    expiresAt: expirationTime ? new Date(expirationTime) : null,
    refreshedAt: new Date(),
    cursor: 1,
    tokenUser,
    state: 'watching' as const,
  } satisfies WatchPatch;
}

/** The one webhook that came since the creation that was not answered; undefined for none, and where it could be another's. */
async function findOwn(
  db: Database,
  row: WatchRow,
  present: readonly Webhook[],
): Promise<Webhook | undefined> {
  const before = row.webhooksBefore;
  if (before === null) return undefined;
  const others = await db.system((tx) => readOtherHooks(tx, row));
  if (others.unclear) return undefined;
  const ours = present.filter(
    (hook) =>
      !before.includes(hook.id) &&
      !others.ids.has(hook.id) &&
      !hook.notificationUrl &&
      hook.isHookEnabled &&
      isDeepStrictEqual(hook.specification, SPECIFICATION),
  );
  return ours.length === 1 ? ours[0] : undefined;
}

async function makeWebhook(
  db: Database,
  client: WitnessClient,
  claim: Claim,
  present: readonly Webhook[],
  options: CallOptions,
) {
  try {
    return await explained(() =>
      client.createWebhook(claim.row.baseId, { specification: SPECIFICATION }, options),
    );
  } catch (error) {
    if (!(error instanceof SagatableError)) throw error;
    // What certainly made none leaves none to be found.
    if (error.details['mayHaveLanded'] !== true) {
      await db.tenant(claim.row.workspaceId, (tx) => patchWatch(tx, claim, { webhooksBefore: null }));
    }
    // How Airtable words it is not documented (?): a full base is one reason for which ours can be refused.
    const refused = error.kind === 'InvalidInput' && present.length >= MAX_WEBHOOKS;
    throw refused || error.code === 'airtable_too_many_webhooks' ? noRoom() : error;
  }
}

function assertRoom(present: readonly Webhook[]): void {
  if (present.filter((hook) => hook.isHookEnabled).length >= MAX_WEBHOOKS) throw noRoom();
}

const noRoom = () => new SagatableError('Conflict', adviceFor('webhooks_full'), { code: 'webhooks_full' });

/** Who the token belongs to. Throws Forbidden `watch_scope_missing` where Airtable tells the scopes and ours is not there. */
async function readTokenUser(client: WitnessClient, options: CallOptions): Promise<string> {
  const { id, scopes } = await client.whoami(options);
  if (scopes && !scopes.includes('webhook:manage')) {
    throw new SagatableError('Forbidden', adviceFor('watch_scope_missing'), {
      code: 'watch_scope_missing',
      details: { missingScopes: ['webhook:manage'] },
    });
  }
  return id;
}

/** Says what is missing for watching where Airtable says only that something is not permitted. */
async function explained<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SagatableError) || !UNEXPLAINED.has(error.code)) throw error;
    const { code, details } = error;
    throw new SagatableError('Forbidden', adviceFor(code), { code, details, cause: error });
  }
}

const UNEXPLAINED: ReadonlySet<string> = new Set(['connection_forbidden', 'airtable_not_permitted']);

const DAY_MS = 86_400_000;

/** How a webhook that was to be refreshed turned out. */
export type WebhookStanding = 'fine' | 'gone';

/** Gives the webhook another seven days, once a day. `gone`: it has expired, or somebody deleted it. */
export async function keepWebhook(
  db: Database,
  client: WitnessClient,
  claim: Claim,
  webhookId: string,
  options: CallOptions,
): Promise<WebhookStanding> {
  const { workspaceId, baseId, refreshedAt } = claim.row;
  if (refreshedAt !== null && Date.now() - refreshedAt.getTime() < DAY_MS) return 'fine';
  try {
    const until = await client.refreshWebhook(baseId, webhookId, options);
    const expiresAt = until === null ? null : new Date(until);
    await db.tenant(workspaceId, (tx) => patchWatch(tx, claim, { expiresAt, refreshedAt: new Date() }));
    return 'fine';
  } catch (error) {
    if (!(error instanceof SagatableError)) throw error;
    // A connection that writes nothing refreshes nothing: reading the payloads, which follows, prolongs it too.
    if (error.code === 'connection_read_only') return 'fine';
    if (error.kind === 'NotFound' || error.code === 'airtable_rejected') return 'gone';
    throw error;
  }
}

/** Whether the webhook still makes payloads. */
export async function isWebhookAlive(
  client: WitnessClient,
  baseId: string,
  webhookId: string,
  options: CallOptions,
): Promise<boolean> {
  const present = await client.listWebhooks(baseId, options);
  return present.some((hook) => hook.id === webhookId && hook.isHookEnabled);
}

/**
 * Deletes the watch's own webhook at Airtable; one that is gone counts as deleted, and so does one that the token may not
 * delete any more: nobody prolongs it then, and it ends by itself after seven days.
 */
export async function deleteOwnWebhook(
  db: Database,
  client: WitnessClient,
  { row }: Claim,
  options: CallOptions,
): Promise<void> {
  const { baseId, webhookId, webhooksBefore } = row;
  try {
    const id =
      webhookId ??
      (webhooksBefore && (await findOwn(db, row, await client.listWebhooks(baseId, options)))?.id);
    if (id) await client.deleteWebhook(baseId, id, options);
  } catch (error) {
    const endsByItself =
      error instanceof SagatableError && (error.kind === 'NotFound' || error.kind === 'Forbidden');
    if (!endsByItself) throw error;
  }
}
