import { z } from 'zod';
import { WebhookId } from './ids';

const Time = z.iso.datetime({ offset: true });

/** `macSecretBase64` is told this once; pings are signed with it. `expirationTime` is absent where it never expires. */
export const CreatedWebhook = z.object({
  id: WebhookId,
  macSecretBase64: z.base64().min(1),
  expirationTime: Time.nullish(),
});
export type CreatedWebhook = z.infer<typeof CreatedWebhook>;

const NotificationResult = z.object({
  success: z.boolean(),
  completionTimestamp: z.string().nullish(),
  durationMs: z.number().nullish(),
  retryNumber: z.number().nullish(),
  willBeRetried: z.boolean().nullish(),
  error: z.object({ message: z.string() }).nullish(),
});

/** Source: Airtable Web API, list webhooks. The specification is as it was given. */
export const Webhook = z.object({
  id: WebhookId,
  areNotificationsEnabled: z.boolean(),
  /** The number that the next payload to come will have. */
  cursorForNextPayload: z.number().int().nonnegative(),
  /** False once it expired, or when Airtable switched it off, as for a specification that holds no more. */
  isHookEnabled: z.boolean(),
  notificationUrl: z.string().nullish(),
  lastSuccessfulNotificationTime: Time.nullish(),
  lastNotificationResult: NotificationResult.nullish(),
  expirationTime: Time.nullish(),
  specification: z.object({ options: z.looseObject({}) }),
});
export type Webhook = z.infer<typeof Webhook>;

export const WebhookList = z.object({ webhooks: z.array(Webhook) });

export const RefreshedWebhook = z.object({ expirationTime: Time.nullable() });
