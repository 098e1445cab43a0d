-- Types of the lab, with the labels of enums, and the base type of a domain.
SELECT json_build_object(
         'oid', t.oid::int8, 'base', coalesce(nullif(t.typbasetype, 0), t.oid)::int8, 'schema', n.nspname, 'name', t.typname, 'length', t.typlen, 'by_value', t.typbyval,
         'labels', coalesce((SELECT json_object_agg(e.enumlabel, e.oid::int8) FROM pg_enum e WHERE e.enumtypid = t.oid), '{}'))::text
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype IN ('b', 'd', 'e')
