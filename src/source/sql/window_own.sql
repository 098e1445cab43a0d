-- Statements of which every entry is pgassay's own.
SELECT s.queryid
  FROM {schema}.pg_stat_statements s
  JOIN pg_catalog.pg_database d ON d.oid = s.dbid AND d.datname = pg_catalog.current_database()
 WHERE s.queryid IS NOT NULL
 GROUP BY s.queryid
HAVING pg_catalog.bool_and(coalesce(pg_catalog.strpos(s.query, '/*pgassay*/') > 0
         OR pg_catalog.starts_with(s.query, 'SELECT * FROM pg_catalog.pg_rewrite WHERE '), false))
