-- New indexes by name, with their parts on partitions, and the types of their columns.
WITH RECURSIVE part(of, oid) AS (
  SELECT c.relname, c.oid FROM pg_class c WHERE c.relname::text = ANY ($1) AND c.relkind IN ('i', 'I')
   UNION ALL
  SELECT p.of, h.inhrelid FROM part p JOIN pg_inherits h ON h.inhparent = p.oid),
based(oid, base) AS (
  SELECT t.oid, t.oid FROM pg_type t WHERE t.typtype <> 'd'
   UNION ALL
  SELECT t.oid, b.base FROM pg_type t JOIN based b ON b.oid = t.typbasetype WHERE t.typtype = 'd')
SELECT json_build_object(
         'of', p.of, 'name', c.relname, 'oid', c.oid::int8, 'table', i.indrelid::int8,
         'path', pg_relation_filepath(c.oid),
         'types', (SELECT coalesce(json_agg(json_build_object(
                            'name', t.typname, 'length', a.attlen, 'alignment', a.attalign) ORDER BY a.attnum), '[]')
                     FROM pg_attribute a JOIN based b ON b.oid = a.atttypid JOIN pg_type t ON t.oid = b.base
                    WHERE a.attrelid = c.oid))::text
  FROM part p JOIN pg_class c ON c.oid = p.oid JOIN pg_index i ON i.indexrelid = p.oid
 ORDER BY p.oid
