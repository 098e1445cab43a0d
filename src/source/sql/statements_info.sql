-- From extension version 1.9.
SELECT i.dealloc, extract(epoch FROM i.stats_reset)::pg_catalog.float8 AS stats_reset
  FROM {schema}.pg_stat_statements_info i
