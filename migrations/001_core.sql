-- The application works as sagatable_app: it owns nothing, row-level security binds it, and it may not TRUNCATE.
-- sagatable_system is for what spans tenants: sign-in, sweepers, the engine's token look-up.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sagatable_app') THEN CREATE ROLE sagatable_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sagatable_system') THEN CREATE ROLE sagatable_system NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server made them just now
END $$;
DO $$ BEGIN
  EXECUTE format('GRANT sagatable_app, sagatable_system TO %I', session_user);
END $$;
GRANT USAGE ON SCHEMA public TO sagatable_app, sagatable_system;

-- Makes a table a tenant's: FORCE row-level security on workspace_id, rights for both roles.
CREATE FUNCTION make_tenant_table(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY tenant ON %I TO sagatable_app USING (workspace_id = current_setting(''app.workspace'', true)) WITH CHECK (workspace_id = current_setting(''app.workspace'', true))', name);
  EXECUTE format('CREATE POLICY system ON %I TO sagatable_system USING (true) WITH CHECK (true)', name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sagatable_app, sagatable_system', name);
END $$;
-- Makes a table one that only sagatable_system reaches.
CREATE FUNCTION make_system_table(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY system ON %I TO sagatable_system USING (true) WITH CHECK (true)', name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sagatable_system', name);
END $$;

-- Identity. Reached by sagatable_system only.
CREATE TABLE users (
  id text PRIMARY KEY,
  email text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  operator boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE profiles (
  user_id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  name text NOT NULL,
  time_zone text NOT NULL DEFAULT 'UTC'
);
-- What a person typed when registering, hashed by the door; the workflow knows its id only.
CREATE TABLE registrations (
  id text PRIMARY KEY,
  email text NOT NULL,
  password_hash text NOT NULL,
  name text NOT NULL,
  user_id text NOT NULL,
  workspace_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE personal_tokens (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  workspace_id text NOT NULL,
  name text NOT NULL,
  digest bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  -- `engine`: made by Sagatable for its own connection to the engine, not listed to people.
  purpose text NOT NULL DEFAULT 'person' CHECK (purpose IN ('person', 'engine')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX ON personal_tokens (user_id);
CREATE INDEX ON personal_tokens (workspace_id);
SELECT make_system_table(t) FROM unnest(ARRAY['users', 'profiles', 'registrations', 'personal_tokens']) t;

CREATE TABLE workspaces (
  workspace_id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE memberships (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'approver', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX ON memberships (user_id);
CREATE TABLE connections (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('engine', 'airtable')),
  url text NOT NULL,
  token_sealed text NOT NULL,
  -- Airtable's user behind the token: the 50/s limit is theirs, not the token's.
  airtable_user text,
  writable boolean NOT NULL DEFAULT false,
  health text NOT NULL DEFAULT 'unknown' CHECK (health IN ('ok', 'unauthorized', 'unreachable', 'unknown')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id)
);

-- One row a transaction. workspace_id has no foreign key: the workspace may be what the operation makes or removes.
CREATE TABLE operations (
  workspace_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  scope text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  actor text NOT NULL,
  input jsonb NOT NULL,
  summary text NOT NULL,
  workflow_id text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'starting'
    CHECK (status IN ('starting', 'running', 'paused', 'compensating', 'done', 'rolled_back', 'needs_review')),
  progress jsonb,
  result jsonb,
  error jsonb,
  edit_id text,
  base_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (workspace_id, id),
  UNIQUE (id)
);
CREATE UNIQUE INDEX operations_idempotency ON operations (scope, name, key);
CREATE INDEX ON operations (workspace_id, created_at DESC, id DESC);
CREATE INDEX operations_open ON operations (updated_at) WHERE status NOT IN ('done', 'rolled_back', 'needs_review');
-- A do commits its effect and its row together; an undo commits a tombstone first, into which late attempts run.
CREATE TABLE operation_steps (
  workspace_id text NOT NULL,
  operation_id text NOT NULL,
  step text NOT NULL,
  state text NOT NULL CHECK (state IN ('done', 'undone', 'tombstone')),
  result jsonb,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, operation_id, step)
);

CREATE TABLE edits (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  kind text NOT NULL DEFAULT 'edit' CHECK (kind IN ('edit', 'revert')),
  connection_id text NOT NULL,
  base_id text NOT NULL,
  base_name text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'planning' CHECK (state IN
    ('planning', 'proposed', 'rejected', 'expired', 'approved', 'applying', 'applied', 'rolled_back', 'needs_review', 'failed')),
  -- What was asked for, as it came in; the canonical change set is in edit_changes.
  request jsonb,
  hash text,
  note text,
  planner text,
  proposed_by text NOT NULL,
  chat_id text,
  revert_of text,
  -- Facts computed from the change set when it was planned: counts, groups, warnings, schema it was planned against.
  preview jsonb,
  conflicts text NOT NULL DEFAULT 'skip' CHECK (conflicts IN ('skip', 'overwrite', 'stop')),
  decided_by text,
  decided_at timestamptz,
  reason text,
  operation_id text,
  error text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  UNIQUE (id)
);
CREATE INDEX ON edits (workspace_id, created_at DESC);
-- The change set and its journal: what is intended, with its before-image, and what became of it.
CREATE TABLE edit_changes (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('update', 'create', 'delete', 'createOption')),
  table_id text NOT NULL,
  record_id text,
  label text,
  -- The canonical change (contracts/changes.ts).
  change jsonb NOT NULL,
  group_key text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'intended', 'landed', 'unchanged', 'conflict', 'failed',
    'unknown', 'skipped', 'undo_intended', 'undone', 'undo_conflict', 'undo_unknown')),
  reason text,
  -- What the base held just before our write, by field id; what a compensation or revert goes back to.
  found jsonb,
  -- Which request carried it: entries of one request share a batch.
  batch text,
  sent_at timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (workspace_id, edit_id, ordinal),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
CREATE INDEX ON edit_changes (workspace_id, edit_id, state, ordinal);
CREATE INDEX ON edit_changes (workspace_id, edit_id, group_key, ordinal);
-- One writer per base: a lease with a fencing number that only grows.
CREATE TABLE base_leases (
  workspace_id text NOT NULL,
  base_key text NOT NULL,
  holder text NOT NULL,
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, base_key)
);

CREATE TABLE chats (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  title text NOT NULL,
  base_id text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  UNIQUE (id)
);
CREATE TABLE chat_messages (
  workspace_id text NOT NULL,
  chat_id text NOT NULL,
  id text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  role text NOT NULL CHECK (role IN ('user', 'assistant')),
  text text NOT NULL,
  planner text,
  edit_id text,
  tool_calls jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  FOREIGN KEY (workspace_id, chat_id) REFERENCES chats ON DELETE CASCADE
);
CREATE INDEX ON chat_messages (workspace_id, chat_id, seq);
-- The conversation of one turn with a planner, entry by entry: what completed is not asked for again after a crash.
CREATE TABLE transcript_entries (
  workspace_id text NOT NULL,
  turn_id text NOT NULL,
  position integer NOT NULL,
  entry jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, turn_id, position)
);

-- Append-only: neither role may change or remove a row.
CREATE TABLE audit (
  workspace_id text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (workspace_id, seq)
);
SELECT make_tenant_table(t) FROM unnest(ARRAY['workspaces', 'memberships', 'connections', 'operations', 'operation_steps', 'edits',
  'edit_changes', 'base_leases', 'chats', 'chat_messages', 'transcript_entries', 'audit']) t;
REVOKE UPDATE, DELETE ON audit FROM sagatable_app, sagatable_system;
