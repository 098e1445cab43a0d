-- datconnlimit is -2 for a database whose removal was interrupted.
SELECT d.datname AS name, d.datistemplate AS template, d.datallowconn AS allows_connections,
       CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit END::pg_catalog.int8 AS connection_limit,
       pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 AS frozen_xid_age,
       pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 AS min_multixact_age
  FROM pg_catalog.pg_database d
 ORDER BY d.datname COLLATE "C"
