-- What has to be approved, one row an edit: exactly that change set, through that connection, in that base. Whoever moves the
-- row on from 'open' has decided; `operation_id` is the one operation that an approval starts.
CREATE TABLE approvals (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  hash text NOT NULL,
  connection_id text NOT NULL,
  base_id text NOT NULL,
  proposed_by text NOT NULL,
  records integer NOT NULL,
  deletions integer NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'expired')),
  -- What the first approval chose; those that follow have to choose the same.
  conflicts text,
  chosen jsonb,
  operation_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  remind_at timestamptz,
  reminded_at timestamptz,
  PRIMARY KEY (workspace_id, edit_id),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE,
  CHECK ((state = 'approved') = (operation_id IS NOT NULL))
);
CREATE INDEX approvals_open ON approvals (workspace_id, created_at, edit_id) WHERE state = 'open';
CREATE INDEX approvals_expiring ON approvals (expires_at) WHERE state = 'open';
CREATE INDEX approvals_remind ON approvals (remind_at) WHERE state = 'open';
-- What each person said, once.
CREATE TABLE approval_decisions (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  -- A user, or `system` for a rule.
  user_id text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('approved', 'rejected')),
  via text NOT NULL CHECK (via IN ('session', 'token', 'rule')),
  -- The session, the token, or the name of the rule.
  credential_id text NOT NULL,
  reason text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (workspace_id, edit_id, user_id),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES approvals ON DELETE CASCADE
);
-- A workspace without a row has the defaults of contracts/approvals.ts.
CREATE TABLE approval_rules (
  workspace_id text PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
  rules jsonb NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- Who said, once for a connection, that writes may set off what no undo takes back.
CREATE TABLE connection_consents (
  workspace_id text NOT NULL,
  connection_id text NOT NULL,
  given_by text NOT NULL,
  given_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, connection_id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES connections ON DELETE CASCADE
);
SELECT make_tenant_table(t) FROM unnest(ARRAY['approvals', 'approval_decisions', 'approval_rules', 'connection_consents']) t;

-- Edits of before: what is open can be approved, what was approved goes on.
SET LOCAL ROLE sagatable_system;
INSERT INTO approvals (workspace_id, edit_id, hash, connection_id, base_id, proposed_by, records, deletions, state, conflicts,
    operation_id, created_at, expires_at, decided_at)
  SELECT workspace_id, id, hash, connection_id, base_id, proposed_by,
    coalesce((preview->'counts'->>'records')::int, 0), coalesce((preview->'counts'->>'deletes')::int, 0),
    CASE WHEN state = 'proposed' THEN 'open' WHEN state IN ('rejected', 'expired') THEN state ELSE 'approved' END,
    CASE WHEN state IN ('proposed', 'rejected', 'expired') THEN NULL ELSE conflicts END,
    CASE WHEN state IN ('proposed', 'rejected', 'expired') THEN NULL ELSE operation_id END,
    created_at, expires_at, decided_at
  FROM edits WHERE hash IS NOT NULL AND expires_at IS NOT NULL
    AND (state IN ('proposed', 'rejected', 'expired') OR decided_by IS NOT NULL AND operation_id IS NOT NULL);
INSERT INTO approval_decisions (workspace_id, edit_id, user_id, verdict, via, credential_id, reason, at)
  SELECT a.workspace_id, a.edit_id, e.decided_by, a.state, 'session', 'unknown', e.reason, coalesce(e.decided_at, e.created_at)
  FROM approvals a JOIN edits e ON e.workspace_id = a.workspace_id AND e.id = a.edit_id
  WHERE a.state IN ('approved', 'rejected') AND e.decided_by IS NOT NULL;
-- A token with every scope there was could approve what it had proposed, and still can.
UPDATE personal_tokens SET scopes = scopes || '{edits:approveOwn}'
  WHERE purpose = 'person' AND scopes @> '{users:read,users:write,user.email:read,workspaces:read,workspaces:create,workspaces:delete,members:write,connections:write,bases:copy,tokens:write,chats:write,edits:propose,edits:approve,operations:control,data.records:read,data.records:write,data.recordComments:read,data.recordComments:write,schema.bases:read,schema.bases:write,webhook:manage}';
RESET ROLE;
