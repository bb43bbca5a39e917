import { createHmac } from 'node:crypto';

/** What the secret of a webhook is bound to in the database. */
export function secretContext(workspaceId: string, webhookId: string): string {
  return `webhook/${workspaceId}/${webhookId}`;
}

/** The value of X-Airtable-Content-MAC for a body. Source: Airtable Web API, webhooks overview, notification delivery. */
export function signBody(body: string, macSecretBase64: string): string {
  const key = Buffer.from(macSecretBase64, 'base64');
  return `hmac-sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}
