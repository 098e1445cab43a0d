-- Standbys. A walsender with a database feeds a logical subscriber, and a base backup is none.
SELECT r.application_name AS name, r.state,
       pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                                       ELSE pg_catalog.pg_current_wal_lsn() END, r.replay_lsn)::pg_catalog.int8 AS replay_lag_bytes,
       extract(epoch FROM r.replay_lag)::pg_catalog.float8 AS replay_lag_s,
       r.sync_state, pg_catalog.age(r.backend_xmin)::pg_catalog.int8 AS xmin_age
  FROM pg_catalog.pg_stat_replication r
  JOIN pg_catalog.pg_stat_activity a ON a.pid = r.pid
 WHERE a.datid IS NULL AND r.state IS DISTINCT FROM 'backup'
 ORDER BY r.application_name COLLATE "C", r.pid
