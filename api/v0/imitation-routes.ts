import { Router, type RequestHandler } from 'express';
import { readBase } from '../../services/engine/base-rows';
import type { Imitation } from '../../services/engine/imitation/imitation';
import { getImitation, removeImitation, setImitation } from '../../services/engine/imitation/switching';
import type { Calls, EngineCall } from './calls';

/**
 * `/v0/meta/bases/{base}/imitation` and `/v0/meta/imitation` (the calling token): an extension of the engine, by which a
 * base or a token behaves like Airtable under load. PUT switches it on, with Airtable's numbers where the body gives none;
 * DELETE switches it off. These routes are never limited themselves.
 */
export function createImitationRoutes(
  { read, write }: Pick<Calls, 'read' | 'write'>,
  imitation: Pick<Imitation, 'forget'>,
): Router {
  const router = Router();

  /** The process that answered follows its own answer; others follow within a second. */
  function change(work: (call: EngineCall) => Promise<unknown>): RequestHandler {
    return async (req, res, next) => {
      const changed = new Set<string>();
      const handle = write('schema.bases:write', (call) => {
        changed.add(call.who.workspaceId);
        return work(call);
      });
      await handle(req, res, next);
      for (const workspaceId of changed) imitation.forget(workspaceId);
    };
  }

  const checkedBase = async (call: EngineCall) => (await readBase(call.place)).id;
  const token = (call: EngineCall) => call.who.tokenId;

  router
    .route('/bases/:base/imitation')
    .get(
      read('schema.bases:read', async (call) => {
        return getImitation(call.tx, call.who.workspaceId, await checkedBase(call));
      }),
    )
    .put(
      change(async (call) => {
        return setImitation(call.tx, call.who.workspaceId, await checkedBase(call), call.body);
      }),
    )
    .delete(
      change(async (call) => {
        return removeImitation(call.tx, call.who.workspaceId, await checkedBase(call));
      }),
    );
  router
    .route('/imitation')
    .get(read('schema.bases:read', (call) => getImitation(call.tx, call.who.workspaceId, token(call))))
    .put(change((call) => setImitation(call.tx, call.who.workspaceId, token(call), call.body)))
    .delete(change((call) => removeImitation(call.tx, call.who.workspaceId, token(call))));
  return router;
}
