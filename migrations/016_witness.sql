-- Bases that are watched by a webhook of ours, which is polled.
CREATE TABLE base_watches (
  workspace_id text NOT NULL,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  state text NOT NULL DEFAULT 'starting' CHECK (state IN ('starting', 'watching', 'paused', 'broken', 'removing')),
  -- NULL while none was made, or while nobody can tell whether one was.
  webhook_id text,
  -- The webhooks that the base had before ours was asked for: NULL unless a creation is under way or without an answer.
  webhooks_before text[],
  expires_at timestamptz,
  refreshed_at timestamptz,
  -- Number of the next payload.
  cursor bigint NOT NULL DEFAULT 1,
  -- The Airtable user behind the connection's token.
  token_user text,
  poll_seconds integer NOT NULL DEFAULT 60 CHECK (poll_seconds BETWEEN 5 AND 3600),
  -- Since when the present webhook tells, and until when everything that Airtable had told was read.
  since timestamptz,
  polled_at timestamptz,
  due_at timestamptz NOT NULL DEFAULT now(),
  -- Polled fast until then, because an edit of the base runs or has just ended.
  fast_until timestamptz,
  failures integer NOT NULL DEFAULT 0,
  error_code text,
  error_at timestamptz,
  -- Which process looks after it, and until when at most.
  claim uuid,
  claimed_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, connection_id, base_id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES connections ON DELETE CASCADE
);
CREATE INDEX base_watches_due ON base_watches (due_at);
-- What watched bases told: who changed what. Rows of one watch get their numbers in the order in which they commit.
CREATE TABLE base_changes (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  -- One action of Airtable; NULL for a gap.
  transaction_number bigint,
  at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  source text,
  -- {id, email?, name?}; NULL where nobody in particular did it.
  actor jsonb,
  kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted', 'schema', 'gap')),
  table_id text,
  record_id text,
  -- By field id, in the form in which records are read; null is an empty cell.
  before jsonb,
  after jsonb,
  -- What of the schema changed; why there is a gap, and from when to when.
  detail jsonb,
  -- The edit of this workspace that did it, as far as its journal proves.
  edit_id text,
  -- By field id: values of somebody else that this write of ours replaced without having seen them.
  overwrote jsonb,
  PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX base_changes_stream ON base_changes (workspace_id, connection_id, base_id, seq);
CREATE INDEX base_changes_record ON base_changes (workspace_id, base_id, record_id, seq) WHERE record_id IS NOT NULL;
CREATE INDEX base_changes_edit ON base_changes (workspace_id, edit_id, seq) WHERE edit_id IS NOT NULL;
CREATE INDEX base_changes_gaps ON base_changes (workspace_id, connection_id, base_id, seq) WHERE kind = 'gap';
CREATE INDEX base_changes_age ON base_changes (seen_at);
SELECT make_tenant_table(t) FROM unnest(ARRAY['base_watches', 'base_changes']) t;
-- Which edits concern a watched base at the moment, and whose record it is.
CREATE INDEX edits_running ON edits (workspace_id, connection_id, base_id) WHERE state IN ('approved', 'applying');
CREATE INDEX edits_decided ON edits (workspace_id, connection_id, base_id, decided_at);
CREATE INDEX edit_changes_record ON edit_changes (workspace_id, record_id) WHERE record_id IS NOT NULL;
CREATE INDEX edit_changes_restored ON edit_changes (workspace_id, restored_as) WHERE restored_as IS NOT NULL;
-- Connections to the engine that were made before their token could create webhooks.
SET LOCAL ROLE sagatable_system;
UPDATE personal_tokens SET scopes = scopes || ARRAY['webhook:manage']
WHERE purpose = 'engine' AND NOT scopes && ARRAY['webhook:manage'];
RESET ROLE;
