-- How far the counters may be believed, and what the role may see. Walsenders that feed a logical subscriber
-- have a database; a base backup is no standby either.
SELECT extract(epoch FROM d.stats_reset)::pg_catalog.float8 AS database_stats_reset,
       extract(epoch FROM pg_catalog.now() - d.stats_reset)::pg_catalog.float8 AS reset_age_s,
       extract(epoch FROM pg_catalog.now() - pg_catalog.pg_postmaster_start_time())::pg_catalog.float8 AS uptime_s,
       (SELECT extract(epoch FROM pg_catalog.now() - b.stats_reset)::pg_catalog.float8
          FROM pg_catalog.pg_stat_bgwriter b) AS shared_reset_age_s,
       pg_catalog.current_setting('track_counts')::pg_catalog.bool AS track_counts,
       pg_catalog.current_setting('track_io_timing')::pg_catalog.bool AS track_io_timing,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all_statements,
       pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS sees_all_settings,
       r.rolsuper OR coalesce((SELECT pg_catalog.pg_has_role(a.oid, 'USAGE') FROM pg_catalog.pg_roles a
                                WHERE a.rolname = 'pg_read_all_data'), false) AS sees_all_column_statistics,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication w
          JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid
         WHERE a.datid IS NULL AND w.state IS DISTINCT FROM 'backup') AS standbys
  FROM pg_catalog.pg_stat_database d
  JOIN pg_catalog.pg_roles r ON r.rolname = CURRENT_USER
 WHERE d.datname = pg_catalog.current_database()
