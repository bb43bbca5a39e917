-- Files: bytes in pieces, so that neither a process nor a statement holds a whole one. They are the workspace's and go
-- with it.
CREATE TABLE files (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  -- Whose files these are: each owner collects what it no longer refers to.
  purpose text NOT NULL CHECK (purpose IN ('attachment')),
  -- Both are known once all the bytes are there; until then the file cannot be read.
  size bigint,
  sha256 text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, id),
  CHECK ((size IS NULL) = (sha256 IS NULL))
);
CREATE INDEX ON files (purpose, created_at);
CREATE TABLE file_chunks (
  workspace_id text NOT NULL,
  file_id text NOT NULL,
  n integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (workspace_id, file_id, n),
  FOREIGN KEY (workspace_id, file_id) REFERENCES files ON DELETE CASCADE
);
-- Most files are compressed already: trying again only costs time.
ALTER TABLE file_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Attachments of a base. A cell holds their ids; whoever writes an id again keeps the attachment.
CREATE TABLE engine_attachments (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  id text NOT NULL,
  filename text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
  type text,
  size bigint,
  width integer,
  height integer,
  -- Where it is fetched from. It can hold a signature, so it is forgotten when the fetching has ended.
  source_url text CHECK (source_url IS NULL OR state = 'pending'),
  -- Work still to be done, from when on, how often it was begun, and the mark of who began it last.
  work text CHECK (work IN ('fetch', 'thumbnails')),
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  claim uuid,
  created_at timestamptz NOT NULL,
  -- Since when no cell was seen to hold it.
  unused_since timestamptz,
  PRIMARY KEY (workspace_id, base_id, id),
  FOREIGN KEY (workspace_id, base_id) REFERENCES engine_bases ON DELETE CASCADE
);
CREATE INDEX engine_attachments_due ON engine_attachments (due_at) WHERE work IS NOT NULL;
CREATE INDEX engine_attachments_claimed ON engine_attachments (workspace_id) WHERE claim IS NOT NULL;
-- The bytes of an attachment: the original and the pictures made of it. One file can serve several.
CREATE TABLE engine_attachment_files (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  attachment_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('original', 'small', 'large', 'full')),
  file_id text NOT NULL,
  width integer,
  height integer,
  type text NOT NULL,
  PRIMARY KEY (workspace_id, base_id, attachment_id, kind),
  FOREIGN KEY (workspace_id, base_id, attachment_id) REFERENCES engine_attachments ON DELETE CASCADE,
  -- Looked at when the transaction ends: the erasure of a workspace removes files and attachments in any order.
  FOREIGN KEY (workspace_id, file_id) REFERENCES files DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON engine_attachment_files (workspace_id, file_id);
SELECT make_tenant_table(t) FROM unnest(ARRAY['files', 'file_chunks', 'engine_attachments', 'engine_attachment_files']) t;
