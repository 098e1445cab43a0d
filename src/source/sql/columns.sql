-- Live columns. A domain counts as its base type. On 18, attnotnull is set by NOT NULL … NOT VALID too. Text order is
-- byte order in the collations C and POSIX and in all of the built-in provider (17 and later). pg_get_expr()
-- waits for whoever holds the table it is given, and only a generated column needs one.
WITH RECURSIVE based(oid, base) AS (
  SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
   UNION ALL
  SELECT t.oid, b.base FROM pg_catalog.pg_type t JOIN based b ON b.oid = t.typbasetype WHERE t.typtype = 'd'),
collated AS (
  SELECT l.oid, l.collname, pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname) AS name,
         CASE WHEN l.collprovider = 'd'
              THEN d.locale IN ('C', 'POSIX') AND d.provider = 'c' OR d.provider = 'b'
              ELSE l.collprovider = 'b' OR l.collprovider = 'c' AND l.collcollate::pg_catalog.text IN ('C', 'POSIX') END AS is_c
    FROM pg_catalog.pg_collation l
    JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
   CROSS JOIN (SELECT x.datcollate::pg_catalog.text AS locale,
                      coalesce(pg_catalog.to_jsonb(x)->>'datlocprovider', 'c') AS provider
                 FROM pg_catalog.pg_database x WHERE x.datname = pg_catalog.current_database()) d),
unproven AS (
  SELECT DISTINCT k.conrelid, k.conkey[1] AS attnum FROM pg_catalog.pg_constraint k
   WHERE k.contype = 'n' AND NOT k.convalidated)
SELECT c.oid::pg_catalog.int8 AS table_oid, a.attnum AS position, a.attname AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
       t.typname AS base_type, t.typcategory AS type_category, t.typlen AS type_length,
       a.attalign AS alignment,
       l.collname AS collation, coalesce(l.is_c, false) AS collation_is_c,
       a.attnotnull AND u.conrelid IS NULL AS not_null,
       a.attidentity AS identity, a.attgenerated AS generated,
       pg_catalog.pg_get_expr(f.adbin, CASE WHEN a.attgenerated = '' THEN 0 ELSE f.adrelid END) AS "default",
       nullif(a.attstattarget, -1) AS statistics_target,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS full_type,
       CASE WHEN a.attcollation <> y.typcollation THEN l.name END AS own_collation,
       coalesce(a.attoptions, '{}') AS options
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN based b ON b.oid = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = b.base
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  LEFT JOIN collated l ON l.oid = a.attcollation
  LEFT JOIN unproven u ON u.conrelid = a.attrelid AND u.attnum = a.attnum
  LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   AND c.relkind IN ('r', 'p', 'm', 'f')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid, a.attnum
