-- The copy that brought somebody who belongs to no one else: its undo takes them back. NULL for members, and for whom more
-- than one copy named.
ALTER TABLE engine_people ADD COLUMN copy_id text;
CREATE INDEX ON engine_people (workspace_id, copy_id) WHERE copy_id IS NOT NULL;
