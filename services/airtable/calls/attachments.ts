import { z } from 'zod';
import { AirtableRecord, MAX_UPLOAD_BYTES } from '../../../contracts/airtable';
import { BaseId, FieldId, RecordId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { assertId } from './ids';
import { checkInput, invalidCall } from './input';

export interface Upload {
  readonly contentType: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
}

export interface AttachmentUploading {
  /**
   * Appends a file of at most 5 MB to an attachment cell; larger ones can be given to Airtable by a URL that it can
   * reach only. No table is named: the field tells it. Sent once at most, since a second one would append it again.
   * Gives the record with that cell.
   */
  uploadAttachment(
    baseId: string,
    recordId: string,
    fieldId: string,
    upload: Upload,
    options?: CallOptions,
  ): Promise<AirtableRecord>;
}

const Names = z.object({
  contentType: z.string().regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/, 'must be a media type like image/png'),
  filename: z.string().min(1, 'must not be empty').max(255, 'must have at most 255 characters'),
});

/** That call over `perform`. `assertWritable` throws when the connection is read-only. */
export function createAttachmentUploading(perform: Perform, assertWritable: () => void): AttachmentUploading {
  return {
    async uploadAttachment(baseId, recordId, fieldId, { bytes, ...names }, options = {}) {
      const cell = `${assertId(BaseId, baseId)}/${assertId(RecordId, recordId)}/${assertId(FieldId, fieldId)}`;
      const body = checkInput(Names, names);
      if (bytes.byteLength > MAX_UPLOAD_BYTES)
        throw invalidCall(
          `A file of ${bytes.byteLength} bytes is too large to upload: ${MAX_UPLOAD_BYTES} are taken. Give Airtable a URL of it instead.`,
          'upload_too_large',
        );
      assertWritable();
      return perform({
        method: 'POST',
        path: `/${cell}/uploadAttachment`,
        host: 'content',
        body: { ...body, file: Buffer.from(bytes).toString('base64') },
        effect: 'create',
        baseId,
        answer: uploadedTo(recordId, fieldId),
        options,
      });
    },
  };
}

/** The record with at least one attachment in that cell, which is keyed by field id whatever was asked. */
function uploadedTo(recordId: string, fieldId: string) {
  return AirtableRecord.refine((a) => a.id === recordId, 'is another record').refine((a) => {
    const cell = a.fields[fieldId];
    return Array.isArray(cell) && cell.length > 0;
  }, 'has no attachment in the cell');
}
