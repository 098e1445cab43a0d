-- Sequences, and the columns fed by them: identity (deptype i), serial (a), or a bare nextval() default: what is computed
-- from one has other values. A standby refuses the last value of an unlogged one.
WITH feed AS (
  SELECT d.objid AS seqid, d.refobjid AS relid, d.refobjsubid AS attnum
    FROM pg_catalog.pg_depend d
   WHERE d.classid = 1259 AND d.refclassid = 1259 AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
   UNION
  SELECT d.refobjid, f.adrelid, f.adnum
    FROM pg_catalog.pg_attrdef f
    JOIN pg_catalog.pg_depend d ON d.classid = 2604 AND d.objid = f.oid AND d.refclassid = 1259
   WHERE d.refobjid <> f.adrelid
     -- nextval(), cast at most: int4, int2, numeric, varchar. The text of the tree, for pg_get_expr() waits for the table's lock
     AND f.adbin::pg_catalog.text ~ $bare$^(\{FUNCEXPR :funcid (480|714|1781|669) [^{]*:args \(|\{COERCEVIAIO :arg |\{RELABELTYPE :arg )*\{FUNCEXPR :funcid 1574 $bare$),
fed AS (
  SELECT feed.seqid, pg_catalog.json_agg(pg_catalog.json_build_object(
           'table_oid', feed.relid::pg_catalog.int8, 'column', a.attname) ORDER BY feed.relid, feed.attnum) AS feeds
    FROM feed
    JOIN pg_catalog.pg_class s ON s.oid = feed.seqid AND s.relkind = 'S'
    JOIN pg_catalog.pg_class t ON t.oid = feed.relid AND t.relkind IN ('r', 'p', 'f')
    JOIN pg_catalog.pg_attribute a ON a.attrelid = feed.relid AND a.attnum = feed.attnum
   GROUP BY feed.seqid)
SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name,
       pg_catalog.format_type(q.seqtypid, NULL) AS type_name,
       q.seqmin AS min_value, q.seqmax AS max_value, q.seqincrement AS increment, q.seqcycle AS cycle,
       CASE WHEN v.readable THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last_value,
       v.readable,
       coalesce(fed.feeds, '[]') AS feeds,
       EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 1259 AND d.objid = c.oid AND d.refclassid = 1259 AND d.deptype IN ('a', 'i')
                  AND d.refobjsubid > 0) AS owned
  FROM pg_catalog.pg_sequence q
  JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
       SELECT pg_catalog.has_sequence_privilege(c.oid, 'USAGE,SELECT')
              AND (c.relpersistence = 'p' OR NOT pg_catalog.pg_is_in_recovery()) AS readable) v
  LEFT JOIN fed ON fed.seqid = c.oid
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
