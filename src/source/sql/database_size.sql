-- Apart from the rest: it looks at every file.
SELECT pg_catalog.pg_database_size(d.oid) AS bytes
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
