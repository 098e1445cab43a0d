-- The same for a role that may not read pg_statistic: pg_stats hides what the role may not select. Operators, collations
-- and types follow by rule: those of the default B-tree class of the type, of which ANALYZE used the very same.
WITH RECURSIVE based(oid, base) AS (
  SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype <> 'd'
   UNION ALL
  SELECT t.oid, b.base FROM pg_catalog.pg_type t JOIN based b ON b.oid = t.typbasetype WHERE t.typtype = 'd'),
compared AS (
  SELECT b.oid, CASE WHEN t.oid = 'pg_catalog.varchar'::pg_catalog.regtype THEN 'pg_catalog.text'::pg_catalog.regtype
                     WHEN t.typtype = 'e' THEN 'pg_catalog.anyenum'::pg_catalog.regtype
                     WHEN t.typtype = 'r' THEN 'pg_catalog.anyrange'::pg_catalog.regtype
                     WHEN t.typtype = 'm' THEN (SELECT m.oid FROM pg_catalog.pg_type m WHERE m.typname = 'anymultirange'
                                                   AND m.typnamespace = 'pg_catalog'::pg_catalog.regnamespace)
                     WHEN t.typtype = 'c' THEN 'pg_catalog.record'::pg_catalog.regtype
                     WHEN t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1
                     THEN 'pg_catalog.anyarray'::pg_catalog.regtype ELSE t.oid END::pg_catalog.oid AS type
    FROM based b JOIN pg_catalog.pg_type t ON t.oid = b.base),
operators AS MATERIALIZED (
  SELECT c.oid, pg_catalog.min(o.amopopr::pg_catalog.regoperator::pg_catalog.text) FILTER (WHERE o.amopstrategy = 1) AS less,
         pg_catalog.min(o.amopopr::pg_catalog.regoperator::pg_catalog.text) FILTER (WHERE o.amopstrategy = 3) AS equal
    FROM compared c
    JOIN pg_catalog.pg_opclass k ON k.opcintype = c.type AND k.opcdefault
    JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod AND m.amname = 'btree'
    JOIN pg_catalog.pg_amop o ON o.amopfamily = k.opcfamily AND o.amoplefttype = c.type AND o.amoprighttype = c.type
   GROUP BY c.oid)
SELECT c.oid::pg_catalog.int8 AS table_oid, s.attname AS "column", s.inherited, s.null_frac, s.avg_width, s.n_distinct, v.slots
  FROM pg_catalog.pg_stats s
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
  JOIN based b ON b.oid = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = b.base
  LEFT JOIN operators o ON o.oid = a.atttypid
  LEFT JOIN operators eo ON eo.oid = CASE WHEN t.typname = 'tsvector' THEN 'pg_catalog.text'::pg_catalog.regtype ELSE t.typelem END
 CROSS JOIN LATERAL (
       SELECT CASE WHEN a.attcollation <> 0 OR t.typname = 'tsvector' THEN
                (SELECT pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                   FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
                  WHERE l.oid = CASE WHEN t.typname = 'tsvector' THEN 100 ELSE a.attcollation END) END AS coll,
              pg_catalog.format_type(a.atttypid, NULL) AS type,
              CASE WHEN t.typname = 'tsvector' THEN 'text' WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END AS element) w
 CROSS JOIN LATERAL (
       SELECT pg_catalog.json_agg(pg_catalog.json_build_object('kind', x.kind, 'operator', x.op,
                'collation', CASE WHEN x.kind < 6 THEN w.coll END, 'numbers', x.numbers, 'values', x.samples,
                'value_type', CASE WHEN x.samples IS NOT NULL THEN x.type END) ORDER BY x.place) AS slots
         FROM (VALUES (1, 1, o.equal, s.most_common_freqs, s.most_common_vals::pg_catalog.text, w.type),
                      (2, 2, o.less, NULL, s.histogram_bounds::pg_catalog.text, w.type),
                      (3, 3, o.less, ARRAY[s.correlation], NULL, NULL),
                      (4, 4, eo.equal, s.most_common_elem_freqs, s.most_common_elems::pg_catalog.text, w.element),
                      (5, 5, eo.equal, s.elem_count_histogram, NULL, NULL),
                      (6, 7, NULL, NULL, {range_bounds}::pg_catalog.text, w.type),
                      (7, 6, '<(double precision,double precision)',
                       ARRAY[{range_empty}]::pg_catalog.float4[], {range_lengths}::pg_catalog.text, 'double precision'))
              AS x(place, kind, op, numbers, samples, type)
        WHERE (x.samples IS NOT NULL OR x.kind IN (3, 5) AND x.numbers[1] IS NOT NULL)
          AND coalesce('NaN'::pg_catalog.float4 <> ALL (x.numbers), true)) v
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid, s.attname COLLATE "C", s.inherited
