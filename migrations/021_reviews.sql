-- `ask`: a conflict is put aside until somebody decides on it.
ALTER TABLE edits DROP CONSTRAINT edits_conflicts_check;
ALTER TABLE edits ADD CONSTRAINT edits_conflicts_check CHECK (conflicts IN ('skip', 'overwrite', 'stop', 'ask'));
-- The newer edits that a revert takes back together with the one it is of.
ALTER TABLE edits ADD COLUMN includes text[] NOT NULL DEFAULT '{}';

CREATE TABLE edit_conflicts (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  -- What the record held when the conflict was met, by field id; `digest` names it in a decision.
  present jsonb NOT NULL,
  digest text NOT NULL,
  decision text CHECK (decision IN ('overwrite', 'skip')),
  -- NULL beside a decision: nobody decided in time.
  decided_by text,
  decided_at timestamptz,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, edit_id, ordinal),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
SELECT make_tenant_table('edit_conflicts');

ALTER TABLE edit_changes
  -- How often it was about to be sent, to apply and to undo together.
  ADD COLUMN attempts integer NOT NULL DEFAULT 0,
  -- What a person said of a change whose end was unclear, and the operation that carries it out meanwhile.
  ADD COLUMN verdict text CHECK (verdict IN ('landed', 'notLanded', 'retry')),
  ADD COLUMN reviewed_by text,
  ADD COLUMN reviewed_at timestamptz,
  -- The record that it made, by that person's word.
  ADD COLUMN review_record text,
  ADD COLUMN review_operation text;
-- `settled`: a person said what to make of it.
ALTER TABLE late_records DROP CONSTRAINT late_records_state_check;
ALTER TABLE late_records ADD CONSTRAINT late_records_state_check
  CHECK (state IN ('found', 'undo_intended', 'undone', 'changed', 'unclear', 'settled'));
