-- Calls of each connection by calendar month (UTC). Counted in the processes and added every few seconds; what is counted
-- by whom is in services/airtable/usage/call-counter.ts.
CREATE TABLE connection_usage (
  workspace_id text NOT NULL,
  connection_id text NOT NULL,
  month text NOT NULL CHECK (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  calls bigint NOT NULL DEFAULT 0,
  meta_calls bigint NOT NULL DEFAULT 0,
  saved bigint NOT NULL DEFAULT 0,
  rate_limited bigint NOT NULL DEFAULT 0,
  quota_refusals bigint NOT NULL DEFAULT 0,
  -- Since when the month's calls were seen spent; NULL once a data call worked again.
  quota_spent_at timestamptz,
  -- When either was seen last: processes add in any order, and what was seen last counts.
  quota_seen_at timestamptz,
  PRIMARY KEY (workspace_id, connection_id, month),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES connections ON DELETE CASCADE
);
SELECT make_tenant_table('connection_usage');
