-- Other clients. A role that may not see a backend is not told its type either; a backend with a user is a client's.
WITH lock AS (
  SELECT l.pid, pg_catalog.count(*) FILTER (WHERE l.granted) AS held,
         pg_catalog.count(*) FILTER (WHERE l.granted AND NOT l.fastpath AND l.locktype = 'relation' AND l.database <> 0
                                       AND l.mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')) AS off_fast_path,
         pg_catalog.count(*) FILTER (WHERE l.granted AND l.locktype = 'advisory') AS advisory,
         pg_catalog.bool_or(NOT l.granted) AS waits,
         pg_catalog.min(l.mode) FILTER (WHERE NOT l.granted) AS mode,
         pg_catalog.min(l.relation::pg_catalog.int8) FILTER (WHERE NOT l.granted AND l.locktype = 'relation' AND l.database =
           (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())) AS relation,
         pg_catalog.min((pg_catalog.to_jsonb(l)->>'waitstart')::pg_catalog.timestamptz) FILTER (WHERE NOT l.granted) AS since
    FROM pg_catalog.pg_locks l
   GROUP BY l.pid)
SELECT a.pid, a.datname AS database, a.usename AS "user", a.application_name AS application, a.state,
       extract(epoch FROM c.now - a.backend_start)::pg_catalog.float8 AS backend_age_s,
       extract(epoch FROM c.now - a.xact_start)::pg_catalog.float8 AS xact_age_s,
       extract(epoch FROM c.now - a.query_start)::pg_catalog.float8 AS query_age_s,
       extract(epoch FROM c.now - a.state_change)::pg_catalog.float8 AS state_age_s,
       a.wait_event_type, a.wait_event,
       pg_catalog.age(a.backend_xmin)::pg_catalog.int8 AS xmin_age,
       CASE WHEN lock.waits THEN pg_catalog.pg_blocking_pids(a.pid) ELSE '{}' END AS blocked_by,
       s.ssl,
       CASE WHEN a.client_port = -1 THEN false
            WHEN a.client_addr IS NOT NULL
            THEN NOT (a.client_addr OPERATOR(pg_catalog.<<=) '127.0.0.0/8' OR a.client_addr OPERATOR(pg_catalog.=) '::1') END AS remote,
       CASE WHEN lock.waits THEN extract(epoch FROM c.now - coalesce(lock.since, a.query_start))::pg_catalog.float8 END AS lock_wait_s,
       lock.mode AS waits_for_mode, lock.relation AS waits_for_oid,
       coalesce(lock.held, 0) AS locks, coalesce(lock.off_fast_path, 0) AS locks_off_fast_path,
       coalesce(lock.advisory, 0) AS advisory_locks,
       x.subtransactions, x.subtransactions_overflowed
  FROM pg_catalog.pg_stat_activity a
 CROSS JOIN (SELECT pg_catalog.clock_timestamp() AS now) c
  LEFT JOIN lock ON lock.pid = a.pid
  LEFT JOIN pg_catalog.pg_stat_ssl s ON s.pid = a.pid
  LEFT JOIN ({subtransactions}) x ON x.pid = a.pid
 WHERE (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)
   AND a.pid <> pg_catalog.pg_backend_pid()
   AND a.pid NOT IN (SELECT w.pid FROM pg_catalog.pg_stat_replication w)
 ORDER BY a.pid
