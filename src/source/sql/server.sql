-- The server, the database and the reading role. A managed service is known by objects that only it makes.
SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version_num,
       pg_catalog.current_setting('server_version') AS version,
       d.datname AS database,
       CURRENT_USER AS role,
       r.rolsuper AS superuser,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       extract(epoch FROM pg_catalog.pg_postmaster_start_time())::pg_catalog.float8 AS started_at,
       extract(epoch FROM pg_catalog.now())::pg_catalog.float8 AS taken_at,
       d.datcollate::pg_catalog.text AS collate, d.datctype::pg_catalog.text AS ctype,
       coalesce(j.d->>'datlocprovider', 'c') AS locale_provider, coalesce(j.d->>'datlocale', j.d->>'daticulocale') AS locale,
       pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.proname = 'aurora_version'
                          AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace) THEN 'aurora'
            WHEN s.rds OR g.rds THEN 'rds'
            WHEN s.cloud_sql OR g.cloud_sql THEN 'cloud-sql'
            WHEN s.azure OR g.azure THEN 'azure'
            WHEN s.neon OR g.neon THEN 'neon'
            WHEN g.supabase THEN 'supabase' END AS managed
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_roles r ON r.rolname = CURRENT_USER
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) AS d) j
 CROSS JOIN (SELECT coalesce(pg_catalog.bool_or(name LIKE 'rds.%'), false) AS rds,
                    coalesce(pg_catalog.bool_or(name LIKE 'cloudsql.%'), false) AS cloud_sql,
                    coalesce(pg_catalog.bool_or(name LIKE 'azure.%'), false) AS azure,
                    coalesce(pg_catalog.bool_or(name LIKE 'neon.%'), false) AS neon
               FROM pg_catalog.pg_settings) s
 CROSS JOIN (SELECT coalesce(pg_catalog.bool_or(rolname = 'rds_superuser'), false) AS rds,
                    coalesce(pg_catalog.bool_or(rolname = 'cloudsqlsuperuser'), false) AS cloud_sql,
                    coalesce(pg_catalog.bool_or(rolname = 'azure_pg_admin'), false) AS azure,
                    coalesce(pg_catalog.bool_or(rolname = 'neon_superuser'), false) AS neon,
                    coalesce(pg_catalog.bool_or(rolname = 'supabase_admin'), false) AS supabase
               FROM pg_catalog.pg_roles) g
 WHERE d.datname = pg_catalog.current_database()
