SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolcanlogin AS login,
       nullif(r.rolconnlimit, -1)::pg_catalog.int8 AS connection_limit,
       CASE WHEN pg_catalog.isfinite(r.rolvaliduntil)
            THEN extract(epoch FROM r.rolvaliduntil - pg_catalog.now())::pg_catalog.float8 END AS valid_for_s
  FROM pg_catalog.pg_roles r
 WHERE r.rolcanlogin OR r.rolsuper
 ORDER BY r.rolname COLLATE "C"
