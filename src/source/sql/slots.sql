SELECT s.slot_name AS name, s.slot_type AS kind, s.active,
       pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                                       ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::pg_catalog.int8 AS retained_bytes,
       greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))::pg_catalog.int8 AS xmin_age,
       s.wal_status
  FROM pg_catalog.pg_replication_slots s
 ORDER BY s.slot_name COLLATE "C"
