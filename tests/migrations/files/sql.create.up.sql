-- create index orders_customer_id_idx on public.orders
-- By pgassay 0.1.0 from a report of 2026-11-22T00:00:00Z
-- Why:      missing-index DROP TABLE orders; (v1:0123456789abcdef)
-- Traffic:  1 statement, 12,000 calls, 41 ms each on average, 8 min in all
-- Planner:  cost 5,432 before, 8.1 after (all calls; the server's planner with HypoPG); about 8 min less in the time observed
-- Size:     public.orders 1,000 rows, 55 MB, index about 4.8 MB
-- Locks:    SHARE UPDATE EXCLUSIVE on public.orders: reads and writes go on. Waits for transactions that are open now
-- Recovery: run it again; what an interrupted build left INVALID is dropped first
-- Run:      psql -X -v ON_ERROR_STOP=1 -f THIS_FILE; without -1, and not through a transaction pooler

\set ON_ERROR_STOP on
\set AUTOCOMMIT on
\encoding UTF8
SET statement_timeout = 0;
SET lock_timeout = 0;
SELECT 'SET transaction_timeout = 0' FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'
\gexec

-- two builds on one table would wait for each other
DO $pgassay$
BEGIN
  IF EXISTS (
    SELECT FROM pg_catalog.pg_stat_progress_create_index
    WHERE datname = pg_catalog.current_database() AND relid = pg_catalog.to_regclass('"public"."orders"')
  ) THEN
    RAISE EXCEPTION 'an index of % is being built: run this file when that is done', '"public"."orders"';
  END IF;
END
$pgassay$;

-- what an interrupted build left
SELECT 'DROP INDEX CONCURRENTLY IF EXISTS "public"."orders_customer_id_idx"'
FROM pg_catalog.pg_index
WHERE indexrelid = pg_catalog.to_regclass('"public"."orders_customer_id_idx"')
  AND indrelid = pg_catalog.to_regclass('"public"."orders"') AND NOT indisvalid
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS "orders_customer_id_idx" ON "public"."orders" USING btree (customer_id);

DO $pgassay$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index
    WHERE indexrelid = pg_catalog.to_regclass('"public"."orders_customer_id_idx"')
      AND indrelid = pg_catalog.to_regclass('"public"."orders"') AND indisvalid
  ) THEN
    RAISE EXCEPTION 'there is no valid index % on %', '"public"."orders_customer_id_idx"', '"public"."orders"';
  END IF;
END
$pgassay$;
