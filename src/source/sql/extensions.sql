SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema, a.default_version AS available
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
  LEFT JOIN pg_catalog.pg_available_extensions() AS a(name, default_version, comment) ON a.name = e.extname
 ORDER BY e.extname COLLATE "C"
