-- Entries of this database whose text is not hidden, without pgassay's own. The columns go by the version of the
-- extension, not of the server; what a version lacks is NULL. OFFSET 0: one to_jsonb() a row, not one a column.
SELECT s.queryid, r.rolname AS "user",
       coalesce((o.s->>'toplevel')::pg_catalog.bool, true) AS toplevel,
       s.query AS text, s.calls, s.rows, s.plans, s.total_plan_time,
       s.total_exec_time, s.min_exec_time, s.max_exec_time, s.mean_exec_time,
       coalesce(nullif(s.stddev_exec_time, 'NaN'::pg_catalog.float8), 0) AS stddev_exec_time,
       s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
       s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied, s.local_blks_written,
       s.temp_blks_read, s.temp_blks_written,
       coalesce(o.s->>'shared_blk_read_time', o.s->>'blk_read_time')::pg_catalog.float8 AS shared_blk_read_time,
       coalesce(o.s->>'shared_blk_write_time', o.s->>'blk_write_time')::pg_catalog.float8 AS shared_blk_write_time,
       (o.s->>'local_blk_read_time')::pg_catalog.float8 AS local_blk_read_time,
       (o.s->>'local_blk_write_time')::pg_catalog.float8 AS local_blk_write_time,
       (o.s->>'temp_blk_read_time')::pg_catalog.float8 AS temp_blk_read_time,
       (o.s->>'temp_blk_write_time')::pg_catalog.float8 AS temp_blk_write_time,
       s.wal_records, s.wal_fpi, s.wal_bytes,
       (o.s->>'wal_buffers_full')::pg_catalog.int8 AS wal_buffers_full,
       (o.s->>'jit_functions')::pg_catalog.int8 AS jit_functions,
       (o.s->>'jit_generation_time')::pg_catalog.float8 AS jit_generation_time,
       (o.s->>'jit_inlining_count')::pg_catalog.int8 AS jit_inlining_count,
       (o.s->>'jit_inlining_time')::pg_catalog.float8 AS jit_inlining_time,
       (o.s->>'jit_optimization_count')::pg_catalog.int8 AS jit_optimization_count,
       (o.s->>'jit_optimization_time')::pg_catalog.float8 AS jit_optimization_time,
       (o.s->>'jit_emission_count')::pg_catalog.int8 AS jit_emission_count,
       (o.s->>'jit_emission_time')::pg_catalog.float8 AS jit_emission_time,
       (o.s->>'jit_deform_count')::pg_catalog.int8 AS jit_deform_count,
       (o.s->>'jit_deform_time')::pg_catalog.float8 AS jit_deform_time,
       (o.s->>'parallel_workers_to_launch')::pg_catalog.int8 AS parallel_workers_to_launch,
       (o.s->>'parallel_workers_launched')::pg_catalog.int8 AS parallel_workers_launched,
       extract(epoch FROM (o.s->>'stats_since')::pg_catalog.timestamptz)::pg_catalog.float8 AS stats_since,
       extract(epoch FROM (o.s->>'minmax_stats_since')::pg_catalog.timestamptz)::pg_catalog.float8 AS minmax_stats_since
  FROM {schema}.pg_stat_statements s
  JOIN pg_catalog.pg_database d ON d.oid = s.dbid AND d.datname = pg_catalog.current_database()
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(s) AS s OFFSET 0) o
 WHERE s.queryid IS NOT NULL AND coalesce(pg_catalog.strpos(s.query, '/*pgassay*/') = 0, true)
   AND NOT coalesce(pg_catalog.starts_with(s.query, 'SELECT * FROM pg_catalog.pg_rewrite WHERE '), false)
 ORDER BY s.total_exec_time DESC, s.queryid, s.userid, toplevel
