import { SagatableError } from '../../contracts/errors';
import type { Connection } from '../../contracts/workspaces';
import { GATEWAY_LIMITS } from '../airtable/limits';
import { missingScopes } from './connection-scopes';

const USUAL_SHARE = GATEWAY_LIMITS.pace.airtable.share ?? null;

/** A row of `connections`. */
export interface ConnectionRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly kind: Connection['kind'];
  readonly url: string;
  readonly token_sealed: string;
  readonly token_version: number;
  readonly airtable_user: string | null;
  readonly writable: boolean;
  readonly health: Connection['health'];
  readonly health_checked_at: Date | null;
  readonly health_reason: Connection['healthReason'];
  readonly scopes: readonly string[] | null;
  readonly lost_scopes: readonly string[];
  readonly base_count: number | null;
  readonly tested_at: Date | null;
  /** Null for the usual part; always for the engine. */
  readonly share: number | null;
  readonly monthly_calls: number | null;
  readonly created_at: Date;
}

/** What is shown of a row; `url` is where it leads now. */
export function toConnection(row: ConnectionRow, url: string): Connection {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    kind: row.kind,
    url,
    writable: row.writable,
    health: row.health,
    healthCheckedAt: row.health_checked_at?.toISOString() ?? null,
    healthReason: row.health_reason,
    testedAt: row.tested_at?.toISOString() ?? null,
    scopes: row.scopes && [...row.scopes],
    missingScopes: missingScopes(row.scopes),
    lostScopes: [...row.lost_scopes],
    baseCount: row.base_count,
    share: row.kind === 'engine' ? null : (row.share ?? USUAL_SHARE),
    monthlyCalls: row.monthly_calls,
    createdAt: row.created_at.toISOString(),
  };
}

/** The row of an answer; throws NotFound `connection_not_found` when there is none. */
export function foundRow(result: { readonly rows: readonly ConnectionRow[] }): ConnectionRow {
  const row = result.rows[0];
  if (row) return row;
  throw connectionNotFound();
}

/** The same for an id that is not there, another workspace's, and one that is no id. */
export function connectionNotFound(): SagatableError {
  return new SagatableError('NotFound', 'There is no such connection in this workspace.', {
    code: 'connection_not_found',
  });
}
