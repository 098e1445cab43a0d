-- Running maintenance in this database; without a phase it is hidden from the role.
SELECT p.pid, p.command, p.table_oid, p.index_oid, p.phase, p.done, p.total, p.index_passes
  FROM (SELECT v.pid, v.datname, 'vacuum' AS command, v.relid::pg_catalog.int8 AS table_oid, NULL::pg_catalog.int8 AS index_oid,
               v.phase, v.heap_blks_scanned AS done, v.heap_blks_total AS total,
               v.index_vacuum_count AS index_passes
          FROM pg_catalog.pg_stat_progress_vacuum v
         UNION ALL
        SELECT a.pid, a.datname, 'analyze', a.relid::pg_catalog.int8, NULL, a.phase, a.sample_blks_scanned, a.sample_blks_total, NULL
          FROM pg_catalog.pg_stat_progress_analyze a
         UNION ALL
        SELECT i.pid, i.datname, 'create-index', i.relid::pg_catalog.int8, nullif(i.index_relid::pg_catalog.int8, 0), i.phase,
               CASE WHEN i.tuples_total > 0 THEN i.tuples_done ELSE i.blocks_done END,
               CASE WHEN i.tuples_total > 0 THEN i.tuples_total ELSE i.blocks_total END, NULL
          FROM pg_catalog.pg_stat_progress_create_index i
         UNION ALL
        SELECT c.pid, c.datname, 'cluster', c.relid::pg_catalog.int8, nullif(c.cluster_index_relid::pg_catalog.int8, 0), c.phase,
               c.heap_blks_scanned, c.heap_blks_total, NULL
          FROM pg_catalog.pg_stat_progress_cluster c) p
 WHERE p.datname = pg_catalog.current_database() AND p.phase IS NOT NULL
 ORDER BY p.pid, p.command
