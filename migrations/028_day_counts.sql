-- What the rule for small edits has approved of a person's lately.
CREATE INDEX approvals_lately ON approvals (workspace_id, proposed_by, decided_at) WHERE state = 'approved';
