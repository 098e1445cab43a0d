SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
         'kind', v.kind,
         'operator', CASE WHEN v.op <> 0 THEN v.op::pg_catalog.regoperator::pg_catalog.text END,
         'collation', (SELECT pg_catalog.quote_ident(ln.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                         FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
                        WHERE l.oid = v.coll),
         'numbers', v.numbers, 'values', v.samples::pg_catalog.text,
         'value_type', CASE WHEN v.samples IS NOT NULL THEN {value_type} END) ORDER BY v.place) AS slots
  FROM (VALUES (1, s.stakind1, s.staop1, s.stacoll1, s.stanumbers1, s.stavalues1),
               (2, s.stakind2, s.staop2, s.stacoll2, s.stanumbers2, s.stavalues2),
               (3, s.stakind3, s.staop3, s.stacoll3, s.stanumbers3, s.stavalues3),
               (4, s.stakind4, s.staop4, s.stacoll4, s.stanumbers4, s.stavalues4),
               (5, s.stakind5, s.staop5, s.stacoll5, s.stanumbers5, s.stavalues5)) AS v(place, kind, op, coll, numbers, samples)
 WHERE v.kind <> 0 AND coalesce('NaN'::pg_catalog.float4 <> ALL (v.numbers), true)
