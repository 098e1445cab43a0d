-- Shapes, never values. pg_stats itself hides what the role may not select.
SELECT c.oid::pg_catalog.int8 AS table_oid, s.attname AS "column", s.inherited,
       s.null_frac, s.avg_width, s.n_distinct,
       CASE WHEN s.most_common_freqs IS NULL OR 'NaN'::pg_catalog.float4 = ANY (s.most_common_freqs) THEN '{}'
            ELSE s.most_common_freqs END AS most_common_freqs,
       coalesce(pg_catalog.array_length(s.histogram_bounds, 1), 0) AS histogram_bounds,
       nullif(s.correlation, 'NaN'::pg_catalog.float4) AS correlation
  FROM pg_catalog.pg_stats s
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid, s.attname COLLATE "C", s.inherited
