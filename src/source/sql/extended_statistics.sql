-- Who may see the object sees its definition; what was gathered for it comes from extended_data.sql.
SELECT s.oid::pg_catalog.int8 AS oid, s.stxrelid::pg_catalog.int8 AS table_oid, n.nspname AS schema, s.stxname AS name,
       coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
                   FROM pg_catalog.unnest(s.stxkeys::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, position)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k.attnum), '{}') AS columns,
       s.stxkind::pg_catalog.text[] AS kinds,
       pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
       coalesce({expressions}, '{}') AS expressions,
       nullif(s.stxstattarget, -1) AS target
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
   AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
 ORDER BY n.nspname COLLATE "C", s.stxname COLLATE "C"
