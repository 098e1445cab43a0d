-- The check that follows a change of the referenced row compares with conpfeqop. Where that operator is not of the
-- column's own type, and the type has to be converted for it, no index on the column serves.
WITH RECURSIVE based(oid, base) AS (
  SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
   UNION ALL
  SELECT t.oid, b.base FROM pg_catalog.pg_type t JOIN based b ON b.oid = t.typbasetype WHERE t.typtype = 'd'),
cast_ AS (
  SELECT k.oid, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY x.position) AS columns
    FROM pg_catalog.pg_constraint k
   CROSS JOIN LATERAL pg_catalog.generate_subscripts(k.conkey, 1) AS x(position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[x.position]
    JOIN pg_catalog.pg_operator o ON o.oid = k.conpfeqop[x.position]
    JOIN based b ON b.oid = a.atttypid
    JOIN pg_catalog.pg_cast y ON y.castsource = b.base AND y.casttarget = o.oprright AND y.castmethod <> 'b'
   WHERE k.contype = 'f' AND b.base <> o.oprright
   GROUP BY k.oid),
named AS (
  SELECT k.oid, x.side, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY x.position) AS columns
    FROM pg_catalog.pg_constraint k
   CROSS JOIN LATERAL (
         SELECT 'own' AS side, k.conrelid AS relid, o.attnum, o.position
           FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS o(attnum, position)
          UNION ALL
         SELECT 'referenced', k.confrelid, r.attnum, r.position
           FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS r(attnum, position)) x
    JOIN pg_catalog.pg_attribute a ON a.attrelid = x.relid AND a.attnum = x.attnum
   WHERE k.conrelid <> 0
   GROUP BY k.oid, x.side)
SELECT k.oid::pg_catalog.int8 AS oid, k.conrelid::pg_catalog.int8 AS table_oid, k.conname AS name,
       CASE k.contype WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign_key'
                      WHEN 'x' THEN 'exclusion' WHEN 'c' THEN 'check' WHEN 'n' THEN 'not_null' END AS kind,
       coalesce(o.columns, '{}') AS columns,
       nullif(k.conindid, 0)::pg_catalog.int8 AS index_oid,
       nullif(k.confrelid, 0)::pg_catalog.int8 AS referenced_table_oid,
       coalesce(r.columns, '{}') AS referenced_columns,
       coalesce(cast_.columns, '{}') AS cast_columns,
       k.convalidated AS validated, k.condeferrable AS deferrable,
       CASE WHEN k.contype = 'f' THEN k.confdeltype END AS on_delete,
       nullif(k.conparentid, 0)::pg_catalog.int8 AS parent_oid,
       pg_catalog.pg_get_constraintdef(k.oid) AS definition
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN cast_ ON cast_.oid = k.oid
  LEFT JOIN named o ON o.oid = k.oid AND o.side = 'own'
  LEFT JOIN named r ON r.oid = k.oid AND r.side = 'referenced'
 WHERE k.contype IN ('p', 'u', 'f', 'x', 'c', 'n') AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   AND c.relkind IN ('r', 'p', 'm', 'f')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY k.conrelid, k.conname COLLATE "C", k.oid
