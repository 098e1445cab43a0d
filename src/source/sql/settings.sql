-- Texts that may hold a password or a command are kept only as set or not set.
SELECT s.name,
       CASE WHEN s.name IN ('archive_cleanup_command', 'archive_command', 'primary_conninfo', 'recovery_end_command',
                            'restore_command', 'ssl_passphrase_command')
            THEN CASE WHEN s.setting IN ('', '(disabled)') THEN s.setting ELSE '(not kept)' END
            -- what a new session of this role gets, not what pgassay set for its own
            WHEN s.source = 'session' THEN s.reset_val ELSE s.setting END AS value,
       s.unit, s.source, s.boot_val AS boot_value, s.context, s.pending_restart
  FROM pg_catalog.pg_settings s
 WHERE s.setting IS NOT NULL
 ORDER BY s.name COLLATE "C"
