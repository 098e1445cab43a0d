-- Indexes. To a role that may not see the progress of others, an invalid index whose table somebody holds as a
-- concurrent build does counts as being built.
WITH key AS (
  SELECT i.indexrelid,
         pg_catalog.json_agg(pg_catalog.json_build_object(
           'column', a.attname,
           'expression', CASE WHEN i.indkey[p - 1] = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, p, false) END,
           'opclass', o.opcname,
           'opclass_is_default', o.opcdefault,
           'opclass_schema', nullif(os.nspname, 'pg_catalog'),
           'collation', l.collname,
           'own_collation', CASE WHEN l.oid <> coalesce(a.attcollation, 100)
                                 THEN pg_catalog.quote_ident(ls.nspname) || '.' || pg_catalog.quote_ident(l.collname) END,
           'descending', (i.indoption[p - 1] & 1) <> 0,
           'nulls_first', (i.indoption[p - 1] & 2) <> 0) ORDER BY p) AS keys
    FROM pg_catalog.pg_index i
   CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) p
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[p - 1]
    JOIN pg_catalog.pg_namespace os ON os.oid = o.opcnamespace
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[p - 1]
    LEFT JOIN pg_catalog.pg_namespace ls ON ls.oid = l.collnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p - 1] AND a.attnum <> 0
   WHERE i.indrelid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   GROUP BY i.indexrelid),
included AS (
  SELECT i.indexrelid, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY p) AS columns
    FROM pg_catalog.pg_index i
   CROSS JOIN LATERAL pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts::pg_catalog.int4) p
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p - 1]
   GROUP BY i.indexrelid),
resting AS (
  SELECT k.conindid, (pg_catalog.array_agg(k.conname::pg_catalog.text
                        ORDER BY k.contype = 'f', k.conname COLLATE "C"))[1] AS name
    FROM pg_catalog.pg_constraint k WHERE k.conindid <> 0 GROUP BY k.conindid),
owned AS (
  SELECT d.objid, pg_catalog.min(e.extname::pg_catalog.text COLLATE "C") AS extension
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE d.classid = 1259 AND d.refclassid = 3079 AND d.deptype = 'e' GROUP BY d.objid),
building AS MATERIALIZED (
  SELECT b.index_relid AS oid FROM pg_catalog.pg_stat_progress_create_index b WHERE b.index_relid <> 0),
attended AS MATERIALIZED (
  SELECT l.relation AS oid FROM pg_catalog.pg_locks l
   WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
     AND NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
SELECT c.oid::pg_catalog.int8 AS oid, i.indrelid::pg_catalog.int8 AS table_oid, n.nspname AS schema, c.relname AS name,
       m.amname AS method, key.keys, coalesce(included.columns, '{}') AS include,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       i.indisunique AS "unique", i.indisprimary AS "primary", i.indisexclusion AS exclusion, i.indimmediate AS immediate,
       coalesce((pg_catalog.to_jsonb(i)->>'indnullsnotdistinct')::pg_catalog.bool, false) AS nulls_not_distinct,
       i.indisvalid AS valid, i.indisready AS ready, i.indislive AS live,
       i.indisclustered AS clustered, i.indisreplident AS replica_identity,
       c.relkind = 'I' AS partitioned, c.relispartition AS is_partition,
       h.inhparent::pg_catalog.int8 AS parent_oid,
       c.oid IN (SELECT b.oid FROM building b)
         OR NOT i.indisvalid AND i.indrelid IN (SELECT a.oid FROM attended a) AS being_built,
       resting.name AS "constraint", owned.extension,
       coalesce(c.reloptions, '{}') AS options,
       pg_catalog.pg_get_indexdef(c.oid) AS definition,
       coalesce(e.spcoptions, '{}') AS tablespace_options,
       greatest(c.relpages, 0) AS pages,
       CASE WHEN c.reltuples < 0 THEN NULL
            WHEN c.reltuples = 0 AND c.relpages = 0
             AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 140000 THEN NULL
            ELSE c.reltuples::pg_catalog.float8 END AS rows,
       pg_catalog.age(i.xmin)::pg_catalog.int8 AS created_xacts_ago,
       s.idx_scan AS scans, s.idx_tup_read AS tuples_read, s.idx_tup_fetch AS tuples_fetched,
       extract(epoch FROM (pg_catalog.to_jsonb(s)->>'last_idx_scan')::pg_catalog.timestamptz)::pg_catalog.float8 AS last_scan
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p', 'm')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_am m ON m.oid = c.relam
  JOIN key ON key.indexrelid = c.oid
  LEFT JOIN pg_catalog.pg_tablespace e ON e.oid = CASE WHEN c.reltablespace <> 0 THEN c.reltablespace ELSE
       (SELECT d.dattablespace FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) END
  LEFT JOIN included ON included.indexrelid = c.oid
  LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
  LEFT JOIN resting ON resting.conindid = c.oid
  LEFT JOIN owned ON owned.objid = i.indrelid
  LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid
