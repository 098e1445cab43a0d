-- Counters of the server as a whole. Views that a version lacks stand as an empty row, and so do directories that the
-- role may not list: the server would refuse the whole statement.
SELECT extract(epoch FROM pg_catalog.now() - coalesce((j.c->>'stats_reset')::pg_catalog.timestamptz,
               (j.b->>'stats_reset')::pg_catalog.timestamptz))::pg_catalog.float8 AS checkpoint_age_s,
       coalesce((j.c->>'num_timed')::pg_catalog.int8, (j.b->>'checkpoints_timed')::pg_catalog.int8) AS checkpoints_timed,
       coalesce((j.c->>'num_requested')::pg_catalog.int8, (j.b->>'checkpoints_req')::pg_catalog.int8) AS checkpoints_requested,
       coalesce((j.c->>'buffers_written')::pg_catalog.int8, (j.b->>'buffers_checkpoint')::pg_catalog.int8) AS buffers_checkpoint,
       (j.b->>'buffers_clean')::pg_catalog.int8 AS buffers_cleaner,
       (j.b->>'maxwritten_clean')::pg_catalog.int8 AS cleaner_stops,
       j.buffers_backend,
       extract(epoch FROM pg_catalog.now() - (j.w->>'stats_reset')::pg_catalog.timestamptz)::pg_catalog.float8 AS wal_age_s,
       (j.w->>'wal_records')::pg_catalog.int8 AS wal_records, (j.w->>'wal_fpi')::pg_catalog.int8 AS wal_full_page_images,
       (j.w->>'wal_bytes')::pg_catalog.numeric::pg_catalog.int8 AS wal_bytes,
       (j.w->>'wal_buffers_full')::pg_catalog.int8 AS wal_buffers_full,
       coalesce((j.w->>'wal_sync')::pg_catalog.int8, j.wal_syncs) AS wal_syncs,
       coalesce((j.w->>'wal_sync_time')::pg_catalog.float8, j.wal_sync_ms) AS wal_sync_ms,
       a.archived_count AS archived, a.failed_count AS archive_failures,
       extract(epoch FROM pg_catalog.now() - a.last_archived_time)::pg_catalog.float8 AS archived_age_s,
       extract(epoch FROM pg_catalog.now() - a.last_failed_time)::pg_catalog.float8 AS archive_failed_age_s,
       (SELECT pg_catalog.sum((f.name LIKE '%.ready')::pg_catalog.int4)::pg_catalog.int8 FROM {archive} f) AS archive_waiting,
       (SELECT pg_catalog.sum(f.size)::pg_catalog.int8 FROM {directory} f) AS wal_directory_bytes,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l WHERE NOT l.fastpath AND l.mode <> 'SIReadLock') AS locks,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity b WHERE b.backend_type = 'autovacuum worker') AS autovacuum_workers
  FROM (SELECT (SELECT pg_catalog.to_jsonb(b) FROM pg_catalog.pg_stat_bgwriter b) AS b,
               (SELECT pg_catalog.to_jsonb(c) FROM {checkpointer} c) AS c,
               (SELECT pg_catalog.to_jsonb(w) FROM {wal} w) AS w,
               {buffers_backend} AS buffers_backend, {wal_syncs} AS wal_syncs, {wal_sync_ms} AS wal_sync_ms) j
 CROSS JOIN pg_catalog.pg_stat_archiver a
