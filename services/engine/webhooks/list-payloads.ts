import { z } from 'zod';
import { readBase } from '../base-rows';
import { parseBody } from '../body';
import type { BasePlace } from '../place';
import { expirationFrom } from './lifetimes';
import { readPayloads } from './payload-rows';
import { checkScopes } from './specification';
import { isActive, readWebhook, saveExpiration } from './webhook-rows';

/** Source: Airtable Web API, list webhook payloads. */
const MAX_PAYLOADS = 50;
/** A page ends after the payload that passes this, so that one answer does not hold fifty bulk writes. */
const MAX_BYTES = 8_000_000;

/** A whole number from 1 on; clients that put it into a URL send it as text. */
const Count = (max: number) => z.coerce.number().int().min(1).max(max);
const Query = z.object({
  cursor: Count(Number.MAX_SAFE_INTEGER).nullish(),
  limit: Count(MAX_PAYLOADS).nullish(),
});

export interface PayloadPage {
  readonly payloads: unknown[];
  /** The number of the payload after the last one given. */
  readonly cursor: number;
  readonly mightHaveMore: boolean;
  readonly payloadFormat: 'v0';
}

/**
 * `GET …/payloads`, by a token with the given scopes: payloads in the order of their transactions, from `cursor` on. Reading
 * lets an active webhook live for another seven days. Throws EngineError.
 */
export async function listPayloads(
  place: BasePlace,
  webhookId: string,
  scopes: readonly string[],
  query: unknown,
): Promise<PayloadPage> {
  const { cursor, limit } = parseBody(Query, query ?? {});
  await readBase(place);
  const webhook = await readWebhook(place, webhookId);
  checkScopes(webhook.specification, scopes);
  if (isActive(webhook, place.now)) await saveExpiration(place, webhookId, expirationFrom(place.now));
  const from = cursor ?? 1;
  const page = { limit: limit ?? MAX_PAYLOADS, maxBytes: MAX_BYTES };
  const rows = await readPayloads(place, webhookId, from, page);
  // A payload that cannot be seen yet hides those after it: nobody's cursor passes it.
  const hidden = rows.findIndex((row) => !row.visible);
  const visible = hidden < 0 ? rows : rows.slice(0, hidden);
  const given = visible.filter((row) => row.payload !== null);
  const last = given.at(-1);
  return {
    payloads: given.map((row) => row.payload),
    cursor: last ? last.n + 1 : from,
    mightHaveMore: visible.length > given.length,
    payloadFormat: 'v0',
  };
}
