-- What a token turned out to be good for, what is seen of it since, and how much of Airtable's limits it may use.
ALTER TABLE connections
  -- As whoami told them when the token was last asked; NULL where Airtable does not tell (it does for OAuth tokens only).
  ADD COLUMN scopes text[],
  -- Scopes that the token had when it was tested and that Airtable does not grant it any more.
  ADD COLUMN lost_scopes text[] NOT NULL DEFAULT '{}',
  -- Bases that the token saw when it was last tested.
  ADD COLUMN base_count integer,
  ADD COLUMN tested_at timestamptz,
  -- When a test was last begun: it keeps tests apart.
  ADD COLUMN test_started_at timestamptz,
  -- Grows with each token, so that what was seen of the one before is not told of this one.
  ADD COLUMN token_version integer NOT NULL DEFAULT 1,
  -- When the present health was noted, and the class of what was seen.
  ADD COLUMN health_checked_at timestamptz,
  ADD COLUMN health_reason text,
  -- Requests a second of each base that may be used, out of the five that all callers have together; NULL for the usual part.
  ADD COLUMN share double precision CHECK (share BETWEEN 0.2 AND 5),
  -- The calls a month of the plan in Airtable; NULL while nobody said.
  ADD COLUMN monthly_calls integer CHECK (monthly_calls > 0),
  DROP CONSTRAINT connections_health_check,
  ADD CONSTRAINT connections_health_check CHECK (health IN ('unknown', 'ok', 'unauthorized', 'narrowed', 'unreachable')),
  ADD CONSTRAINT connections_engine_share CHECK (kind <> 'engine' OR share IS NULL);
