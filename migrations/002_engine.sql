-- The engine: bases, their schema and their records. Every key begins with the workspace, so that no constraint
-- can tell one tenant what another has. Erasing a workspace erases its bases with it.
CREATE TABLE engine_bases (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
CREATE TABLE engine_tables (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  description text,
  primary_field_id text NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (workspace_id, base_id, id),
  FOREIGN KEY (workspace_id, base_id) REFERENCES engine_bases ON DELETE CASCADE
);
CREATE UNIQUE INDEX engine_tables_name ON engine_tables (workspace_id, base_id, lower(name));
CREATE TABLE engine_fields (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  description text,
  options jsonb,
  position integer NOT NULL,
  PRIMARY KEY (workspace_id, base_id, table_id, id),
  FOREIGN KEY (workspace_id, base_id, table_id) REFERENCES engine_tables ON DELETE CASCADE
);
CREATE UNIQUE INDEX engine_fields_name ON engine_fields (workspace_id, base_id, table_id, lower(name));
CREATE TABLE engine_views (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (workspace_id, base_id, table_id, id),
  FOREIGN KEY (workspace_id, base_id, table_id) REFERENCES engine_tables ON DELETE CASCADE
);
-- A record id is unique in its base: reading one record does not look at the table, as at Airtable.
CREATE TABLE engine_records (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  id text NOT NULL,
  -- The natural order: the order of creation.
  seq bigint GENERATED ALWAYS AS IDENTITY,
  created_time timestamptz NOT NULL,
  -- Stored values by field id; an empty cell has no key. Select options and links are held by id.
  cells jsonb NOT NULL,
  PRIMARY KEY (workspace_id, base_id, id),
  FOREIGN KEY (workspace_id, base_id, table_id) REFERENCES engine_tables ON DELETE CASCADE
);
CREATE UNIQUE INDEX engine_records_order ON engine_records (workspace_id, base_id, table_id, seq);
-- What was accepted, and what came of it. Append-only: neither role may change or remove a row; only the erasure
-- of the whole workspace does (the foreign key acts as the owner).
CREATE TABLE engine_requests (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  base_id text NOT NULL,
  at timestamptz NOT NULL,
  token_id text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  request jsonb NOT NULL,
  result jsonb NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX ON engine_requests (workspace_id, base_id, seq);
SELECT make_tenant_table(t) FROM unnest(ARRAY['engine_bases', 'engine_tables', 'engine_fields', 'engine_views', 'engine_records',
  'engine_requests']) t;
REVOKE UPDATE, DELETE ON engine_requests FROM sagatable_app, sagatable_system;
