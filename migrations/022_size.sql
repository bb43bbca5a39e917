-- How many changes of an edit are in each state, kept by the journal itself: to count them anew for every chunk of a large
-- edit would take time that grows with the square of its size.
CREATE TABLE edit_counts (
  workspace_id text NOT NULL,
  edit_id text NOT NULL,
  state text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (workspace_id, edit_id, state),
  FOREIGN KEY (workspace_id, edit_id) REFERENCES edits ON DELETE CASCADE
);
SELECT make_tenant_table('edit_counts');
INSERT INTO edit_counts (workspace_id, edit_id, state, n)
  SELECT workspace_id, edit_id, state, count(*) FROM edit_changes GROUP BY 1, 2, 3;

CREATE FUNCTION count_inserted_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO edit_counts AS c (workspace_id, edit_id, state, n)
    SELECT workspace_id, edit_id, state, count(*) FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (workspace_id, edit_id, state) DO UPDATE SET n = c.n + excluded.n;
  RETURN NULL;
END $$;
-- In one order, so that two statements never wait for each other.
CREATE FUNCTION count_moved_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO edit_counts AS c (workspace_id, edit_id, state, n)
    SELECT workspace_id, edit_id, state, sum(n) FROM (
      SELECT workspace_id, edit_id, state, 1 AS n FROM after
      UNION ALL SELECT workspace_id, edit_id, state, -1 FROM before) moved
    GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3
  ON CONFLICT (workspace_id, edit_id, state) DO UPDATE SET n = c.n + excluded.n;
  RETURN NULL;
END $$;
-- Counts that went with their edit stay gone.
CREATE FUNCTION count_removed_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE edit_counts c SET n = c.n - gone.n
    FROM (SELECT workspace_id, edit_id, state, count(*) AS n FROM removed GROUP BY 1, 2, 3) gone
    WHERE (c.workspace_id, c.edit_id, c.state) = (gone.workspace_id, gone.edit_id, gone.state);
  RETURN NULL;
END $$;
CREATE TRIGGER changes_inserted AFTER INSERT ON edit_changes
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_changes();
CREATE TRIGGER changes_moved AFTER UPDATE ON edit_changes
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_moved_changes();
CREATE TRIGGER changes_removed AFTER DELETE ON edit_changes
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_changes();

-- By how much (ms) a waiter lets others go first that came after it: the more it has to do the longer, up to a minute.
ALTER TABLE base_lease_waiters ADD COLUMN patience_ms integer NOT NULL DEFAULT 0;
