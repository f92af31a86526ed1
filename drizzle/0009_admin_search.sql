-- Staff search customers by parts of names and e-mail addresses, for which pg_trgm has an index. It comes with
-- Postgres, but not with every installation of it, and not every user may create it: without it a search reads
-- every customer, and all else is the same.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX "users_name_search_idx" ON "users" USING gin ("name" gin_trgm_ops);
    CREATE INDEX "users_email_search_idx" ON "users" USING gin ("email" gin_trgm_ops);
  END IF;
EXCEPTION
  WHEN insufficient_privilege OR undefined_object OR feature_not_supported THEN
    RAISE NOTICE 'search has no index: %', SQLERRM;
END
$$;
