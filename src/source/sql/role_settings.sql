-- Overrides that hold in this database. An application's own settings ("app.secret") may be secrets: only those of
-- the server and of known extensions keep their value.
SELECT r.rolname::pg_catalog.text COLLATE "C" AS role,
       d.datname::pg_catalog.text COLLATE "C" AS database,
       o.name,
       CASE WHEN o.name LIKE '%.%'
             AND o.name !~ '^(auto_explain|hypopg|pg_stat_statements|pg_trgm|pgaudit|plpgsql|rds|timescaledb)\.'
            THEN '(not kept)' ELSE o.value END AS value
  FROM pg_catalog.pg_db_role_setting s
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
  LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c(entry)
 CROSS JOIN LATERAL (
       SELECT pg_catalog.split_part(c.entry, '=', 1) COLLATE "C" AS name,
              pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1) AS value) o
 WHERE s.setdatabase = 0 OR d.datname = pg_catalog.current_database()
 ORDER BY role NULLS FIRST, database NULLS FIRST, o.name
