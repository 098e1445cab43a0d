-- drop index public.ev_k_idx of partitioned table public.ev and its partitions
-- By pgassay 0.1.0 from a report of 2026-11-22T00:00:00Z
-- Parts:    3 partitions when the report was made
-- Locks:    ACCESS EXCLUSIVE on public.ev and all its partitions (no reads, no writes) for an instant; it gives up after waiting 2 s
-- Recovery: run it again; nothing has changed
-- Run:      psql -X -v ON_ERROR_STOP=1 -f THIS_FILE; without -1, and not through a transaction pooler

\set ON_ERROR_STOP on
\set AUTOCOMMIT on
\encoding UTF8
SET lock_timeout = '2s';

DROP INDEX IF EXISTS "public"."ev_k_idx";
