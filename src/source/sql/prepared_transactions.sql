SELECT p.gid, p.owner, p.database,
       extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::pg_catalog.float8 AS age_s,
       pg_catalog.age(p.transaction)::pg_catalog.int8 AS xmin_age
  FROM pg_catalog.pg_prepared_xacts p
 ORDER BY p.gid COLLATE "C"
