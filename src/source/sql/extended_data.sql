-- What ANALYZE gathered for the objects of extended_statistics.sql, as the server keeps it.
SELECT e.oid::pg_catalog.int8 AS oid, {inherited} AS inherited,
       pg_catalog.encode(d.stxdndistinct::pg_catalog.bytea, 'hex') AS ndistinct,
       pg_catalog.encode(d.stxddependencies::pg_catalog.bytea, 'hex') AS dependencies,
       pg_catalog.encode(d.stxdmcv::pg_catalog.bytea, 'hex') AS mcv,
       {expressions} AS expressions
  FROM pg_catalog.pg_statistic_ext_data d
  JOIN pg_catalog.pg_statistic_ext e ON e.oid = d.stxoid
  JOIN pg_catalog.pg_namespace n ON n.oid = e.stxnamespace
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
   AND (d.stxdndistinct IS NOT NULL OR d.stxddependencies IS NOT NULL OR d.stxdmcv IS NOT NULL OR {gathered})
 ORDER BY e.oid, 2
