-- OIDs of the operators, collations and types that the staged rows name, each looked up once. Values of a domain are
-- read as its base type has them: a token may be longer than the domain allows.
CREATE TEMP TABLE names AS SELECT
  (SELECT coalesce(jsonb_object_agg(f.name, to_regoperator(f.name)::oid), '{}')
     FROM (SELECT DISTINCT u.name FROM pg_temp.staged s, unnest(ARRAY[s.o1, s.o2, s.o3, s.o4, s.o5]) u(name) WHERE u.name IS NOT NULL) f) AS operators,
  (SELECT coalesce(jsonb_object_agg(f.name, to_regcollation(f.name)::oid), '{}')
     FROM (SELECT DISTINCT u.name FROM pg_temp.staged s, unnest(ARRAY[s.c1, s.c2, s.c3, s.c4, s.c5]) u(name) WHERE u.name IS NOT NULL) f) AS collations,
  (SELECT coalesce(jsonb_object_agg(f.name, coalesce((SELECT nullif(t.typbasetype, 0) FROM pg_type t
             WHERE t.oid = to_regtype(f.name) AND t.typtype = 'd'), to_regtype(f.name)::oid)), '{}')
     FROM (SELECT DISTINCT u.name FROM pg_temp.staged s, unnest(ARRAY[s.t1, s.t2, s.t3, s.t4, s.t5]) u(name) WHERE u.name IS NOT NULL) f) AS kinds
