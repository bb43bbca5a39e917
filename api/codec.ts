import { json, Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { SagatableError } from '../contracts/errors';
import { parseKeyRing } from '../services/encryption';
import { createPayloadCodec } from '../temporal-config/codec';
import type { ApiContext } from './context';
import { operatorOf } from './operator';

const Payloads = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.string()).nullish(), data: z.string().nullish() }))
    .max(10_000),
});

/**
 * The remote codec of Temporal's Web UI: shows payloads in clear to signed-in operators, and to nobody else.
 * Protocol: JSON form of temporal.api.common.v1.Payloads, bytes in base64 (docs.temporal.io, "Codec Server").
 */
export function createCodecRoutes(context: ApiContext): Router {
  const codec = createPayloadCodec(parseKeyRing(context.config.encryptionKeys));
  const router = Router();
  // The Web UI may also run on its own port; only that origin is let in, and only with the operator's cookie.
  const uiOrigin = new URL(context.config.temporalUiUrl);
  const origins = new Set([uiOrigin.origin, `http://localhost:${uiOrigin.port}`]);

  function allowOrigin(req: Request, res: Response): void {
    const origin = req.get('origin');
    if (origin === undefined || !origins.has(origin)) return;
    res.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Headers': 'content-type, x-namespace, authorization',
      'Access-Control-Allow-Methods': 'POST, OPTIONS',
      Vary: 'Origin',
    });
  }

  const onlyOperators: RequestHandler = async (req, res, next) => {
    allowOrigin(req, res);
    await operatorOf(context, req);
    next();
  };

  router.options('/codec/decode', (req, res) => {
    allowOrigin(req, res);
    res.status(204).end();
  });

  router.post('/codec/decode', onlyOperators, json({ limit: '8mb' }), async (req, res) => {
    const { payloads } = Payloads.parse(req.body);
    const encoded = payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([k, v]) => [k, Buffer.from(v, 'base64')]),
      ),
      data: Buffer.from(data ?? '', 'base64'),
    }));
    const decoded = await codec.decode(encoded).catch((error: unknown) => {
      throw new SagatableError(
        'InvalidInput',
        'A payload could not be decrypted with the keys of this server.',
        { code: 'undecodable_payload', cause: error },
      );
    });
    res.set('Cache-Control', 'no-store').json({
      payloads: decoded.map(({ metadata, data }) => ({
        metadata: Object.fromEntries(
          Object.entries(metadata ?? {}).map(([k, v]) => [k, Buffer.from(v).toString('base64')]),
        ),
        data: Buffer.from(data ?? []).toString('base64'),
      })),
    });
  });
  return router;
}
