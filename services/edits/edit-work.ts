import { SagatableError } from '../../contracts/errors';
import type { AirtableGateway } from '../airtable/gateway';
import type { ChangeTrail } from '../audit/change-trail';
import type { Config } from '../config';
import type { Database } from '../database/database';
import type { Operations } from '../operations/operations';
import type { Connections } from '../workspaces/connections';
import type { EditRow } from './edit-rows';
import type { Preview } from './preview';

/** What the work on edits needs. */
export interface EditDependencies {
  readonly db: Database;
  readonly gateway: Pick<AirtableGateway, 'open'>;
  readonly connections: Connections;
  readonly operations: Operations;
  /** Where what is settled is written down for good. */
  readonly trail: ChangeTrail;
  readonly config: Pick<
    Config,
    'lateWriteSeconds' | 'settleSeconds' | 'chunkBatches' | 'fetchHosts' | 'apiUrl' | 'engineUrl'
  >;
}

/** An edit and the operation that works on it. */
export interface EditRef {
  readonly workspaceId: string;
  readonly editId: string;
  readonly operationId: string;
}

/** The step of workflows/edits.ts whose tombstone shuts out attempts that wake late. */
export const APPLY_STEP = 'apply';

/** The preview of a planned edit. Throws Conflict `edit_not_ready` before it was planned. */
export function previewOf(edit: EditRow): Preview {
  if (!edit.preview)
    throw new SagatableError('Conflict', 'The edit has not been planned yet.', { code: 'edit_not_ready' });
  return edit.preview;
}
