-- Collations whose library is of another version now than when the server noted it, with the indexes that are in their
-- order. The default collation's version is noted with the database, from 15 on.
WITH noted AS (
  SELECT c.oid, c.collname, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname) AS name,
         CASE WHEN c.collprovider = 'd' THEN pg_catalog.to_jsonb(d)->>'datcollversion' ELSE c.collversion END AS recorded,
         CASE WHEN c.collprovider = 'd' THEN {default_version} ELSE pg_catalog.pg_collation_actual_version(c.oid) END AS actual,
         c.collprovider = 'd' AS is_default
    FROM pg_catalog.pg_collation c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
    JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
   WHERE c.collversion IS NOT NULL OR c.collprovider = 'd')
SELECT noted.name, noted.is_default, noted.recorded AS recorded_version, noted.actual AS actual_version,
       coalesce((SELECT pg_catalog.array_agg(i.indexrelid::pg_catalog.int8 ORDER BY i.indexrelid)
                   FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
                   JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname IN ('btree', 'gist', 'spgist', 'brin', 'gin')
                   JOIN pg_catalog.pg_namespace s ON s.oid = x.relnamespace
                  WHERE noted.oid = ANY (i.indcollation::pg_catalog.oid[])
                    AND s.nspname <> 'information_schema'
                    AND NOT pg_catalog.starts_with(s.nspname::pg_catalog.text, 'pg_')), '{}') AS indexes
  FROM noted WHERE noted.recorded <> noted.actual
 ORDER BY noted.name COLLATE "C"
