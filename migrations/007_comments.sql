-- What people say about a record. A comment goes with its record; answers stay when what they answer is deleted.
CREATE TABLE engine_comments (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  record_id text NOT NULL,
  id text NOT NULL,
  -- Tells comments of one moment apart.
  seq bigint GENERATED ALWAYS AS IDENTITY,
  author_id text NOT NULL,
  -- Mentions stand in it by id: @[usr…].
  text text NOT NULL,
  -- The ids among those that were people when it was written.
  mentioned text[] NOT NULL DEFAULT '{}',
  parent_id text,
  created_time timestamptz NOT NULL,
  updated_time timestamptz,
  -- Airtable's own form. Reactions cannot be given by API: they come with copied bases.
  reactions jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (workspace_id, base_id, id),
  FOREIGN KEY (workspace_id, base_id, record_id) REFERENCES engine_records ON DELETE CASCADE
);
CREATE INDEX engine_comments_order ON engine_comments (workspace_id, base_id, record_id, created_time, seq);
SELECT make_tenant_table('engine_comments');
