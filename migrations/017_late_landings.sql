-- Requests of edits that got no answer, one row each. `open`: it may still land. `landed`: it was seen in the base, once.
CREATE TABLE lost_requests (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  -- The batch of the journal that it carried; a call that the gateway repeated counts as one.
  batch text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('apply', 'undo')),
  -- Of the changes that it carried; what it does to the base follows from it and the phase.
  kind text NOT NULL,
  table_id text NOT NULL,
  ordinals integer[] NOT NULL,
  sent_at timestamptz NOT NULL,
  -- From then on it was without an answer for certain, and nothing of it left any more.
  lost_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'landed')),
  PRIMARY KEY (workspace_id, edit_id, batch),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
CREATE INDEX lost_requests_open ON lost_requests (workspace_id, lost_at) WHERE state = 'open';
-- Records that a late request created beside those of the journal, or after those were taken back.
CREATE TABLE late_records (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  record_id text NOT NULL,
  ordinal integer NOT NULL,
  table_id text NOT NULL,
  -- As it was found: who changed it since keeps it.
  cells jsonb NOT NULL,
  evidence text,
  -- `changed` and `unclear` are left for a person: somebody else's hand was in it, or nobody can tell whose it is.
  state text NOT NULL CHECK (state IN ('found', 'undo_intended', 'undone', 'changed', 'unclear')),
  reason text,
  found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at timestamptz,
  PRIMARY KEY (workspace_id, edit_id, record_id),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
CREATE INDEX late_records_record ON late_records (workspace_id, record_id);
-- How long an edit waited for late writes, and what came of it. No row: there was nothing to wait for.
CREATE TABLE edit_settling (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  window_seconds double precision NOT NULL,
  -- End of the window as it stood at the last sweep.
  until timestamptz NOT NULL,
  sweeps integer NOT NULL DEFAULT 0,
  late_landings integer NOT NULL DEFAULT 0,
  settled_at timestamptz,
  PRIMARY KEY (workspace_id, edit_id),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
SELECT make_tenant_table(t) FROM unnest(ARRAY['lost_requests', 'late_records', 'edit_settling']) t;
