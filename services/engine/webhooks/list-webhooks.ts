import { readBase } from '../base-rows';
import type { BasePlace } from '../place';
import { firstHiddenPayloads } from './payload-rows';
import type { Specification } from './specification';
import { isActive, readWebhooks } from './webhook-rows';

/** A webhook as the API gives it. Source: Airtable Web API, list webhooks. */
export interface Webhook {
  readonly id: string;
  readonly areNotificationsEnabled: boolean;
  readonly cursorForNextPayload: number;
  readonly isHookEnabled: boolean;
  readonly lastSuccessfulNotificationTime: string | null;
  readonly lastNotificationResult: unknown;
  readonly notificationUrl: string | null;
  readonly expirationTime: string;
  readonly specification: Specification;
}

/** `GET /bases/{base}/webhooks`. Throws Airtable's 403 when the workspace has no such base. */
export async function listWebhooks(place: BasePlace): Promise<{ webhooks: Webhook[] }> {
  await readBase(place);
  const rows = await readWebhooks(place);
  const hidden = await firstHiddenPayloads(place);
  return {
    webhooks: rows.map((row) => ({
      id: row.id,
      areNotificationsEnabled: row.notificationsEnabled,
      cursorForNextPayload: hidden.get(row.id) ?? row.nextPayload,
      isHookEnabled: isActive(row, place.now),
      lastSuccessfulNotificationTime: row.lastSuccessfulNotificationTime?.toISOString() ?? null,
      lastNotificationResult: row.lastNotificationResult,
      notificationUrl: row.notificationUrl,
      expirationTime: row.expirationTime.toISOString(),
      specification: row.specification,
    })),
  };
}
