import { Router } from 'express';
import { describeUpload, uploadAttachment } from '../../services/engine/attachments/upload-attachment';
import type { Calls } from './calls';

/** `/v0/{base}/{record}/{field}/uploadAttachment`, which Airtable has at content.airtable.com. */
export function createAttachmentRoutes({ write }: Calls): Router {
  const router = Router();
  router.post(
    '/:base/:record/:field/uploadAttachment',
    write(
      'data.records:write',
      (call) => uploadAttachment(call.place, call.part('record'), call.part('field'), call.body),
      { logged: (request, result) => ({ request: describeUpload(request), result }) },
    ),
  );
  return router;
}
