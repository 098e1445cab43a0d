-- no-transaction
-- create index ev_k_idx on partitioned table public.ev from the indexes of its partitions
-- By pgassay 0.1.0 from a report of 2026-11-22T00:00:00Z
-- Parts:    3 partitions when the report was made
-- Locks:    SHARE on public.ev (no writes), then ACCESS EXCLUSIVE on one index after the other; each for an instant, and it gives up after waiting 2 s
-- Recovery: run it again; what is attached stays. A partition that it reports needs its index (CONCURRENTLY) and an ATTACH first
DO $pgassay$
BEGIN
  SET LOCAL lock_timeout = '2s';
  CREATE INDEX IF NOT EXISTS "ev_k_idx" ON ONLY "public"."ev" USING btree (k);
  COMMIT;
  SET LOCAL lock_timeout = '2s';
  CREATE INDEX IF NOT EXISTS "ev_2_k_idx" ON ONLY "public"."ev_2" USING btree (k);
  COMMIT;
  SET LOCAL lock_timeout = '2s';
  ALTER INDEX "public"."ev_k_idx" ATTACH PARTITION "public"."ev_1_k_idx";
  COMMIT;
  SET LOCAL lock_timeout = '2s';
  ALTER INDEX "public"."ev_2_k_idx" ATTACH PARTITION "hidden"."ev_2_a_k_idx";
  COMMIT;
  SET LOCAL lock_timeout = '2s';
  ALTER INDEX "public"."ev_2_k_idx" ATTACH PARTITION "public"."ev_2_b_k_idx";
  COMMIT;
  SET LOCAL lock_timeout = '2s';
  ALTER INDEX "public"."ev_k_idx" ATTACH PARTITION "public"."ev_2_k_idx";
  COMMIT;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index
    WHERE indexrelid = pg_catalog.to_regclass('"public"."ev_k_idx"') AND indrelid = pg_catalog.to_regclass('"public"."ev"') AND indisvalid
  ) THEN
    RAISE EXCEPTION 'index % is not valid: a partition was added since this file was written, or the build of one failed; without a valid index: %',
      '"public"."ev_k_idx"', (
        SELECT pg_catalog.string_agg(part.relid::pg_catalog.regclass::text, ', ' ORDER BY part.relid)
        FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass('"public"."ev"')) part
        WHERE part.isleaf AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index own
          JOIN pg_catalog.pg_partition_tree(pg_catalog.to_regclass('"public"."ev_k_idx"')) tree ON tree.relid = own.indexrelid
          WHERE own.indrelid = part.relid AND own.indisvalid
        )
      );
  END IF;
END
$pgassay$;
