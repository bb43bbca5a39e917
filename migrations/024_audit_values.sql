-- What edits did to the records of a base. Rows stay for good; the values stand beside them and can be made unreadable.
CREATE TABLE audit_changes (
  workspace_id text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  record_id text,
  -- Whose key seals the values: the record as the edit knew it, or the table where no record is concerned.
  subject text NOT NULL,
  kind text NOT NULL,
  event text NOT NULL CHECK (event IN ('landed', 'undone', 'unknown', 'undo_unknown', 'undo_conflict')),
  field_ids text[] NOT NULL,
  evidence text,
  -- Who asked and by which planner and model, who approved, which operation wrote.
  asked_by text NOT NULL,
  planner text,
  approved_by text,
  operation_id text,
  -- SHA-256 over the row's facts, its values and a salt that is sealed with them.
  digest text NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX ON audit_changes (workspace_id, base_id, record_id, seq);
CREATE INDEX ON audit_changes (workspace_id, base_id, subject, seq);
CREATE INDEX ON audit_changes (workspace_id, edit_id, ordinal);
-- A key for each subject (a record of a base). Destroying it makes all that was sealed with it unreadable.
CREATE TABLE audit_subjects (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  subject text NOT NULL,
  key_id uuid NOT NULL,
  -- Sealed with the key ring; NULL once it was destroyed.
  sealed_key text,
  erased_at timestamptz,
  erased_by text,
  PRIMARY KEY (workspace_id, base_id, subject)
);
CREATE TABLE audit_values (
  workspace_id text NOT NULL,
  seq bigint NOT NULL,
  key_id uuid NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (workspace_id, seq),
  FOREIGN KEY (workspace_id, seq) REFERENCES audit_changes
);
SELECT make_tenant_table(t) FROM unnest(ARRAY['audit_changes', 'audit_subjects', 'audit_values']) t;
REVOKE UPDATE, DELETE ON audit_changes, audit_values FROM sagatable_app, sagatable_system;
REVOKE DELETE ON audit_subjects FROM sagatable_app, sagatable_system;
