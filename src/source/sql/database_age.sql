-- When the database's directory was made: its PG_VERSION is written once. Superusers and those granted pg_stat_file.
SELECT extract(epoch FROM pg_catalog.now() - f.modification)::pg_catalog.float8 AS age_s
  FROM pg_catalog.pg_stat_file(
         pg_catalog.regexp_replace(pg_catalog.pg_relation_filepath(1259), '[^/]*$', 'PG_VERSION'), true) f
 WHERE f.modification IS NOT NULL
