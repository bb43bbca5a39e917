-- Whether anybody may watch the base. It stands in the row that every writer locks, so that a write need not ask.
ALTER TABLE engine_bases ADD COLUMN watched boolean NOT NULL DEFAULT false;
CREATE TABLE engine_webhooks (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  id text NOT NULL,
  -- NULL: whoever made it asks for payloads by themselves.
  notification_url text,
  -- The key of the pings' signature, encrypted.
  secret_sealed text NOT NULL,
  -- As it was given: {options: {filters, includes}}.
  specification json NOT NULL,
  created_at timestamptz NOT NULL,
  expiration_time timestamptz NOT NULL,
  -- False once the specification means something that is not there any more.
  hook_enabled boolean NOT NULL DEFAULT true,
  -- Which number the next payload gets. Only the base's one writer changes it.
  next_payload bigint NOT NULL DEFAULT 1,
  notifications_enabled boolean NOT NULL,
  last_successful_notification_time timestamptz,
  last_notification_result json,
  -- When the next ping is to be sent, how often that has failed, and who is sending it until when at most.
  ping_due_at timestamptz,
  ping_failures integer NOT NULL DEFAULT 0,
  ping_claim uuid,
  ping_claimed_until timestamptz,
  PRIMARY KEY (workspace_id, base_id, id),
  FOREIGN KEY (workspace_id, base_id) REFERENCES engine_bases ON DELETE CASCADE
);
CREATE INDEX engine_webhooks_due ON engine_webhooks (ping_due_at) WHERE ping_due_at IS NOT NULL;
CREATE INDEX ON engine_webhooks (expiration_time);
-- What a webhook tells, made in the transaction of the change and kept for a week.
CREATE TABLE engine_webhook_payloads (
  workspace_id text NOT NULL,
  base_id text NOT NULL,
  webhook_id text NOT NULL,
  n bigint NOT NULL,
  created_at timestamptz NOT NULL,
  -- Nobody sees it before: the delay that an imitation of Airtable can have.
  visible_at timestamptz NOT NULL,
  payload json NOT NULL,
  -- Bytes of the payload: a page of them stays small.
  size integer NOT NULL,
  PRIMARY KEY (workspace_id, base_id, webhook_id, n),
  FOREIGN KEY (workspace_id, base_id, webhook_id) REFERENCES engine_webhooks ON DELETE CASCADE
);
CREATE INDEX ON engine_webhook_payloads (created_at);
SELECT make_tenant_table(t) FROM unnest(ARRAY['engine_webhooks', 'engine_webhook_payloads']) t;
