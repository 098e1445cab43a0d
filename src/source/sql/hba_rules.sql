-- Addresses of clients are not kept, only whether they are those of other machines.
SELECT h.line_number AS line, h.type AS kind,
       coalesce(h.database, '{}') AS databases, coalesce(h.user_name, '{}') AS users,
       coalesce(h.type, '') LIKE 'host%' AND h.address IS NOT NULL
         AND h.address NOT LIKE '127.%' AND h.address NOT IN ('::1', 'localhost', 'samehost') AS remote,
       h.auth_method AS method, h.error
  FROM pg_catalog.pg_hba_file_rules h
 ORDER BY h.line_number
