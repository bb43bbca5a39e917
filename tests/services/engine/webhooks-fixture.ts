import { parseKeyRing } from '../../../services/encryption';
import { concludeWrite } from '../../../services/engine/conclude-write';
import { createEngine } from '../../../services/engine/engine';
import type { Acting, BasePlace } from '../../../services/engine/place';
import { createWebhook, type CreatedWebhook } from '../../../services/engine/webhooks/change-webhooks';
import { listPayloads, type PayloadPage } from '../../../services/engine/webhooks/list-payloads';
import { listWebhooks, type Webhook } from '../../../services/engine/webhooks/list-webhooks';
import { createEngineFixture, NOW, type EngineFixture } from './engine-fixture';

export const KEY_RING = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
export const SCOPES = ['data.records:read', 'schema.bases:read'];
export const DAY_MS = 24 * 60 * 60 * 1_000;

/** What tests read out of payloads; more is checked with whole objects. */
export interface Payload {
  readonly timestamp: string;
  readonly baseTransactionNumber: number;
  readonly changedTablesById?: Record<string, Record<string, unknown>>;
  readonly createdTablesById?: Record<string, unknown>;
}

export interface WebhookFixture extends EngineFixture {
  readonly clock: { now(): Date; pass(ms: number): void; set(to: Date): void };
  /** One write of the base, concluded, by the publicApi unless said otherwise. */
  act<T>(work: (place: BasePlace) => Promise<T>, by?: Partial<Acting>): Promise<T>;
  create(
    filters: Record<string, unknown>,
    includes?: Record<string, unknown>,
    notificationUrl?: string,
  ): Promise<CreatedWebhook>;
  payloads(
    webhookId: string,
    query?: unknown,
  ): Promise<Omit<PayloadPage, 'payloads'> & { payloads: Payload[] }>;
  webhook(id: string): Promise<Webhook>;
  removeAll(): Promise<void>;
}

/** The engine's base of films with a clock that tests move. */
export async function createWebhookFixture(): Promise<WebhookFixture> {
  const fixture = await createEngineFixture();
  let now = NOW.getTime();
  const clock = {
    now: () => new Date(now),
    pass: (ms: number) => void (now += ms),
    set: (to: Date) => void (now = to.getTime()),
  };
  const engine = createEngine({
    clock,
    links: { urlOf: ({ attachmentId }) => `https://files.invalid/${attachmentId}` },
  });
  const act: WebhookFixture['act'] = (work, by = {}) =>
    fixture.run(async (tx) => {
      const place = engine.open(tx, fixture.workspaceId, fixture.base.id, {
        userId: null,
        source: 'publicApi',
        ...by,
      });
      const result = await work(place);
      await concludeWrite(place);
      return result;
    });
  return {
    ...fixture,
    engine,
    clock,
    act,
    create: (filters, includes, notificationUrl) =>
      act((place) =>
        createWebhook(place, KEY_RING, SCOPES, {
          notificationUrl,
          specification: { options: { filters, ...(includes ? { includes } : {}) } },
        }),
      ),
    payloads: async (webhookId, query) => {
      const page = await act((place) => listPayloads(place, webhookId, SCOPES, query));
      return { ...page, payloads: page.payloads as Payload[] };
    },
    webhook: async (id) => {
      const { webhooks } = await act(listWebhooks);
      const found = webhooks.find((webhook) => webhook.id === id);
      if (!found) throw new Error(`no webhook ${id}`);
      return found;
    },
    async removeAll() {
      await fixture.database.admin.query('DELETE FROM engine_webhooks');
    },
  };
}
