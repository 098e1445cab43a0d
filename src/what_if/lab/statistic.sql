-- Rows of pg_statistic from their staged texts. array_in() returns anyarray, which nothing else makes. Values of a domain
-- are read as its base type has them: a token may be longer than the domain allows.
INSERT INTO pg_statistic
SELECT a.attrelid, a.attnum, s.inh, s.nf, s.w, s.nd, s.k1, s.k2, s.k3, s.k4, s.k5,
       coalesce(s.o1::regoperator::oid, 0), coalesce(s.o2::regoperator::oid, 0), coalesce(s.o3::regoperator::oid, 0),
       coalesce(s.o4::regoperator::oid, 0), coalesce(s.o5::regoperator::oid, 0),
       coalesce(s.c1::regcollation::oid, 0), coalesce(s.c2::regcollation::oid, 0), coalesce(s.c3::regcollation::oid, 0),
       coalesce(s.c4::regcollation::oid, 0), coalesce(s.c5::regcollation::oid, 0),
       s.n1::real[], s.n2::real[], s.n3::real[], s.n4::real[], s.n5::real[],
       array_in(s.v1::cstring, coalesce((SELECT t.typbasetype FROM pg_type t WHERE t.oid = s.t1::regtype AND t.typtype = 'd'), s.t1::regtype), -1), array_in(s.v2::cstring, coalesce((SELECT t.typbasetype FROM pg_type t WHERE t.oid = s.t2::regtype AND t.typtype = 'd'), s.t2::regtype), -1),
       array_in(s.v3::cstring, coalesce((SELECT t.typbasetype FROM pg_type t WHERE t.oid = s.t3::regtype AND t.typtype = 'd'), s.t3::regtype), -1), array_in(s.v4::cstring, coalesce((SELECT t.typbasetype FROM pg_type t WHERE t.oid = s.t4::regtype AND t.typtype = 'd'), s.t4::regtype), -1),
       array_in(s.v5::cstring, coalesce((SELECT t.typbasetype FROM pg_type t WHERE t.oid = s.t5::regtype AND t.typtype = 'd'), s.t5::regtype), -1)
  FROM pg_temp.staged s
  JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.att AND NOT a.attisdropped
