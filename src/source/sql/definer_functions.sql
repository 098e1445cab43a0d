-- Functions of extensions are theirs to mend.
SELECT n.nspname AS schema, p.proname AS name,
       pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments,
       coalesce(r.rolsuper, false) AS owner_is_superuser,
       EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS c(entry) WHERE c.entry LIKE 'search\_path=%') AS fixes_search_path,
       pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE') AS public
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
 WHERE p.prosecdef
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 1255 AND d.objid = p.oid AND d.refclassid = 3079 AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid
