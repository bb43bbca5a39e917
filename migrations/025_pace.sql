-- Since when and from where an operation has gone on at its present kind of work: what an estimate of the rest goes by.
ALTER TABLE operations ADD COLUMN paced_phase text, ADD COLUMN paced_since timestamptz, ADD COLUMN paced_from integer;
