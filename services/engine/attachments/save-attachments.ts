import type { AttachmentWrite } from '../cell-writing';
import { EngineError } from '../engine-error';
import type { BasePlace } from '../place';

/** Adds attachments that a write brings and checks those it keeps. Throws Airtable's INVALID_ATTACHMENT_OBJECT. */
export async function saveAttachments(place: BasePlace, writes: readonly AttachmentWrite[]): Promise<void> {
  if (writes.length === 0) return;
  place.effects.add('attachments');
  throw new EngineError(422, 'INVALID_ATTACHMENT_OBJECT', 'attachments cannot be written here');
}
