import { oneRow } from '../../database/database';
import { readBase } from '../base-rows';
import type { LoggedRecord, LoggedSchemaChange } from '../change-log';
import { compileFilter, type RecordFilter } from '../filter';
import { readPayloadPace } from '../imitation/payload-pace';
import type { BasePlace } from '../place';
import type { EngineBase } from '../schema';
import { readViewSettings } from '../views/view-rows';
import { readActionMetadata } from './action-metadata';
import { readAffectedRecords } from './affected-records';
import { splitNews, type PayloadContent } from './payload';
import { insertPayloads } from './payload-rows';
import { recordNews } from './record-news';
import { schemaNews } from './schema-news';
import { scopeOf, type Scope } from './specification';
import { readWatchedRecords, type WatchedRecord } from './watched-records';
import {
  disableWebhook,
  isActive,
  readWebhooks,
  saveWatched,
  wantsPings,
  type WebhookRow,
} from './webhook-rows';

/** Records in a payload where nobody wants fewer: a page of payloads stays something that memory holds. */
const MAX_RECORDS = 1_000;

/** A payload of a webhook whose specification means something that is gone. Source: Airtable Web API, webhooks payload. */
interface BrokenWebhook {
  readonly error: true;
  readonly code: 'INVALID_FILTERS';
}

interface News {
  readonly webhook: WebhookRow;
  readonly contents: readonly (PayloadContent | BrokenWebhook)[];
}

async function viewFilter(place: BasePlace, { table, view }: Scope): Promise<RecordFilter | undefined> {
  if (!table || !view) return undefined;
  const { filter } = await readViewSettings(place, table, view.id);
  return filter === null ? undefined : compileFilter(table, filter, place.now);
}

async function newsFor(
  place: BasePlace,
  base: EngineBase,
  webhook: WebhookRow,
  changes: { readonly records: readonly WatchedRecord[]; readonly schema: readonly LoggedSchemaChange[] },
  maxRecords: number,
): Promise<News> {
  const { specification } = webhook;
  const scope = scopeOf(base, specification);
  if (!scope) {
    await disableWebhook(place, webhook.id);
    return { webhook, contents: [{ error: true, code: 'INVALID_FILTERS' }] };
  }
  const news = {
    schema: schemaNews(specification, scope, base, changes.schema),
    records: recordNews(specification, scope, await viewFilter(place, scope), changes.records),
    ...(scope.view ? { viewId: scope.view.id } : {}),
  };
  return { webhook, contents: [...splitNews(news, maxRecords)] };
}

async function nextTransactionNumber(place: BasePlace): Promise<number> {
  const counted = await place.tx.query<{ number: string }>(
    `UPDATE engine_bases SET transaction_number = transaction_number + 1 WHERE workspace_id = $1 AND id = $2
     RETURNING transaction_number AS number`,
    [place.workspaceId, place.baseId],
  );
  return Number(oneRow(counted).number);
}

/** The webhooks of the base that hear of what this actor does. The caller has locked the base. */
async function readListeners(place: BasePlace): Promise<WebhookRow[]> {
  const webhooks = await readWebhooks(place);
  if (webhooks.length === 0) await saveWatched(place, false);
  return webhooks.filter((webhook) => {
    const { fromSources } = webhook.specification.options.filters;
    return isActive(webhook, place.now) && (fromSources?.includes(place.by.source) ?? true);
  });
}

/**
 * Makes the payloads of what a transaction has changed, in the same transaction: whoever sees the change can read them, after
 * the delay that the base has. The base is locked.
 */
export async function writePayloads(
  place: BasePlace,
  records: readonly LoggedRecord[],
  schema: readonly LoggedSchemaChange[],
): Promise<void> {
  const listeners = await readListeners(place);
  if (listeners.length === 0) return;
  const base = await readBase(place);
  const pace = await readPayloadPace(place);
  const wantsRecords = listeners.some((it) =>
    it.specification.options.filters.dataTypes.includes('tableData'),
  );
  const log = wantsRecords ? [...records, ...(await readAffectedRecords(place, base, records))] : [];
  const changes = { records: await readWatchedRecords(place, base, log), schema };
  const told: News[] = [];
  for (const webhook of listeners) {
    const news = await newsFor(place, base, webhook, changes, pace.maxRecordsPerPayload ?? MAX_RECORDS);
    if (news.contents.length > 0) told.push(news);
  }
  if (told.length === 0) return;
  const head = {
    timestamp: place.now.toISOString(),
    baseTransactionNumber: await nextTransactionNumber(place),
    payloadFormat: 'v0',
    actionMetadata: await readActionMetadata(place),
  };
  const payloads = told.flatMap(({ webhook, contents }) =>
    contents.map((content, i) => ({
      webhookId: webhook.id,
      n: webhook.nextPayload + i,
      payload: { ...head, ...content },
    })),
  );
  await insertPayloads(place, payloads, new Date(place.now.getTime() + pace.payloadDelayMs));
  if (told.some(({ webhook }) => wantsPings(webhook))) place.effects.add('notifications');
}
