-- Other clients. A role that may not see a backend is not told its type either; a backend with a user is a client's.
SELECT a.pid, a.datname AS database, a.usename AS "user", a.application_name AS application, a.state,
       extract(epoch FROM c.now - a.backend_start)::pg_catalog.float8 AS backend_age_s,
       extract(epoch FROM c.now - a.xact_start)::pg_catalog.float8 AS xact_age_s,
       extract(epoch FROM c.now - a.query_start)::pg_catalog.float8 AS query_age_s,
       extract(epoch FROM c.now - a.state_change)::pg_catalog.float8 AS state_age_s,
       a.wait_event_type, a.wait_event,
       pg_catalog.age(a.backend_xmin)::pg_catalog.int8 AS xmin_age,
       CASE WHEN a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted)
            THEN pg_catalog.pg_blocking_pids(a.pid) ELSE '{}' END AS blocked_by,
       s.ssl
  FROM pg_catalog.pg_stat_activity a
 CROSS JOIN (SELECT pg_catalog.clock_timestamp() AS now) c
  LEFT JOIN pg_catalog.pg_stat_ssl s ON s.pid = a.pid
 WHERE (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)
   AND a.pid <> pg_catalog.pg_backend_pid()
   AND a.pid NOT IN (SELECT w.pid FROM pg_catalog.pg_stat_replication w)
 ORDER BY a.pid
