-- One row of what the role may see. Works on 13 to 18; OIDs throughout, because names need USAGE on their schema.
WITH statements AS (
  SELECT e.extversion, quote_ident(n.nspname) AS schema,
         has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
  FROM pg_extension e
  JOIN pg_namespace n ON n.oid = e.extnamespace
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
  WHERE e.extname = 'pg_stat_statements'
), relations AS (
  SELECT c.oid, c.relkind, n.nspname,
         CASE WHEN c.relkind <> 'S' THEN has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
              ELSE has_sequence_privilege(c.oid, 'SELECT, USAGE') END AS readable,
         c.relkind <> 'S' AND row_security_active(c.oid) AS behind_policies
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'S') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT current_setting('server_version')                                  AS version,
       current_setting('server_version_num')::int / 10000                 AS major,
       quote_ident(current_user)                                          AS role,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)       AS superuser,
       pg_is_in_recovery()                                                AS standby,
       extract(epoch FROM now() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float8 AS counters_age_s,
       current_setting('track_counts')::bool                              AS track_counts,
       current_setting('track_io_timing')::bool                           AS track_io_timing,
       -- a setting without the library is a placeholder, and pg_settings leaves those out
       EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max') AS preloaded,
       current_setting('pg_stat_statements.track', true)                  AS track,
       (SELECT extversion FROM statements)                                AS statements_version,
       (SELECT schema FROM statements)                                    AS statements_schema,
       coalesce((SELECT readable FROM statements), false)                 AS statements_readable,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS statements_available,
       pg_has_role('pg_read_all_stats', 'USAGE')                          AS reads_all_stats,
       pg_has_role('pg_read_all_settings', 'USAGE')                       AS reads_all_settings,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'hypopg')         AS hypopg,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'hypopg') AS hypopg_available,
       (SELECT coalesce(array_agg(DISTINCT quote_ident(nspname) ORDER BY quote_ident(nspname)), '{}')
        FROM relations)                                                   AS schemas,
       (SELECT count(*) FROM relations WHERE relkind <> 'S')              AS tables,
       (SELECT count(*) FROM relations WHERE relkind <> 'S' AND NOT readable) AS tables_closed,
       (SELECT count(*) FROM relations WHERE behind_policies)             AS tables_behind_policies,
       (SELECT count(*) FROM relations WHERE relkind = 'S')               AS sequences,
       (SELECT count(*) FROM relations WHERE relkind = 'S' AND NOT readable) AS sequences_closed,
       (SELECT coalesce(array_agg(DISTINCT quote_ident(nspname) ORDER BY quote_ident(nspname)), '{}')
        FROM relations WHERE NOT readable)                                AS closed_schemas
FROM pg_stat_database d
WHERE d.datname = current_database()
