-- What a plan has come to so far, where that is too much to be held in memory; gone once it is a change set. One attempt at a
-- time writes here: the one that is named on the edit.
ALTER TABLE edits ADD COLUMN plan_attempt text;
CREATE TABLE planned_changes (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  -- What it is about, once in an edit: a record, or what a creation stands for.
  subject text NOT NULL,
  -- In the order of being planned.
  seq integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('create', 'update', 'delete', 'none')),
  table_id text NOT NULL,
  -- Its length as text, so that a page of large ones holds fewer.
  size integer NOT NULL,
  draft json NOT NULL,
  PRIMARY KEY (workspace_id, edit_id, subject),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
SELECT make_tenant_table('planned_changes');
CREATE INDEX ON planned_changes (workspace_id, edit_id, kind, table_id, seq);
