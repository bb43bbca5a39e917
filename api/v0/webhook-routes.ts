import { Router } from 'express';
import type { KeyRing } from '../../services/encryption';
import {
  createWebhook,
  deleteWebhook,
  enableNotifications,
  refreshWebhook,
} from '../../services/engine/webhooks/change-webhooks';
import { listPayloads } from '../../services/engine/webhooks/list-payloads';
import { listWebhooks } from '../../services/engine/webhooks/list-webhooks';
import type { Calls, EngineCall } from './calls';

/** What the request log keeps of a created webhook: all but the key of its signature. */
function withoutSecret(request: unknown, result: unknown) {
  const told = typeof result === 'object' ? { ...result, macSecretBase64: undefined } : null;
  return { request, result: told };
}

/** Reading payloads lets the webhook live on, which is a write, though none that belongs in the log. */
const KEEPS_ALIVE = { readOnly: false } as const;

/**
 * `/v0/bases/{base}/webhooks`. To be mounted at `/bases`, before the record routes, which would take `bases` for a base.
 */
export function createWebhookRoutes(
  { read, write }: Pick<Calls, 'read' | 'write'>,
  keyRing: KeyRing,
): Router {
  const router = Router();
  const hook = (call: EngineCall) => [call.place, call.part('webhook')] as const;

  router
    .route('/:base/webhooks')
    .get(read('webhook:manage', (call) => listWebhooks(call.place)))
    .post(
      write('webhook:manage', (call) => createWebhook(call.place, keyRing, call.who.scopes, call.body), {
        logged: withoutSecret,
      }),
    );
  router.delete(
    '/:base/webhooks/:webhook',
    write('webhook:manage', (call) => deleteWebhook(...hook(call))),
  );
  router.post(
    '/:base/webhooks/:webhook/enableNotifications',
    write('webhook:manage', (call) => enableNotifications(...hook(call), call.body)),
  );
  router.post(
    '/:base/webhooks/:webhook/refresh',
    write('webhook:manage', (call) => refreshWebhook(...hook(call))),
  );
  router
    .route('/:base/webhooks/:webhook/payloads')
    .get(
      read(
        'webhook:manage',
        (call) => {
          const query = { cursor: call.query.one('cursor'), limit: call.query.one('limit') };
          return listPayloads(...hook(call), call.who.scopes, query);
        },
        KEEPS_ALIVE,
      ),
    )
    .post(
      read('webhook:manage', (call) => listPayloads(...hook(call), call.who.scopes, call.body), KEEPS_ALIVE),
    );
  return router;
}
