-- Triggers that users made, and those behind constraints that somebody switched off.
SELECT t.tgrelid::pg_catalog.int8 AS table_oid, t.tgname AS name, t.tgisinternal AS internal,
       (t.tgtype & 1) <> 0 AS row_level,
       CASE WHEN (t.tgtype & 2) <> 0 THEN 'before' WHEN (t.tgtype & 64) <> 0 THEN 'instead of' ELSE 'after' END AS timing,
       pg_catalog.array_remove(ARRAY[CASE WHEN (t.tgtype & 4) <> 0 THEN 'insert' END,
                                     CASE WHEN (t.tgtype & 16) <> 0 THEN 'update' END,
                                     CASE WHEN (t.tgtype & 8) <> 0 THEN 'delete' END,
                                     CASE WHEN (t.tgtype & 32) <> 0 THEN 'truncate' END], NULL) AS events,
       t.tgenabled AS enabled, t.tgqual IS NOT NULL AS has_condition,
       p.proname AS function, l.lanname AS language,
       k.conname AS "constraint", k.contype AS constraint_type
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint AND t.tgconstraint <> 0
 WHERE (NOT t.tgisinternal OR t.tgenabled = 'D') AND c.relkind IN ('r', 'p', 'f')
   AND c.oid <> ALL (ARRAY[0{held}]::pg_catalog.oid[])
   AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
 ORDER BY c.oid, t.tgname COLLATE "C"
