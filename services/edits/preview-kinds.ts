/**
 * SQL that is true when the preview of edit $1 tells of changes of one of the kinds $2 (text[]): what the preview does not
 * have need not be looked for among a hundred thousand changes.
 */
export const PREVIEW_TELLS_OF = `EXISTS (SELECT 1 FROM edits e, jsonb_array_elements(e.preview -> 'groups') g
  WHERE e.id = $1 AND g ->> 'kind' = ANY($2))`;
