import { BaseId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { Nothing } from './answers';
import { deleteOne } from './deletion';
import { assertId, WebhookId } from './ids';
import { checkInput } from './input';
import { payloadPage, type PayloadPage } from './payload-answers';
import { CreatedWebhook, RefreshedWebhook, WebhookList, type Webhook } from './webhook-answers';
import { NewWebhook, PayloadQuery } from './webhook-input';

/** The base's own change log. The token needs `webhook:manage`, and its user the Creator role to make or delete one. */
export interface WebhookCalls {
  /** Sent once at most. A base takes 10; each lives for 7 days and is extended by refreshing or by listing payloads. */
  createWebhook(baseId: string, webhook: NewWebhook, options?: CallOptions): Promise<CreatedWebhook>;
  listWebhooks(baseId: string, options?: CallOptions): Promise<Webhook[]>;
  /** Switches pings on or off; payloads are kept either way. Repeated on faults. */
  enableNotifications(
    baseId: string,
    webhookId: string,
    enable: boolean,
    options?: CallOptions,
  ): Promise<void>;
  /** Another 7 days. Gives the time of its end; null where it has none. Repeated on faults. */
  refreshWebhook(baseId: string, webhookId: string, options?: CallOptions): Promise<string | null>;
  /** One that is gone after a repeat of our own counts as deleted. */
  deleteWebhook(baseId: string, webhookId: string, options?: CallOptions): Promise<void>;
  /**
   * What happened, in order, page by page until there is nothing more at the moment. Payloads are kept for a week. How
   * late they come is not documented: that there is none proves nothing.
   */
  listPayloads(
    baseId: string,
    webhookId: string,
    query?: PayloadQuery,
    options?: CallOptions,
  ): AsyncIterable<PayloadPage>;
}

/** Those calls over `perform`. `assertWritable` throws when the connection is read-only. */
export function createWebhookCalls(perform: Perform, assertWritable: () => void): WebhookCalls {
  async function listWebhooks(baseId: string, options: CallOptions = {}): Promise<Webhook[]> {
    const path = webhooksPath(baseId);
    const answer = WebhookList;
    return (await perform({ method: 'GET', path, effect: 'read', baseId, answer, options })).webhooks;
  }

  return {
    listWebhooks,

    async createWebhook(baseId, webhook, options = {}) {
      const path = webhooksPath(baseId);
      const body = checkInput(NewWebhook, webhook);
      assertWritable();
      const answer = CreatedWebhook;
      return perform({ method: 'POST', path, body, effect: 'create', baseId, answer, options });
    },

    async enableNotifications(baseId, webhookId, enable, options = {}) {
      const path = `${webhookPath(baseId, webhookId)}/enableNotifications`;
      assertWritable();
      const body = { enable };
      const answer = Nothing;
      await perform({ method: 'POST', path, body, effect: 'repeatable write', baseId, answer, options });
    },

    async refreshWebhook(baseId, webhookId, options = {}) {
      const path = `${webhookPath(baseId, webhookId)}/refresh`;
      assertWritable();
      const answer = RefreshedWebhook;
      return (await perform({ method: 'POST', path, effect: 'repeatable write', baseId, answer, options }))
        .expirationTime;
    },

    async deleteWebhook(baseId, webhookId, options = {}) {
      const path = webhookPath(baseId, webhookId);
      assertWritable();
      const answer = Nothing;
      await deleteOne(
        (left) =>
          perform({ method: 'DELETE', path, effect: 'repeatable write', baseId, answer, options: left }),
        async (left) => !(await listWebhooks(baseId, left)).some(({ id }) => id === webhookId),
        options,
      );
    },

    async *listPayloads(baseId, webhookId, query = {}, options = {}) {
      const path = `${webhookPath(baseId, webhookId)}/payloads`;
      const { limit, cursor } = checkInput(PayloadQuery, query);
      for (let from = cursor; ;) {
        const asked = new URLSearchParams({
          ...(from !== undefined && { cursor: String(from) }),
          ...(limit !== undefined && { limit: String(limit) }),
        });
        const page: PayloadPage = await perform({
          method: 'GET',
          path: asked.size === 0 ? path : `${path}?${asked.toString()}`,
          effect: 'read',
          baseId,
          answer: payloadPage(from ?? 1),
          options,
        });
        yield page;
        // “Might have more” of an empty page is for a later look, not for asking on and on.
        if (!page.mightHaveMore || page.payloads.length === 0) return;
        from = page.cursor;
      }
    },
  };
}

const webhooksPath = (baseId: string) => `/bases/${assertId(BaseId, baseId)}/webhooks`;
const webhookPath = (baseId: string, webhookId: string) =>
  `${webhooksPath(baseId)}/${assertId(WebhookId, webhookId)}`;
