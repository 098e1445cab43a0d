-- Tables, partitioned tables, materialized views and foreign tables of users. Sizes come from sizes.sql: asking for
-- one waits for whoever holds the table. pg_stats hides a table whose row security holds for the role, SELECT or not.
WITH parent AS (
  SELECT i.inhrelid, pg_catalog.array_agg(i.inhparent::pg_catalog.int8 ORDER BY i.inhseqno, i.inhparent) AS parents,
         pg_catalog.bool_or(coalesce((pg_catalog.to_jsonb(i)->>'inhdetachpending')::pg_catalog.bool, false)) AS detach_pending
    FROM pg_catalog.pg_inherits i GROUP BY i.inhrelid),
dropped AS (
  SELECT a.attrelid, pg_catalog.count(*) AS columns FROM pg_catalog.pg_attribute a
   WHERE a.attnum > 0 AND a.attisdropped GROUP BY a.attrelid),
rewritten AS (
  SELECT r.ev_class, pg_catalog.count(*) AS rules FROM pg_catalog.pg_rewrite r
   WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' GROUP BY r.ev_class),
owned AS (
  SELECT d.objid, pg_catalog.min(e.extname::pg_catalog.text COLLATE "C") AS extension
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE d.classid = 1259 AND d.refclassid = 3079 AND d.deptype = 'e' GROUP BY d.objid),
published AS MATERIALIZED (
  SELECT g.oid, pg_catalog.bool_or(u.pubupdate OR u.pubdelete) AS changes
    FROM (SELECT r.prrelid AS oid, r.prpubid AS publication FROM pg_catalog.pg_publication_rel r
           UNION
          SELECT c.oid, u.oid FROM pg_catalog.pg_publication_tables p
            JOIN pg_catalog.pg_publication u ON u.pubname = p.pubname
            JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename) g
    JOIN pg_catalog.pg_publication u ON u.oid = g.publication
   GROUP BY g.oid)
SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'm' THEN 'materialized_view'
                      WHEN 'f' THEN 'foreign' END AS kind,
       c.relpersistence AS persistence,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       c.relispartition AS is_partition,
       coalesce(parent.parents, '{}') AS parents,
       coalesce(parent.detach_pending, false) AS detach_pending,
       coalesce(dropped.columns, 0) AS dropped_columns,
       coalesce(rewritten.rules, 0) AS rewrite_rules,
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       pg_catalog.pg_get_expr(c.relpartbound, 0) AS partition_bound,
       owned.extension,
       CASE WHEN c.reltuples < 0 THEN NULL
            WHEN c.reltuples = 0 AND c.relpages = 0
             AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 140000 THEN NULL
            ELSE c.reltuples::pg_catalog.float8 END AS rows,
       greatest(c.relpages, 0) AS pages,
       greatest(c.relallvisible, 0) AS all_visible_pages,
       coalesce(c.reloptions, '{}') AS options,
       coalesce(e.spcoptions, '{}') AS tablespace_options,
       c.relreplident AS replica_identity,
       c.relrowsecurity AS row_security,
       policy.active AS row_security_active,
       CASE WHEN c.relfrozenxid <> '0'::pg_catalog.xid THEN pg_catalog.age(c.relfrozenxid)::pg_catalog.int8 END AS frozen_xid_age,
       pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AND NOT policy.active AS selectable,
       c.oid IN (SELECT p.oid FROM published p)
         OR c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) a
                                          WHERE a.relid IN (SELECT p.oid FROM published p)) AS published,
       EXISTS (SELECT FROM published p WHERE p.changes AND p.oid = c.oid) AS published_changes,
       coalesce(s.seq_scan, 0) AS seq_scan, coalesce(s.seq_tup_read, 0) AS seq_tup_read,
       coalesce(s.idx_scan, 0) AS idx_scan, coalesce(s.idx_tup_fetch, 0) AS idx_tup_fetch,
       coalesce(s.n_tup_ins, 0) AS n_tup_ins, coalesce(s.n_tup_upd, 0) AS n_tup_upd,
       coalesce(s.n_tup_del, 0) AS n_tup_del, coalesce(s.n_tup_hot_upd, 0) AS n_tup_hot_upd,
       (j.s->>'n_tup_newpage_upd')::pg_catalog.int8 AS n_tup_newpage_upd,
       greatest(s.n_live_tup, 0) AS n_live_tup, greatest(s.n_dead_tup, 0) AS n_dead_tup,
       greatest(s.n_mod_since_analyze, 0) AS n_mod_since_analyze,
       greatest(s.n_ins_since_vacuum, 0) AS n_ins_since_vacuum,
       extract(epoch FROM (j.s->>'last_seq_scan')::pg_catalog.timestamptz)::pg_catalog.float8 AS last_seq_scan,
       extract(epoch FROM (j.s->>'last_idx_scan')::pg_catalog.timestamptz)::pg_catalog.float8 AS last_idx_scan,
       extract(epoch FROM s.last_vacuum)::pg_catalog.float8 AS last_vacuum,
       extract(epoch FROM s.last_autovacuum)::pg_catalog.float8 AS last_autovacuum,
       extract(epoch FROM s.last_analyze)::pg_catalog.float8 AS last_analyze,
       extract(epoch FROM s.last_autoanalyze)::pg_catalog.float8 AS last_autoanalyze,
       greatest(pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid), 0) AS heap_blks_read,
       greatest(pg_catalog.pg_stat_get_blocks_hit(c.oid), 0) AS heap_blks_hit
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace e ON e.oid = CASE WHEN c.reltablespace <> 0 THEN c.reltablespace ELSE
       (SELECT d.dattablespace FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) END
  LEFT JOIN parent ON parent.inhrelid = c.oid
  LEFT JOIN owned ON owned.objid = c.oid
  LEFT JOIN dropped ON dropped.attrelid = c.oid
  LEFT JOIN rewritten ON rewritten.ev_class = c.oid
  LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(s) AS s OFFSET 0) j
 CROSS JOIN LATERAL (SELECT c.relrowsecurity AND pg_catalog.row_security_active(c.oid) AS active) policy
 WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
