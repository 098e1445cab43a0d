-- A setting that waits for a restart is none: pg_settings says so.
SELECT pg_catalog.regexp_replace(f.sourcefile, '^.*[/\\]', '') AS file, f.sourceline AS line, f.name, f.error
  FROM pg_catalog.pg_file_settings f
 WHERE f.error IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE s.name = f.name AND s.pending_restart)
 ORDER BY f.sourcefile COLLATE "C", f.sourceline
