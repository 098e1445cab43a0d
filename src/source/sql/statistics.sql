-- What ANALYZE gathered, with names in place of OIDs, for a planner elsewhere. pg_statistic is for superusers and
-- members of pg_read_all_data (14 and later) and whoever was granted it. The type of sample values stands in bytes 9 to
-- 12 of their binary form. A slot with NaN in it, which is of no use to a planner, is left out.
SELECT s.starelid::pg_catalog.int8 AS table_oid, a.attname AS "column", s.stainherit AS inherited,
       s.stanullfrac AS null_frac, s.stawidth AS avg_width, s.stadistinct AS n_distinct, o.slots
  FROM pg_catalog.pg_statistic s
  JOIN pg_catalog.pg_class c ON c.oid = s.starelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
 CROSS JOIN LATERAL ({slots}) o
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid, a.attname COLLATE "C", s.stainherit
