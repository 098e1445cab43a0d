SELECT s.xact_commit, s.xact_rollback, s.blks_read, s.blks_hit, s.temp_files, s.temp_bytes, s.deadlocks,
       pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 AS frozen_xid_age,
       pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 AS min_multixact_age,
       s.blk_read_time AS blk_read_ms, s.checksum_failures,
       (j.s->>'sessions')::pg_catalog.int8 AS sessions, (j.s->>'session_time')::pg_catalog.float8 AS session_ms,
       (j.s->>'active_time')::pg_catalog.float8 AS active_ms,
       (j.s->>'idle_in_transaction_time')::pg_catalog.float8 AS idle_in_transaction_ms,
       (j.s->>'sessions_abandoned')::pg_catalog.int8 AS sessions_abandoned,
       (j.s->>'sessions_fatal')::pg_catalog.int8 AS sessions_fatal,
       (j.s->>'sessions_killed')::pg_catalog.int8 AS sessions_killed,
       (j.s->>'parallel_workers_to_launch')::pg_catalog.int8 AS parallel_workers_wanted,
       (j.s->>'parallel_workers_launched')::pg_catalog.int8 AS parallel_workers_launched
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(s) AS s) j
 WHERE d.datname = pg_catalog.current_database()
