-- Changes of tables and fields stand in the same journal as those of records.
ALTER TABLE edit_changes
  DROP CONSTRAINT edit_changes_kind_check,
  ADD CONSTRAINT edit_changes_kind_check CHECK (kind IN ('update', 'create', 'delete', 'createOption',
    'createTable', 'createField', 'renameTable', 'describeTable', 'renameField', 'describeField')),
  -- Of a table or field that was made: its real id, and those of its fields, by what stands for each in the change set.
  ADD COLUMN made jsonb;
