WITH named AS (
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
       k.convalidated AS validated, k.condeferrable AS deferrable,
       CASE WHEN k.contype = 'f' THEN k.confdeltype END AS on_delete,
       nullif(k.conparentid, 0)::pg_catalog.int8 AS parent_oid,
       pg_catalog.pg_get_constraintdef(k.oid) AS definition
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN named o ON o.oid = k.oid AND o.side = 'own'
  LEFT JOIN named r ON r.oid = k.oid AND r.side = 'referenced'
 WHERE k.contype IN ('p', 'u', 'f', 'x', 'c', 'n') AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   AND c.relkind IN ('r', 'p', 'm', 'f')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY k.conrelid, k.conname COLLATE "C", k.oid
