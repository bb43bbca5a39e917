import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sealText, type KeyRing } from '../../encryption';
import { isSourceUrl } from '../attachments/attachment-rules';
import { lockBase, readBase } from '../base-rows';
import { parseBody } from '../body';
import { EngineError, invalidRequest } from '../engine-error';
import { newEngineId } from '../engine-ids';
import type { BasePlace } from '../place';
import { expirationFrom } from './lifetimes';
import { secretContext } from './signature';
import { checkScopes, checkSpecification, Specification } from './specification';
import {
  insertWebhook,
  isActive,
  readWebhook,
  readWebhooks,
  removeWebhook,
  saveExpiration,
  saveNotifications,
  saveWatched,
} from './webhook-rows';

/** Source: Airtable Web API, create a webhook. */
const MAX_WEBHOOKS = 10;

const NotificationUrl = z
  .string()
  .max(2_000)
  .refine(isSourceUrl, 'must be an http or https URL without a password');
const NewWebhook = z.object({ notificationUrl: NotificationUrl.nullish(), specification: Specification });
const Toggle = z.object({ enable: z.boolean() });

export interface CreatedWebhook {
  readonly id: string;
  /** The key of the pings' signature; it is never given again. */
  readonly macSecretBase64: string;
  readonly expirationTime: string;
}

/**
 * `POST /bases/{base}/webhooks`, by a token with the given scopes. Throws EngineError: 422 for what is not valid and for the
 * eleventh webhook, 403 when the token may not read what it wants to hear of.
 */
export async function createWebhook(
  place: BasePlace,
  keyRing: KeyRing,
  scopes: readonly string[],
  body: unknown,
): Promise<CreatedWebhook> {
  const { notificationUrl, specification } = parseBody(NewWebhook, body);
  checkScopes(specification, scopes);
  checkSpecification(await lockBase(place), specification);
  const active = (await readWebhooks(place)).filter((webhook) => isActive(webhook, place.now));
  if (active.length >= MAX_WEBHOOKS) {
    throw new EngineError(
      422,
      'TOO_MANY_WEBHOOKS_IN_BASE',
      `A base can have up to ${MAX_WEBHOOKS} webhooks: delete one first`,
    );
  }
  const id = newEngineId('ach');
  const macSecretBase64 = randomBytes(32).toString('base64');
  const expirationTime = expirationFrom(place.now);
  await insertWebhook(place, {
    id,
    notificationUrl: notificationUrl ?? null,
    specification,
    expirationTime,
    secretSealed: sealText(keyRing, macSecretBase64, secretContext(place.workspaceId, id)),
  });
  await saveWatched(place, true);
  if (notificationUrl) place.effects.add('notifications');
  return { id, macSecretBase64, expirationTime: expirationTime.toISOString() };
}

/** `DELETE …/webhooks/{id}`: its payloads go with it. Throws EngineError: 404 when the base has no such webhook. */
export async function deleteWebhook(place: BasePlace, id: string): Promise<Record<string, never>> {
  await lockBase(place);
  await readWebhook(place, id);
  await removeWebhook(place, id);
  if ((await readWebhooks(place)).length === 0) await saveWatched(place, false);
  return {};
}

/**
 * `POST …/enableNotifications`. Payloads are made either way, and whoever is switched on is pinged at once, for those that were
 * missed. Throws EngineError.
 */
export async function enableNotifications(
  place: BasePlace,
  id: string,
  body: unknown,
): Promise<Record<string, never>> {
  const { enable } = parseBody(Toggle, body);
  await readBase(place);
  const webhook = await readWebhook(place, id);
  if (webhook.notificationsEnabled !== enable) await saveNotifications(place, id, enable);
  if (enable) place.effects.add('notifications');
  return {};
}

/** `POST …/refresh`: another seven days for a webhook that is still active. Throws EngineError. */
export async function refreshWebhook(place: BasePlace, id: string): Promise<{ expirationTime: string }> {
  await readBase(place);
  const webhook = await readWebhook(place, id);
  if (!isActive(webhook, place.now)) throw invalidRequest('the webhook has expired: create a new one');
  const expirationTime = expirationFrom(place.now);
  await saveExpiration(place, id, expirationTime);
  return { expirationTime: expirationTime.toISOString() };
}
