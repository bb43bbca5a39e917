import type { Perform } from '../call';
import type { AirtableClient } from '../client';
import { createAttachmentUploading } from './attachments';
import { createBaseReading } from './base-reading';
import { createCommenting } from './comments';
import { createCsvSync } from './csv-sync';
import { createIdentity } from './identity';
import { assertUrlLength } from './input';
import { createRecordReading } from './record-reading';
import { createRecordWriting } from './record-writing';
import { createSchemaReading } from './schema-reading';
import { createSchemaWriting } from './schema-writing';
import { createViewCalls } from './views';
import { createWebhookCalls } from './webhooks';

/** The calls of the Web API over `perform`. `assertWritable` throws when the connection is read-only. */
export function createClient(perform: Perform, assertWritable: () => void): AirtableClient {
  const send: Perform = (call) => {
    assertUrlLength(call.path);
    return perform(call);
  };
  const pages = createBaseReading(send);
  const schemas = createSchemaReading(send);
  const records = createRecordReading(send, schemas);
  return {
    ...createIdentity(send),
    ...schemas,
    ...createSchemaWriting(send, assertWritable),
    ...records,
    ...createRecordWriting(send, assertWritable),
    ...createCsvSync(send, assertWritable),
    ...createViewCalls(send, assertWritable, schemas),
    ...createCommenting(send, assertWritable, records, pages),
    ...createWebhookCalls(send, assertWritable),
    ...createAttachmentUploading(send, assertWritable),
    ...pages,
  };
}
