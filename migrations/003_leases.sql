-- Whoever wants a base that another edit holds waits here; the one who has waited longest goes next.
CREATE TABLE base_lease_waiters (
  workspace_id text NOT NULL,
  base_key text NOT NULL,
  holder text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (workspace_id, base_key, holder)
);
SELECT make_tenant_table('base_lease_waiters');
-- The record that stands where a deleted one was, once the deletion was undone.
ALTER TABLE edit_changes ADD COLUMN restored_as text;
-- Set while a workspace is being deleted: nobody enters it any more, and reopening is the undo.
ALTER TABLE workspaces ADD COLUMN closed_at timestamptz;
