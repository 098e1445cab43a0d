-- Counters of decoding are of logical slots, from 14; an index of statistics that a version lacks stands empty.
SELECT s.slot_name AS name, s.slot_type AS kind, s.active,
       pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                                       ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::pg_catalog.int8 AS retained_bytes,
       greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))::pg_catalog.int8 AS xmin_age,
       s.wal_status, s.database, s.temporary, s.safe_wal_size AS safe_wal_bytes,
       extract(epoch FROM pg_catalog.clock_timestamp()
               - (pg_catalog.to_jsonb(s)->>'inactive_since')::pg_catalog.timestamptz)::pg_catalog.float8 AS inactive_s,
       (t.d->>'spill_txns')::pg_catalog.int8 AS spilled_transactions, (t.d->>'spill_bytes')::pg_catalog.int8 AS spilled_bytes,
       (t.d->>'total_bytes')::pg_catalog.int8 AS decoded_bytes
  FROM pg_catalog.pg_replication_slots s
  LEFT JOIN LATERAL (SELECT pg_catalog.to_jsonb(x) AS d FROM {decoding} x WHERE x.slot_name = s.slot_name::pg_catalog.text) t ON true
 ORDER BY s.slot_name COLLATE "C"
