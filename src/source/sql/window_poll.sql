-- One reading of the counters of this database, by statement, without the texts: those are in a file that every call
-- with texts would read whole. The clock is asked after the counters were added up and written out, so own_ms lacks
-- only the packing and sending of the answer: about a tenth.
SELECT extract(epoch FROM pg_catalog.clock_timestamp())::pg_catalog.float8 AS at,
       (1000 * extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp()))::pg_catalog.float8
         AS own_ms,
       i.dealloc, i.stats_reset, c.queryids, c.entries, c.calls, c.rows, c.times
  FROM (SELECT pg_catalog.array_agg(g.queryid)::pg_catalog.text AS queryids, pg_catalog.array_agg(g.entries)::pg_catalog.text AS entries,
               pg_catalog.array_agg(g.calls)::pg_catalog.text AS calls, pg_catalog.array_agg(g.rows)::pg_catalog.text AS rows,
               pg_catalog.array_agg(g.total)::pg_catalog.text AS times
          FROM (SELECT s.queryid, pg_catalog.count(*) AS entries, pg_catalog.sum(s.calls)::pg_catalog.int8 AS calls,
                       pg_catalog.sum(s.rows)::pg_catalog.int8 AS rows, pg_catalog.sum(s.total_exec_time) AS total
                  FROM {schema}.pg_stat_statements(false) s
                 WHERE s.queryid IS NOT NULL {toplevel}
                   AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d
                                  WHERE d.datname = pg_catalog.current_database())
                 GROUP BY s.queryid) g
       OFFSET 0) c
 CROSS JOIN ({info}) i
