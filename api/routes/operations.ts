import { Router, type Request, type RequestHandler, type Response } from 'express';
import { SagatableError } from '../../contracts/errors';
import type { Actor } from '../../contracts/identity';
import { FINAL_STATUSES } from '../../contracts/operations';
import type { OperationRow } from '../../services/operations/operations';
import { actorOf } from '../authenticate';
import type { ApiContext } from '../context';
import { failureOf, type OperationDoor } from '../operation-door';
import { OPERATIONS, operationView } from '../operation-view';
import { STAGES } from '../stages';
import { enter, workspaceOf } from '../workspace-of';

/** How long a request waits for its operation when it does not say (seconds), and at most. */
const DEFAULT_WAIT = 2;
const MAX_WAIT = 10;

/** `Prefer: wait=N` in seconds (RFC 7240). */
function waitOf(req: Request): number {
  const asked = /(?:^|[,;\s])wait=(\d+)/.exec(req.get('prefer') ?? '')?.[1];
  return asked === undefined ? DEFAULT_WAIT : Math.min(Number(asked), MAX_WAIT);
}

function keyOf(req: Request): string | undefined {
  const key = req.get('idempotency-key');
  if (key === undefined) return undefined;
  if (key.length < 1 || key.length > 255) {
    throw new SagatableError('InvalidInput', 'Idempotency-Key must have 1 to 255 characters.', {
      code: 'invalid_idempotency_key',
      status: 400,
    });
  }
  return key;
}

/** Answers with the stored result, the stored failure, or 202 and where to look. */
export function answerWith(
  res: Response,
  context: ApiContext,
  row: OperationRow,
  createdStatus: number,
): void {
  res.set('Location', `/v1/operations/${row.id}`);
  res.set('Operation-Id', row.id);
  if (row.status === 'done') {
    res.status(createdStatus).json(row.result);
  } else if (FINAL_STATUSES.includes(row.status)) {
    throw failureOf(row);
  } else {
    res.status(202).json(operationView(row, context.uiUrl, context.config.temporalNamespace));
  }
}

/** One route an operation, derived from its definition: authenticate, parse, authorize, stage, start, wait. */
export function createOperationRoutes(context: ApiContext, door: OperationDoor): Router {
  const router = Router();
  for (const spec of OPERATIONS) {
    const stage = STAGES[spec.name];
    if (spec.route === null) continue;
    if (!stage) throw new Error(`the operation ${spec.name} has a route and no stage`);
    const [method, path] = spec.route.split(' ') as ['POST' | 'DELETE', string];
    const handler: RequestHandler = async (req, res) => {
      const params = Object.fromEntries(Object.entries(req.params).map(([k, v]) => [k, String(v)]));
      const actor: Actor | null = spec.scope === null ? null : actorOf(req);
      let workspaceId = '';
      if (actor && spec.scope !== null) {
        if (spec.tenancy === 'workspace') {
          const { scope } = spec;
          const kind =
            params['editId'] !== undefined ? 'edit' : params['chatId'] !== undefined ? 'chat' : 'workspace';
          workspaceId = await enter(kind, async () => {
            const id = await workspaceOf(context.services, params);
            await context.services.permissions.authorize(actor, id, scope);
            return id;
          });
        } else {
          context.services.permissions.requireScope(actor, spec.scope);
        }
      }
      const input = spec.input.parse(method === 'DELETE' ? params : (req.body ?? {}));
      const staging = await stage({ services: context.services, actor, workspaceId, params, input });
      if ('answer' in staging) {
        res.status(200).json(staging.answer);
        return;
      }
      const started = door.start({
        spec,
        actor: actor?.userId ?? 'anonymous',
        workspaceId: staging.workspaceId ?? workspaceId,
        key: keyOf(req),
        keyScope: actor === null ? 'anonymous' : spec.tenancy === 'new' ? actor.userId : workspaceId,
        request: { params, input },
        waitSeconds: waitOf(req),
        ...(staging.workflow === undefined ? {} : { workflow: staging.workflow }),
        stage: (tx, operationId) => staging.write(tx, operationId),
      });
      const row = await started.catch(async (error: unknown) => {
        await staging.refused?.();
        throw error;
      });
      answerWith(res, context, row, method === 'DELETE' ? 200 : 201);
    };
    if (method === 'POST') router.post(path, handler);
    else router.delete(path, handler);
  }
  return router;
}
