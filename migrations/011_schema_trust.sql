-- A process knows the schemas of bases from before. It says which version it goes by, at the head of its statements; when the
-- base has another one by now, this fails and nothing behind it is done (SQLSTATE SG001). So no answer need be waited for.
CREATE FUNCTION check_engine_base(workspace text, base text, version text, is_watched boolean) RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN
  PERFORM FROM engine_bases WHERE workspace_id = workspace AND id = base AND schema_version = version::uuid AND watched = is_watched;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SG001', MESSAGE = 'the base has another schema by now'; END IF;
END $$;
-- The same, and makes this transaction the only writer of the base.
CREATE FUNCTION hold_engine_base(workspace text, base text, version text, is_watched boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM FROM engine_bases WHERE workspace_id = workspace AND id = base AND schema_version = version::uuid AND watched = is_watched
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SG001', MESSAGE = 'the base has another schema by now'; END IF;
END $$;
