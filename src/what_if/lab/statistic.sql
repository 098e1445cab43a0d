-- Rows of pg_statistic from their staged texts. array_in() returns anyarray, which nothing else makes. A name that is not
-- known is looked up once more, and the server says what is wrong with it.
INSERT INTO pg_statistic
SELECT a.attrelid, a.attnum, s.inh, s.nf, s.w, s.nd, s.k1, s.k2, s.k3, s.k4, s.k5,
       coalesce(((SELECT n.operators FROM pg_temp.names n) ->> s.o1)::oid, s.o1::regoperator::oid, 0),
       coalesce(((SELECT n.operators FROM pg_temp.names n) ->> s.o2)::oid, s.o2::regoperator::oid, 0),
       coalesce(((SELECT n.operators FROM pg_temp.names n) ->> s.o3)::oid, s.o3::regoperator::oid, 0),
       coalesce(((SELECT n.operators FROM pg_temp.names n) ->> s.o4)::oid, s.o4::regoperator::oid, 0),
       coalesce(((SELECT n.operators FROM pg_temp.names n) ->> s.o5)::oid, s.o5::regoperator::oid, 0),
       coalesce(((SELECT n.collations FROM pg_temp.names n) ->> s.c1)::oid, s.c1::regcollation::oid, 0),
       coalesce(((SELECT n.collations FROM pg_temp.names n) ->> s.c2)::oid, s.c2::regcollation::oid, 0),
       coalesce(((SELECT n.collations FROM pg_temp.names n) ->> s.c3)::oid, s.c3::regcollation::oid, 0),
       coalesce(((SELECT n.collations FROM pg_temp.names n) ->> s.c4)::oid, s.c4::regcollation::oid, 0),
       coalesce(((SELECT n.collations FROM pg_temp.names n) ->> s.c5)::oid, s.c5::regcollation::oid, 0),
       s.n1::real[], s.n2::real[], s.n3::real[], s.n4::real[], s.n5::real[],
       CASE WHEN s.v1 IS NOT NULL THEN array_in(s.v1::cstring, coalesce(((SELECT n.kinds FROM pg_temp.names n) ->> s.t1)::oid, s.t1::regtype::oid), -1) END,
       CASE WHEN s.v2 IS NOT NULL THEN array_in(s.v2::cstring, coalesce(((SELECT n.kinds FROM pg_temp.names n) ->> s.t2)::oid, s.t2::regtype::oid), -1) END,
       CASE WHEN s.v3 IS NOT NULL THEN array_in(s.v3::cstring, coalesce(((SELECT n.kinds FROM pg_temp.names n) ->> s.t3)::oid, s.t3::regtype::oid), -1) END,
       CASE WHEN s.v4 IS NOT NULL THEN array_in(s.v4::cstring, coalesce(((SELECT n.kinds FROM pg_temp.names n) ->> s.t4)::oid, s.t4::regtype::oid), -1) END,
       CASE WHEN s.v5 IS NOT NULL THEN array_in(s.v5::cstring, coalesce(((SELECT n.kinds FROM pg_temp.names n) ->> s.t5)::oid, s.t5::regtype::oid), -1) END
  FROM pg_temp.staged s
  JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.att AND NOT a.attisdropped
