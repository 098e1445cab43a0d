-- Sizes now, of tables and of indexes. What somebody holds exclusively is left out: the size functions would wait.
WITH held AS MATERIALIZED (
  SELECT l.relation AS oid FROM pg_catalog.pg_locks l
   WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())),
skipped AS MATERIALIZED (
  SELECT h.oid FROM held h
   UNION SELECT i.indrelid FROM pg_catalog.pg_index i JOIN held h ON h.oid = i.indexrelid
   UNION SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN held h ON h.oid = i.indrelid
   UNION SELECT c.oid FROM pg_catalog.pg_class c JOIN held h ON h.oid = c.reltoastrelid)
SELECT c.oid::pg_catalog.int8 AS oid,
       CASE WHEN c.relkind IN ('p', 'I', 'f') THEN 0
            WHEN c.relkind = 'i' THEN pg_catalog.pg_table_size(c.oid)
            ELSE pg_catalog.pg_relation_size(c.oid) END AS bytes,
       CASE WHEN c.relkind = 'i'
            THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS blocks,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_indexes_size(c.oid) ELSE 0 END AS index_bytes,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_total_relation_size(c.oid) ELSE 0 END AS total_bytes
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
   AND c.oid NOT IN (SELECT s.oid FROM skipped s)
 ORDER BY c.oid
