-- Whose eyes the window is seen with.
SELECT CURRENT_USER AS role,
       pg_catalog.current_database() AS database,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all_statements
