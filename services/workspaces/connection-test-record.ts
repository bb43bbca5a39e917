import type { Database } from '../database/database';
import { healthAfter } from './connection-health';
import { foundRow, type ConnectionRow } from './connection-rows';
import type { ConnectionTest } from './connection-test';

type Key = Pick<ConnectionRow, 'workspace_id' | 'id'>;

/** What a test of a saved connection found, or the class of why it found nothing. */
export type TestOutcome =
  | { readonly passed: ConnectionTest }
  | {
      readonly failed: 'connection_not_allowed' | 'connection_unauthorized' | 'connection_unreachable';
    };

/** How far apart tests of one connection are, for all processes together. */
const TEST_INTERVAL = '5 seconds';

/** Claims the right to test; false while another test was begun less than 5 s ago. */
export async function beginTest(db: Database, { workspace_id, id }: Key): Promise<boolean> {
  const sql = `UPDATE connections SET test_started_at = now() WHERE workspace_id = $1 AND id = $2
    AND (test_started_at IS NULL OR test_started_at < now() - interval '${TEST_INTERVAL}')`;
  return (await db.tenant(workspace_id, (tx) => tx.query(sql, [workspace_id, id]))).rowCount === 1;
}

/** Stores the outcome, unless the token it is about was replaced meanwhile, and answers with the row as it is now. */
export async function noteTest(
  db: Database,
  { workspace_id, id }: Key,
  outcome: TestOutcome,
  tokenVersion: number,
): Promise<ConnectionRow> {
  return db.tenant(workspace_id, async (tx) => {
    const sql = 'SELECT * FROM connections WHERE workspace_id = $1 AND id = $2 FOR UPDATE';
    const row = foundRow(await tx.query<ConnectionRow>(sql, [workspace_id, id]));
    if (row.token_version !== tokenVersion) return row;
    const after = 'passed' in outcome ? columnsAfter(outcome.passed, row) : { ...row, ...failing(outcome) };
    const update = `UPDATE connections SET airtable_user = $3, scopes = $4, base_count = $5, lost_scopes = $6, health = $7,
        health_reason = $8, health_checked_at = now(), tested_at = now()
      WHERE workspace_id = $1 AND id = $2 RETURNING *`;
    const { airtable_user, scopes, base_count, lost_scopes, health, health_reason } = after;
    const values = [airtable_user, scopes, base_count, lost_scopes, health, health_reason];
    return foundRow(await tx.query<ConnectionRow>(update, [workspace_id, id, ...values]));
  });
}

type Tested = Pick<
  ConnectionRow,
  'airtable_user' | 'scopes' | 'base_count' | 'lost_scopes' | 'health' | 'health_reason'
>;

function columnsAfter(test: ConnectionTest, row: ConnectionRow): Tested {
  const { health, reason, lost } = healthAfter(test, row.writable);
  return {
    airtable_user: test.airtableUser,
    scopes: test.scopes,
    base_count: test.bases.length,
    lost_scopes: lost,
    health,
    health_reason: reason,
  };
}

function failing({ failed }: { readonly failed: NonNullable<ConnectionRow['health_reason']> }) {
  const health = failed === 'connection_unauthorized' ? 'unauthorized' : 'unreachable';
  return { health, health_reason: failed } as const;
}
