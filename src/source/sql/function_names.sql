-- Functions of users and whether something that a planner must know of depends on them: an index or a partition key, a
-- constraint, a default or a generated column, a view, a statistics object, a type.
WITH used AS (
  SELECT DISTINCT d.refobjid AS oid FROM pg_catalog.pg_depend d
   WHERE d.refclassid = 1255 AND d.deptype IN ('n', 'a', 'i') AND d.classid IN (1259, 2606, 2604, 2618, 3381, 1247))
SELECT p.oid::pg_catalog.int8 AS oid, p.proname AS name, p.oid IN (SELECT u.oid FROM used u) AS used
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind = 'f'
   AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 1255 AND d.objid = p.oid AND d.refclassid = 3079 AND d.deptype = 'e')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY p.oid
