import { SagatableError } from '../../contracts/errors';
import type { GapDetail } from '../../contracts/witness';
import type { CallOptions } from '../airtable/client';
import type { ChangeTrail } from '../audit/change-trail';
import type { Database } from '../database/database';
import { reopenLateLandings } from '../edits/late-witness';
import { attributeChanges } from './attribution';
import { reattribute } from './reattribution';
import { insertChanges, readLastSeen } from './change-rows';
import { gapOf, readPayloads, type SeenChange } from './read-payloads';
import { patchWatch, type Claim, type WatchRef } from './watch-rows';
import {
  createOwnWebhook,
  isWebhookAlive,
  keepWebhook,
  type WebhookStanding,
  type WitnessClient,
} from './webhook';

/** What a round works with. */
export interface Polling {
  readonly db: Database;
  /** Where late landings of edits are written down for good. */
  readonly trail: ChangeTrail;
  /** Told after a change of somebody else, or a gap, was stored. */
  readonly onForeignChange: (ref: WatchRef) => Promise<void>;
  readonly maxPages: number;
}

/** Pages of 50 payloads in one round: then it is another watch's turn. */
export const MAX_PAGES = 20;
/** Airtable keeps payloads for a week. Source: Airtable Web API, list webhook payloads. */
const PAYLOADS_KEPT_MS = 7 * 86_400_000;

/**
 * One round of a watch: makes its webhook where there is none, prolongs it, and reads what it told since, a page and the
 * new cursor in one transaction, so that a page counts once whoever reads it and however often. Says whether there is
 * more. Throws what the calls throw, and Conflict `watch_claim_lost`.
 */
export async function pollWatch(
  polling: Polling,
  client: WitnessClient,
  claim: Claim,
  options: CallOptions,
): Promise<{ readonly more: boolean }> {
  let present = claim;
  if (present.row.webhookId === null) present = await startWatching(polling, client, claim, options);
  const { webhookId } = present.row;
  if (webhookId === null) throw new Error('a webhook that was just made has an id');
  const standing = await keepWebhook(polling.db, client, present, webhookId, options);
  const read = await readAll(polling, client, present, webhookId, standing, options);
  if (read.more) return { more: true };
  const gone = read.gone || standing === 'gone';
  if (gone || (read.failed && !(await isWebhookAlive(client, present.row.baseId, webhookId, options))))
    await replaceWebhook(polling, client, present, options);
  return { more: false };
}

/** Makes the webhook; what happened before, if the base was watched once, is a gap. */
async function startWatching(
  polling: Polling,
  client: WitnessClient,
  claim: Claim,
  options: CallOptions,
): Promise<Claim> {
  const made = await createOwnWebhook(polling.db, client, claim, options);
  const now = new Date();
  const patch = { ...made, since: now, polledAt: now };
  await polling.db.tenant(claim.row.workspaceId, async (tx) => {
    // With the gap: a process that ends between the two would leave it untold.
    await patchWatch(tx, claim, patch);
    const last = claim.row.polledAt ?? (await readLastSeen(tx, claim.row));
    if (!last) return;
    const reason = claim.row.polledAt ? 'webhook_lost' : 'not_watched';
    await insertGap(tx, claim, { reason, from: last.toISOString(), until: now.toISOString() });
  });
  return { ...claim, row: { ...claim.row, ...patch } };
}

/** The old one tells nothing more: since its last payload nothing is known until there is a new one. */
async function replaceWebhook(
  polling: Polling,
  client: WitnessClient,
  claim: Claim,
  options: CallOptions,
): Promise<void> {
  const { workspaceId } = claim.row;
  const lost = { webhookId: null, webhooksBefore: null, cursor: 1, state: 'starting' as const };
  await polling.db.tenant(workspaceId, (tx) => patchWatch(tx, claim, lost));
  await startWatching(polling, client, { ...claim, row: { ...claim.row, ...lost } }, options);
  await polling.onForeignChange(claim.row);
}

/**
 * Reads payloads up to the last one, or to the end of the round's pages. Of a webhook that tells nothing new any more
 * what is left is read too, but that everything is known until now is not noted.
 */
async function readAll(
  polling: Polling,
  client: WitnessClient,
  { row, id }: Claim,
  webhookId: string,
  standing: WebhookStanding,
  options: CallOptions,
): Promise<{ more: boolean; failed: boolean; gone: boolean }> {
  let failed = false;
  let pages = 0;
  let askedAt = new Date();
  const outOfReach = goneWith(row.polledAt, askedAt);
  try {
    for await (const page of client.listPayloads(row.baseId, webhookId, { cursor: row.cursor }, options)) {
      const from = (row.polledAt ?? askedAt).toISOString();
      const read = readPayloads(page.payloads, from, new Date().toISOString());
      const upTo = page.mightHaveMore || standing === 'gone' ? undefined : askedAt;
      await storePage(
        polling,
        { row, id },
        [...(pages ? [] : outOfReach), ...read.changes],
        page.cursor,
        upTo,
      );
      failed ||= read.failed;
      askedAt = new Date();
      if (++pages >= polling.maxPages && page.mightHaveMore) return { more: true, failed, gone: false };
    }
    return { more: false, failed, gone: false };
  } catch (error) {
    if (!(await isGone(client, row.baseId, webhookId, error, options))) throw error;
    return { more: false, failed, gone: true };
  }
}

/** Whether an error means that the webhook is not there any more; which of the two Airtable answers is not documented (?). */
async function isGone(
  client: WitnessClient,
  baseId: string,
  webhookId: string,
  error: unknown,
  options: CallOptions,
): Promise<boolean> {
  if (!(error instanceof SagatableError)) return false;
  if (error.kind !== 'NotFound' && error.code !== 'connection_forbidden') return false;
  return !(await isWebhookAlive(client, baseId, webhookId, options));
}

/** What was told longer ago than a week, and asked for by nobody since, is lost. */
function goneWith(polledAt: Date | null, now: Date): SeenChange[] {
  const kept = new Date(now.getTime() - PAYLOADS_KEPT_MS);
  if (!polledAt || polledAt >= kept) return [];
  return [gapOf({ reason: 'payloads_gone', from: polledAt.toISOString(), until: kept.toISOString() })];
}

/** Cursor and changes together, or neither. */
async function storePage(
  { db, trail, onForeignChange }: Polling,
  claim: Claim,
  changes: readonly SeenChange[],
  cursor: number,
  polledAt: Date | undefined,
): Promise<void> {
  const { row } = claim;
  const foreign = await db.tenant(row.workspaceId, async (tx) => {
    // First: it locks the watch's row, so that numbers of the stream are given in the order in which they commit.
    await patchWatch(tx, claim, { cursor, ...(polledAt ? { polledAt } : {}), state: 'watching' });
    await reattribute(tx, row);
    const ours = await attributeChanges(tx, row, row.tokenUser, changes);
    await insertChanges(tx, row, changes, ours);
    // Of a stream that is behind, the last change of a record is not yet its last.
    if (polledAt) await reopenLateLandings(tx, trail, row, row.tokenUser);
    return changes.some((change) => !ours.has(change));
  });
  if (foreign) await onForeignChange(row);
}

async function insertGap(
  tx: Parameters<typeof insertChanges>[0],
  { row }: Claim,
  detail: GapDetail,
): Promise<void> {
  await insertChanges(tx, row, [gapOf(detail)], new Map());
}
