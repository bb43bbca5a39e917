-- A base's schema is read once per version: each change gives it a new one. A random one, because a number that a
-- rolled-back transaction had used would come again with other content.
ALTER TABLE engine_bases ADD COLUMN schema_version uuid NOT NULL DEFAULT gen_random_uuid();
-- Counts the transactions of the base, as Airtable's webhook payloads do (baseTransactionNumber).
ALTER TABLE engine_bases ADD COLUMN transaction_number bigint NOT NULL DEFAULT 0;
-- The last number that an autoNumber field gave out.
ALTER TABLE engine_fields ADD COLUMN last_number bigint NOT NULL DEFAULT 0;
ALTER TABLE engine_records ADD COLUMN created_by text;
-- Who changed which cell last, and when: {fieldId: [ISO time, user id]}. What a record was created with has no entry.
ALTER TABLE engine_records ADD COLUMN modified jsonb NOT NULL DEFAULT '{}';

-- Who a collaborator, an author or a mention can be. Members come by triggers; others come with copied bases and can
-- be read but not chosen anew.
CREATE TABLE engine_people (
  workspace_id text NOT NULL REFERENCES workspaces ON DELETE CASCADE,
  id text NOT NULL,
  email text,
  name text,
  member boolean NOT NULL,
  PRIMARY KEY (workspace_id, id)
);
SELECT make_tenant_table('engine_people');
-- As the role that reaches all tenants: the owner itself is bound by row-level security.
SET LOCAL ROLE sagatable_system;
INSERT INTO engine_people (workspace_id, id, email, name, member)
SELECT m.workspace_id, u.id, u.email, p.name, true
FROM memberships m JOIN users u ON u.id = m.user_id LEFT JOIN profiles p ON p.user_id = u.id;
RESET ROLE;
CREATE FUNCTION note_engine_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO engine_people (workspace_id, id, email, name, member)
  SELECT NEW.workspace_id, u.id, u.email, p.name, true FROM users u LEFT JOIN profiles p ON p.user_id = u.id WHERE u.id = NEW.user_id
  ON CONFLICT (workspace_id, id) DO UPDATE SET email = excluded.email, name = excluded.name, member = true;
  RETURN NULL;
END $$;
CREATE FUNCTION retire_engine_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE engine_people SET member = false WHERE workspace_id = OLD.workspace_id AND id = OLD.user_id;
  RETURN NULL;
END $$;
CREATE FUNCTION rename_engine_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE engine_people SET name = NEW.name WHERE id = NEW.user_id;
  RETURN NULL;
END $$;
CREATE TRIGGER engine_person_joins AFTER INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION note_engine_person();
CREATE TRIGGER engine_person_leaves AFTER DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION retire_engine_person();
CREATE TRIGGER engine_person_renamed AFTER UPDATE OF name ON profiles FOR EACH ROW EXECUTE FUNCTION rename_engine_person();
