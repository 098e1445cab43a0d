-- What pg_stat_statements is here, whether or not it can be read.
SELECT e.extversion AS version, n.nspname AS schema,
       pg_catalog.current_setting('pg_stat_statements.track', true) AS track,
       pg_catalog.current_setting('pg_stat_statements.track_planning', true)::pg_catalog.bool AS track_planning,
       pg_catalog.current_setting('pg_stat_statements.max', true)::pg_catalog.int8 AS max
  FROM (SELECT) one
  LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'pg_stat_statements'
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
