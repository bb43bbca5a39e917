import type { CopyProblem } from '../../contracts/copies';
import type { Tx } from '../database/database';

/** A problem to be kept; `item` tells those of one cell apart. */
export type NewProblem = CopyProblem & { readonly item?: string };

/** Problems that one answer lists. */
const SHOWN = 1_000;

/** Keeps problems; those that are known already are not repeated. */
export async function keepProblems(
  tx: Tx,
  workspaceId: string,
  copyId: string,
  problems: readonly NewProblem[],
): Promise<void> {
  if (problems.length === 0) return;
  const column = <T>(of: (problem: NewProblem) => T) => problems.map(of);
  await tx.query(
    `INSERT INTO copy_problems (workspace_id, copy_id, kind, table_id, record_id, field_id, item, name, reason)
     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
     ON CONFLICT DO NOTHING`,
    [
      workspaceId,
      copyId,
      column((p) => p.kind),
      column((p) => p.tableId),
      column((p) => p.recordId),
      column((p) => p.fieldId),
      column((p) => p.item ?? ''),
      column((p) => p.name),
      column((p) => p.reason),
    ],
  );
}

/** The first of a copy's problems, and how many there are. */
export async function readProblems(
  tx: Tx,
  copyId: string,
): Promise<{ problems: CopyProblem[]; problemCount: number }> {
  const { rows } = await tx.query<CopyProblem>(
    `SELECT kind, table_id AS "tableId", record_id AS "recordId", field_id AS "fieldId", name, reason
     FROM copy_problems WHERE copy_id = $1 ORDER BY seq LIMIT $2`,
    [copyId, SHOWN],
  );
  return { problems: rows, problemCount: await countProblems(tx, copyId) };
}

/** How many problems a copy had. */
export async function countProblems(tx: Tx, copyId: string): Promise<number> {
  const { rows } = await tx.query<{ n: string }>(
    'SELECT count(*) AS n FROM copy_problems WHERE copy_id = $1',
    [copyId],
  );
  return Number(rows[0]?.n ?? 0);
}
