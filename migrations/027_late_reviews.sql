-- What persons said of records that came late. `foreign`: it is not this edit's.
ALTER TABLE late_records
  ADD COLUMN verdict text CHECK (verdict IN ('landed', 'notLanded', 'retry')),
  ADD COLUMN reviewed_by text,
  ADD COLUMN reviewed_at timestamptz,
  -- The operation that carries it out meanwhile.
  ADD COLUMN review_operation text;
ALTER TABLE late_records DROP CONSTRAINT late_records_state_check;
ALTER TABLE late_records ADD CONSTRAINT late_records_state_check
  CHECK (state IN ('found', 'undo_intended', 'undone', 'changed', 'unclear', 'settled', 'foreign'));
