-- Where each new record of a table carries what tells it: a text field that a workspace chose.
CREATE TABLE marker_fields (
  workspace_id text NOT NULL,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  field_id text NOT NULL,
  -- What was to be said of the choice when it was made.
  warnings jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, connection_id, base_id, table_id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES connections ON DELETE CASCADE
);
SELECT make_tenant_table('marker_fields');

ALTER TABLE edit_changes
  -- How it is known what became of the change; NULL where nothing was sent or nothing is known.
  ADD COLUMN evidence text CHECK (evidence IN ('answer', 'marker', 'witness', 'read_back')),
  -- The field that carries the marker of the record that this entry creates; NULL for a creation without one.
  ADD COLUMN marker_field text,
  -- When the write that makes or changes its record (of a deletion: its undo) was first sent; NULL where certainly nothing came of it.
  ADD COLUMN first_sent_at timestamptz;
-- Creations without a known end, of all workspaces: a record that one of them may have made is not taken for another's.
CREATE INDEX edit_changes_open_creations ON edit_changes (table_id)
  WHERE kind IN ('create', 'delete') AND state IN ('intended', 'unknown', 'undo_intended', 'undo_unknown');
