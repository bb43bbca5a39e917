-- Where the engine behaves like Airtable under load: a switch for a base or for a token, with its numbers.
CREATE TABLE engine_imitation (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  -- The id of a base (app…) or of a personal token.
  subject text NOT NULL,
  base_id text GENERATED ALWAYS AS (CASE WHEN subject LIKE 'app%' THEN subject END) STORED,
  per_base integer NOT NULL,
  per_user integer NOT NULL,
  lock_out_seconds double precision NOT NULL,
  -- NULL: as many as one likes.
  monthly_calls integer,
  body text NOT NULL CHECK (body IN ('object', 'list', 'alternate')),
  payload_delay_ms integer NOT NULL,
  -- NULL: payloads are not split.
  max_records_per_payload integer,
  PRIMARY KEY (workspace_id, subject),
  FOREIGN KEY (workspace_id, base_id) REFERENCES engine_bases ON DELETE CASCADE
);
SELECT make_tenant_table('engine_imitation');
