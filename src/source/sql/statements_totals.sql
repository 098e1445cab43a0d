-- What is not among the entries, counted. A hidden entry has no queryid. pgassay's own carry its mark, but for a
-- query that pg_get_viewdef() runs inside the server.
SELECT pg_catalog.count(*) FILTER (WHERE o.here AND o.hidden) AS hidden,
       coalesce(pg_catalog.sum(s.total_exec_time) FILTER (WHERE o.here AND o.hidden), 0) AS hidden_ms,
       pg_catalog.count(*) FILTER (WHERE o.here AND o.own) AS own,
       pg_catalog.count(*) FILTER (WHERE NOT o.here) AS other_databases,
       coalesce(pg_catalog.sum(s.total_exec_time) FILTER (WHERE NOT o.here), 0) AS other_databases_ms
  FROM {schema}.pg_stat_statements s
 CROSS JOIN (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) d
 CROSS JOIN LATERAL (
       SELECT s.dbid = d.oid AS here, s.queryid IS NULL AS hidden,
              s.queryid IS NOT NULL AND
                coalesce(pg_catalog.strpos(s.query, '/*pgassay*/') > 0
                         OR pg_catalog.starts_with(s.query, 'SELECT * FROM pg_catalog.pg_rewrite WHERE '), false) AS own) o
