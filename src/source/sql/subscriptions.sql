-- The connection string of a subscription holds a password and is not asked for, nor its OID, which 13 shows to superusers
-- only: the name stands for it.
SELECT s.subname AS name, s.subenabled AS enabled,
       EXISTS (SELECT FROM pg_catalog.pg_stat_subscription w
                WHERE w.subname = s.subname AND w.relid IS NULL AND w.pid IS NOT NULL) AS running,
       (t.e->>'apply_error_count')::pg_catalog.int8 AS apply_errors, (t.e->>'sync_error_count')::pg_catalog.int8 AS sync_errors
  FROM pg_catalog.pg_subscription s
  LEFT JOIN LATERAL (SELECT pg_catalog.to_jsonb(x) AS e FROM {errors} x WHERE x.subname = s.subname) t ON true
 WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
 ORDER BY s.subname COLLATE "C"
