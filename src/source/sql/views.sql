WITH owned AS (
  SELECT d.objid, pg_catalog.min(e.extname::pg_catalog.text COLLATE "C") AS extension
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE d.classid = 1259 AND d.refclassid = 3079 AND d.deptype = 'e' GROUP BY d.objid),
named AS (
  SELECT a.attrelid, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid)
SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name,
       coalesce(named.columns, '{}') AS columns,
       pg_catalog.pg_get_viewdef(c.oid) AS definition, coalesce(c.reloptions, '{}') AS options, owned.extension
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN named ON named.attrelid = c.oid
  LEFT JOIN owned ON owned.objid = c.oid
 WHERE c.relkind = 'v'
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
