import { once } from 'node:events';
import { Router } from 'express';
import { z } from 'zod';
import { BaseId, FieldId, idOf, RecordId } from '../../contracts/ids';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { nextCursor } from '../page-query';
import { parseParams, parseQuery } from '../parse';
import { workspaceOf } from '../workspace-of';

const Moment = z.iso.datetime({ offset: true }).transform((time) => new Date(time));
const Times = z.object({ from: Moment.optional(), until: Moment.optional() });
const ListQuery = Times.extend({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** The number of the last entry of the page before. */
  cursor: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  actor: z.string().max(200).optional(),
  action: z.string().max(200).optional(),
  subject: z.string().max(200).optional(),
});
const RecordParams = z.object({ workspaceId: idOf('workspace'), baseId: BaseId, recordId: RecordId });
const HistoryQuery = z.object({
  fieldId: FieldId.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(100).optional(),
});

/** Reading and exporting the trail; what became of a record, and making its values unreadable. */
export function createAuditRoutes({ services }: Pick<ApiContext, 'services'>): Router {
  const { permissions, audit, recordHistory } = services;
  const router = Router();

  router.get('/v1/workspaces/:workspaceId/audit', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await permissions.authorize(actorOf(req), workspaceId, 'audit:read');
    const { limit, cursor, ...query } = parseQuery(ListQuery, req);
    const entries = await audit.list(workspaceId, query, limit, cursor);
    res.json({ entries, nextCursor: nextCursor(entries, limit, ({ seq }) => String(seq)) });
  });

  router.get('/v1/workspaces/:workspaceId/audit/export', async (req, res) => {
    const workspaceId = await workspaceOf(services, req.params);
    await permissions.authorize(actorOf(req), workspaceId, 'audit:read');
    const times = parseQuery(Times, req);
    await audit.record(workspaceId, actorOf(req).userId, 'audit.exported', workspaceId, {
      from: times.from?.toISOString() ?? null,
      until: times.until?.toISOString() ?? null,
    });
    res.attachment(`audit-${workspaceId}.ndjson`).type('application/x-ndjson');
    for await (const line of audit.export(workspaceId, times)) {
      if (res.closed) return;
      if (!res.write(`${JSON.stringify(line)}\n`))
        await Promise.race([once(res, 'drain'), once(res, 'close')]);
    }
    res.end();
  });

  router.get('/v1/workspaces/:workspaceId/bases/:baseId/records/:recordId/history', async (req, res) => {
    const ref = parseParams(RecordParams, req, 'There is no such record.');
    await permissions.authorize(actorOf(req), ref.workspaceId, 'data.records:read');
    res.json(await recordHistory.read({ ...ref, ...parseQuery(HistoryQuery, req) }));
  });

  router.delete('/v1/workspaces/:workspaceId/bases/:baseId/records/:recordId/history', async (req, res) => {
    const ref = parseParams(RecordParams, req, 'There is no such record.');
    await permissions.authorize(actorOf(req), ref.workspaceId, 'audit:erase');
    const erasedAt = await audit.erase(ref, actorOf(req).userId);
    res.json({ recordId: ref.recordId, erasedAt: erasedAt.toISOString() });
  });
  return router;
}
