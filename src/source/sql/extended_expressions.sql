(SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
          'table_oid', e.stxrelid::pg_catalog.int8, 'column', s.place::pg_catalog.text, 'inherited', {inherited},
          'null_frac', s.stanullfrac, 'avg_width', s.stawidth, 'n_distinct', s.stadistinct, 'slots', o.slots) ORDER BY s.place)
   FROM ROWS FROM (pg_catalog.unnest(d.stxdexpr)) WITH ORDINALITY AS s(starelid, staattnum, stainherit, stanullfrac, stawidth,
          stadistinct, stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5,
          stacoll1, stacoll2, stacoll3, stacoll4, stacoll5, stanumbers1, stanumbers2, stanumbers3, stanumbers4, stanumbers5,
          stavalues1, stavalues2, stavalues3, stavalues4, stavalues5, place)
  CROSS JOIN LATERAL ({slots}) o)
