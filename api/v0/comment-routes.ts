import { Router } from 'express';
import { createComment, deleteComment, updateComment } from '../../services/engine/comments/change-comments';
import { listComments } from '../../services/engine/comments/list-comments';
import type { Calls, EngineCall } from './calls';
import { readListQuery } from './query';

const record = (call: EngineCall) => [call.place, call.part('table'), call.part('record')] as const;

/** `/v0/{base}/{table}/{record}/comments`. */
export function createCommentRoutes({ read, write }: Calls): Router {
  const router = Router();
  router
    .route('/:base/:table/:record/comments')
    .get(read('data.recordComments:read', (call) => listComments(...record(call), readListQuery(call.query))))
    .post(write('data.recordComments:write', (call) => createComment(...record(call), call.body)));
  router
    .route('/:base/:table/:record/comments/:comment')
    .patch(
      write('data.recordComments:write', (call) => {
        return updateComment(...record(call), call.part('comment'), call.body);
      }),
    )
    .delete(
      write('data.recordComments:write', (call) => deleteComment(...record(call), call.part('comment'))),
    );
  return router;
}
