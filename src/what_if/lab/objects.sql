-- Statistics objects of the lab, with the types of their columns in the order of their numbers.
SELECT json_build_object(
         'schema', n.nspname, 'name', s.stxname, 'oid', s.oid::int8,
         'types', coalesce((SELECT json_agg(a.atttypid::int8 ORDER BY a.attnum) FROM pg_attribute a
                             WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys)), '[]'))::text
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
