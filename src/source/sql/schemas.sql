SELECT n.nspname AS name, pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') AS public_create
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY n.nspname COLLATE "C"
