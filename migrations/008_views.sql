-- What a view shows: NULL stands for all records, the order of creation, all fields.
-- The filter is a formula whose fields are ids, so that it goes on working when one is renamed.
ALTER TABLE engine_views ADD COLUMN filter text;
-- [{"fieldId", "direction"}]
ALTER TABLE engine_views ADD COLUMN sort jsonb;
ALTER TABLE engine_views ADD COLUMN visible_field_ids text[];
ALTER TABLE engine_views ADD COLUMN personal_for_user_id text;
