import { SagatableError } from '../../contracts/errors';
import type { Tx } from '../database/database';
import { removeBase } from '../engine/bases';
import type { BasePlace } from '../engine/place';
import { HostedTables, type HostedTable } from './hosting';

/** Throws Conflict unless a base may be copied here: it is not here, or a copy from the same endpoint brought it. */
export async function assertCopyable(
  tx: Tx,
  workspaceId: string,
  baseId: string,
  sourceUrl: string,
): Promise<void> {
  const { rows } = await tx.query<{ source_url: string | null }>(
    `SELECT c.source_url FROM engine_bases b LEFT JOIN copied_bases c ON (c.workspace_id, c.base_id) = (b.workspace_id, b.id)
     WHERE b.workspace_id = $1 AND b.id = $2`,
    [workspaceId, baseId],
  );
  const here = rows[0];
  if (!here || here.source_url === sourceUrl) return;
  throw here.source_url === null
    ? new SagatableError(
        'Conflict',
        'A base of this id was made in this workspace: a copy would overwrite it.',
        { code: 'base_exists' },
      )
    : new SagatableError(
        'Conflict',
        'The copy of this base in this workspace came from another place: only that can bring changes to it.',
        { code: 'base_from_elsewhere' },
      );
}

/** Throws Conflict `copy_running` while another copy of the base is under way. */
export async function assertNoCopyRuns(tx: Tx, workspaceId: string, baseId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7243))', [`${workspaceId}/${baseId}`]);
  const { rows } = await tx.query<{ operation_id: string }>(
    `SELECT c.operation_id FROM copies c JOIN operations o ON (o.workspace_id, o.id) = (c.workspace_id, c.operation_id)
     WHERE c.workspace_id = $1 AND c.base_id = $2 AND o.status NOT IN ('done', 'rolled_back', 'needs_review') LIMIT 1`,
    [workspaceId, baseId],
  );
  if (!rows[0]) return;
  throw new SagatableError('Conflict', 'This base is being copied already: wait for that or cancel it.', {
    code: 'copy_running',
    details: { runningOperationId: rows[0].operation_id },
  });
}

/** Makes the empty base where it is not here yet. Returns whether it did. Throws Conflict like `assertCopyable`. */
export async function openBase(
  tx: Tx,
  workspaceId: string,
  base: { readonly id: string; readonly name: string; readonly sourceUrl: string },
): Promise<boolean> {
  await assertCopyable(tx, workspaceId, base.id, base.sourceUrl);
  const made = await tx.query(
    'INSERT INTO engine_bases (workspace_id, id, name, created_at) VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING',
    [workspaceId, base.id, base.name],
  );
  if (!made.rowCount) return false;
  await tx.query('INSERT INTO copied_bases (workspace_id, base_id, source_url) VALUES ($1, $2, $3)', [
    workspaceId,
    base.id,
    base.sourceUrl,
  ]);
  return true;
}

/** Removes a base that a copy made, with all it holds. */
export const closeBase = removeBase;

/** The schema as the last copy left it; null before the first. */
export async function readHosted(
  tx: Tx,
  workspaceId: string,
  baseId: string,
): Promise<readonly HostedTable[] | null> {
  const { rows } = await tx.query<{ schema: unknown }>(
    'SELECT schema FROM copied_bases WHERE workspace_id = $1 AND base_id = $2',
    [workspaceId, baseId],
  );
  return HostedTables.nullable().parse(rows[0]?.schema ?? null);
}

/** Keeps the schema that has just been brought. */
export async function saveHosted(place: BasePlace, tables: readonly HostedTable[]): Promise<void> {
  await place.tx.query('UPDATE copied_bases SET schema = $3 WHERE workspace_id = $1 AND base_id = $2', [
    place.workspaceId,
    place.baseId,
    JSON.stringify(tables),
  ]);
}

/** The number of a list that begins. */
export async function beginPass(place: BasePlace): Promise<number> {
  const { rows } = await place.tx.query<{ passes: string }>(
    'UPDATE copied_bases SET passes = passes + 1 WHERE workspace_id = $1 AND base_id = $2 RETURNING passes::text AS passes',
    [place.workspaceId, place.baseId],
  );
  return Number(rows[0]?.passes ?? 0);
}
