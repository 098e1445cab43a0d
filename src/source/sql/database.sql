SELECT s.xact_commit, s.xact_rollback, s.blks_read, s.blks_hit, s.temp_files, s.temp_bytes, s.deadlocks,
       pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 AS frozen_xid_age,
       pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 AS min_multixact_age
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid
 WHERE d.datname = pg_catalog.current_database()
