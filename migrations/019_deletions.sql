-- Before-images of records that edits delete: what the row of the journal does not hold. Written before the deletion is sent.
CREATE TABLE deleted_records (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  record_id text NOT NULL,
  created_time text NOT NULL,
  -- All cells as they were read, computed ones too, by field id: to be shown.
  shown jsonb NOT NULL,
  -- Link cells of other records (and of others deleted with it) that held it: [{tableId, recordId, fieldId, ids}].
  links jsonb NOT NULL,
  comment_count integer NOT NULL,
  -- Oldest first: [{author, at, text}]; NULL where the token may not read comments.
  comments jsonb,
  captured_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, edit_id, ordinal),
  FOREIGN KEY (workspace_id, edit_id, ordinal) REFERENCES edit_changes ON DELETE CASCADE
);
-- Their attachments, bytes included.
CREATE TABLE deleted_attachments (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  field_id text NOT NULL,
  attachment_id text NOT NULL,
  filename text NOT NULL,
  type text NOT NULL,
  size bigint NOT NULL,
  file_id text NOT NULL,
  -- Where Airtable itself can fetch it from, for two hours.
  url text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, edit_id, ordinal, field_id, attachment_id),
  FOREIGN KEY (workspace_id, edit_id, ordinal) REFERENCES edit_changes ON DELETE CASCADE,
  -- Looked at when the transaction ends: the erasure of a workspace removes files and edits in any order.
  FOREIGN KEY (workspace_id, file_id) REFERENCES files DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON deleted_attachments (workspace_id, file_id);
ALTER TABLE files DROP CONSTRAINT files_purpose_check,
  ADD CONSTRAINT files_purpose_check CHECK (purpose IN ('attachment', 'deleted'));

-- What still has to follow a record that an edit or a revert created again: links, attachments, comments.
CREATE TABLE restorations (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  base_id text NOT NULL,
  table_id text NOT NULL,
  old_id text NOT NULL,
  new_id text NOT NULL,
  -- The deletion that it undoes.
  image_edit_id text NOT NULL,
  image_ordinal integer NOT NULL,
  -- `linked`: its own links are back; those to it, attachments and comments are not yet.
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'linked', 'done')),
  -- What did not return: [{kind, what, reason}].
  lost jsonb NOT NULL DEFAULT '[]',
  -- When a comment was last sent.
  comment_sent_at timestamptz,
  done_at timestamptz,
  PRIMARY KEY (workspace_id, edit_id, ordinal),
  FOREIGN KEY (workspace_id, edit_id, ordinal) REFERENCES edit_changes ON DELETE CASCADE
);
CREATE INDEX restorations_open ON restorations (workspace_id, edit_id) WHERE state <> 'done';
CREATE INDEX ON restorations (workspace_id, image_edit_id);
-- Attachments that are, or were, sent once more: old ids with their new ones.
CREATE TABLE restored_attachments (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  ordinal integer NOT NULL,
  base_id text NOT NULL,
  field_id text NOT NULL,
  old_id text NOT NULL,
  -- NULL while nobody knows whether it arrived.
  new_id text,
  -- What the cell held when it was sent: what is not among it can be ours.
  before_ids text[] NOT NULL,
  sent_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, edit_id, ordinal, field_id, old_id),
  FOREIGN KEY (workspace_id, edit_id, ordinal) REFERENCES restorations ON DELETE CASCADE
);
CREATE INDEX ON restored_attachments (workspace_id, base_id, old_id) WHERE new_id IS NOT NULL;
SELECT make_tenant_table(t) FROM unnest(ARRAY['deleted_records', 'deleted_attachments', 'restorations', 'restored_attachments']) t;

-- Which record stands for a deleted one: the journal tells.
CREATE INDEX edit_changes_restores ON edit_changes (workspace_id, (change ->> 'restores')) WHERE kind = 'create' AND change ? 'restores';
ALTER TABLE edits ADD COLUMN repost_comments boolean NOT NULL DEFAULT false;
