-- Tables that somebody holds or wants exclusively, themselves or one of their indexes.
SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid IN (SELECT coalesce(i.indrelid, l.relation)
                   FROM pg_catalog.pg_locks l
                   LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = l.relation
                  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
                    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid
