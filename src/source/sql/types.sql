-- Types that users made, without the row types of tables and the types of extensions.
WITH named AS (
  SELECT l.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname) AS name
    FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace)
SELECT t.oid::pg_catalog.int8 AS oid, n.nspname AS schema, t.typname AS name,
       CASE t.typtype
       WHEN 'e' THEN pg_catalog.json_build_object('enum', pg_catalog.json_build_object('labels', coalesce((
              SELECT pg_catalog.json_agg(pg_catalog.json_build_object('oid', e.oid::pg_catalog.int8, 'label', e.enumlabel)
                                         ORDER BY e.enumsortorder)
                FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), '[]')))
       WHEN 'd' THEN pg_catalog.json_build_object('domain', pg_catalog.json_build_object(
              'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
              'collation', CASE WHEN t.typcollation <> b.typcollation THEN l.name END,
              'not_null', t.typnotnull,
              'checks', coalesce((SELECT pg_catalog.json_agg(pg_catalog.pg_get_constraintdef(k.oid) ORDER BY k.conname COLLATE "C")
                                    FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '[]')))
       WHEN 'c' THEN pg_catalog.json_build_object('composite', pg_catalog.json_build_object('attributes', coalesce((
              SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
                       'type_name', pg_catalog.format_type(a.atttypid, a.atttypmod),
                       'collation', CASE WHEN a.attcollation <> y.typcollation THEN al.name END) ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
                LEFT JOIN named al ON al.oid = a.attcollation
               WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '[]')))
       WHEN 'r' THEN (SELECT pg_catalog.json_build_object('range', pg_catalog.json_build_object(
                'subtype', pg_catalog.format_type(r.rngsubtype, NULL),
                'opclass', pg_catalog.quote_ident(kn.nspname) || '.' || pg_catalog.quote_ident(k.opcname),
                'collation', rl.name,
                'multirange', (SELECT m.typname FROM pg_catalog.pg_type m
                                WHERE m.oid = (pg_catalog.to_jsonb(r)->>'rngmultitypid')::pg_catalog.oid)))
           FROM pg_catalog.pg_range r
           JOIN pg_catalog.pg_opclass k ON k.oid = r.rngsubopc
           JOIN pg_catalog.pg_namespace kn ON kn.oid = k.opcnamespace
           LEFT JOIN named rl ON rl.oid = r.rngcollation
          WHERE r.rngtypid = t.oid) END AS definition
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
  LEFT JOIN named l ON l.oid = t.typcollation
 WHERE t.oid >= 16384 AND t.typisdefined
   AND (t.typtype IN ('e', 'd', 'r')
        OR t.typtype = 'c' AND (SELECT r.relkind = 'c' FROM pg_catalog.pg_class r WHERE r.oid = t.typrelid))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 1247 AND d.objid = t.oid AND d.refclassid = 3079 AND d.deptype = 'e')
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY t.oid
