-- Copies of bases from elsewhere. One row a run; its place and counts move on in the transaction of each page.
CREATE TABLE copies (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  base_name text NOT NULL,
  -- The endpoint that is copied from.
  source_url text NOT NULL,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'rolled_back', 'stopped')),
  -- Whether this run made the base; null until it began.
  first boolean,
  position jsonb NOT NULL,
  counts jsonb NOT NULL,
  left_out jsonb NOT NULL DEFAULT '[]',
  note text,
  requested_by text NOT NULL,
  operation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (id)
);
CREATE INDEX ON copies (workspace_id, base_id, created_at DESC);

-- Bases that copies brought, with the schema as the last of them left it: the next one compares with that.
CREATE TABLE copied_bases (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  source_url text NOT NULL,
  schema jsonb,
  -- Counts the lists of tables that were begun, so that each knows what it has seen.
  passes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, base_id),
  FOREIGN KEY (workspace_id, base_id) REFERENCES engine_bases ON DELETE CASCADE
);
-- What the source held when a record was last copied, in stored form: what differs from it has changed there, and
-- what differs from it here was changed here. The record itself may have been deleted here since.
CREATE TABLE copied_records (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  record_id text NOT NULL,
  table_id text NOT NULL,
  cells jsonb NOT NULL,
  -- Who changed which cell last, and when, as far as fields of the source tell: {fieldId: [ISO time, user id]}.
  stamps jsonb NOT NULL,
  -- Comments that copies brought: {id: digest}.
  comments jsonb NOT NULL DEFAULT '{}',
  -- The last pass that met it.
  seen bigint NOT NULL,
  PRIMARY KEY (workspace_id, base_id, record_id),
  FOREIGN KEY (workspace_id, base_id) REFERENCES copied_bases ON DELETE CASCADE
);
CREATE INDEX ON copied_records (workspace_id, base_id, table_id, seen);

-- What a page left to be fetched: the comments of a record, an attachment.
CREATE TABLE copy_tasks (
  workspace_id text NOT NULL,
  copy_id text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('comments', 'attachment')),
  table_id text NOT NULL,
  record_id text NOT NULL,
  -- Of an attachment: field, id, filename, type, size and where it is (an address that works for two hours).
  details jsonb NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace_id, copy_id, seq),
  FOREIGN KEY (workspace_id, copy_id) REFERENCES copies ON DELETE CASCADE
);
CREATE INDEX ON copy_tasks (workspace_id, copy_id, attempts, seq);
CREATE TABLE copy_problems (
  workspace_id text NOT NULL,
  copy_id text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('attachment', 'cell', 'comment')),
  table_id text NOT NULL,
  record_id text NOT NULL,
  field_id text,
  -- What tells problems of one cell apart: an attachment's id.
  item text NOT NULL DEFAULT '',
  name text,
  reason text NOT NULL,
  PRIMARY KEY (workspace_id, copy_id, seq),
  FOREIGN KEY (workspace_id, copy_id) REFERENCES copies ON DELETE CASCADE
);
-- A list that starts again meets the same problems again.
CREATE UNIQUE INDEX copy_problems_once ON copy_problems (workspace_id, copy_id, kind, record_id, coalesce(field_id, ''), item);
SELECT make_tenant_table(t) FROM unnest(ARRAY['copies', 'copied_bases', 'copied_records', 'copy_tasks', 'copy_problems']) t;
