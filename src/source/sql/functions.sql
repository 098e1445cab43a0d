SELECT p.oid::pg_catalog.int8 AS oid, n.nspname AS schema, p.proname AS name,
       pg_catalog.pg_get_function_arguments(p.oid) AS arguments, pg_catalog.pg_get_function_result(p.oid) AS result,
       l.lanname AS language, coalesce({standard_body}, p.prosrc) AS body, {standard_body} IS NOT NULL AS standard_body,
       p.provolatile AS volatility, p.proisstrict AS strict, p.proparallel AS parallel,
       p.procost::pg_catalog.float8 AS cost, p.prorows::pg_catalog.float8 AS rows,
       coalesce(p.proconfig, '{}') AS settings, p.prosecdef AS security_definer, p.proleakproof AS leakproof
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.oid = ANY (ARRAY[{oids}]::pg_catalog.oid[])
 ORDER BY p.oid
