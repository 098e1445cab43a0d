-- The fact tables: what a rule, and `pgassay query`, may ask.
--
-- This file makes the tables, and docs/facts.md is generated from it: the comment above a
-- table says what one row is, the comment behind a column gives meaning, unit and source.
-- Times are ms, sizes bytes, ages seconds at the time of the snapshot, shares 0 to 1,
-- booleans 0 or 1. NULL always means "not known", never zero.

-- The server, the database, and how far the counters may be believed. One row.
CREATE TABLE server (
  version_num INTEGER NOT NULL,          -- server_version_num, e.g. 150020
  major INTEGER NOT NULL,                -- 13 to 18
  version TEXT NOT NULL,                 -- server_version
  database TEXT NOT NULL,                -- current_database()
  role TEXT NOT NULL,                    -- role that read the snapshot
  superuser INTEGER NOT NULL,            -- whether that role is a superuser
  in_recovery INTEGER NOT NULL,          -- pg_is_in_recovery()
  taken_at REAL NOT NULL,                -- when the snapshot was taken, seconds since the epoch, by the server's clock
  uptime_s REAL NOT NULL,                -- since pg_postmaster_start_time()
  managed TEXT,                          -- rds, aurora, cloud-sql, azure, supabase, neon, if recognised; ci: of a CI job
  stats_age_s REAL NOT NULL,             -- over how long the usage counters have grown
  statement_stats_age_s REAL,            -- the same of pg_stat_statements; NULL before 14
  statement_evictions INTEGER,           -- pg_stat_statements_info.dealloc; NULL before 14
  statement_max INTEGER,                 -- pg_stat_statements.max
  window_s REAL,                         -- how long the statements were watched; NULL when they were not
  statement_ms REAL,                     -- time of all statements of this database, hidden ones too; NULL when not read
  track_counts INTEGER NOT NULL,         -- track_counts
  track_io_timing INTEGER NOT NULL,      -- track_io_timing
  track_planning INTEGER,                -- pg_stat_statements.track_planning
  standbys INTEGER NOT NULL,             -- walsenders seen
  standbys_unread INTEGER NOT NULL,      -- of these, those whose counters were not read (--replica)
  usage_age_s REAL NOT NULL,             -- stats_age_s, or that of the youngest counters of a replica that was read
  database_bytes INTEGER,                -- pg_database_size
  xact_commit INTEGER NOT NULL,          -- pg_stat_database
  xact_rollback INTEGER NOT NULL,        -- pg_stat_database
  blks_read INTEGER NOT NULL,            -- pg_stat_database
  blks_hit INTEGER NOT NULL,             -- pg_stat_database
  temp_files INTEGER NOT NULL,           -- pg_stat_database
  temp_bytes INTEGER NOT NULL,           -- pg_stat_database
  deadlocks INTEGER NOT NULL,            -- pg_stat_database
  frozen_xid_age INTEGER NOT NULL,       -- age(datfrozenxid), transactions
  min_multixact_age INTEGER NOT NULL     -- mxid_age(datminmxid)
);

-- What pg_stat_database counts besides, since the counters' reset. One row.
CREATE TABLE database_activity (
  blk_read_ms REAL,                      -- time reading blocks; NULL without track_io_timing
  checksum_failures INTEGER,             -- pages whose checksum was wrong; NULL without checksums
  sessions INTEGER,                      -- sessions begun; 14 and later, as the next six
  session_ms REAL,                       -- time that they lasted
  active_ms REAL,                        -- time that they ran statements
  idle_in_transaction_ms REAL,           -- time that they were idle in a transaction
  sessions_abandoned INTEGER,            -- whose client was lost
  sessions_fatal INTEGER,                -- ended by a fatal error
  sessions_killed INTEGER,               -- ended by somebody
  parallel_workers_wanted INTEGER,       -- by plans that ran; 18 and later
  parallel_workers_launched INTEGER      -- that they got; 18 and later
);

-- Counters of the server as a whole. One row.
CREATE TABLE server_counters (
  checkpoint_age_s REAL,                 -- over which checkpoints were counted
  checkpoints_timed INTEGER,             -- begun because checkpoint_timeout had passed
  checkpoints_requested INTEGER,         -- begun because of max_wal_size, or on request
  buffers_checkpoint INTEGER,            -- blocks that checkpoints wrote
  buffers_cleaner INTEGER,               -- blocks that the background writer wrote
  cleaner_stops INTEGER,                 -- times that it stopped at bgwriter_lru_maxpages
  buffers_backend INTEGER,               -- blocks that clients wrote themselves to make room; 16 and later
  wal_age_s REAL,                        -- over which WAL was counted; 14 and later, as the next six
  wal_records INTEGER,                   -- records
  wal_full_page_images INTEGER,          -- whole pages among them
  wal_bytes INTEGER,                     -- bytes
  wal_buffers_full INTEGER,              -- times that WAL was written because wal_buffers were full
  wal_syncs INTEGER,                     -- flushes of WAL
  wal_sync_ms REAL,                      -- time that they took; 0 without track_wal_io_timing
  archived INTEGER,                      -- WAL files archived
  archive_failures INTEGER,              -- attempts that failed
  archived_age_s REAL,                   -- since the last file was archived; NULL: none was
  archive_failed_age_s REAL,             -- since the last attempt failed; NULL: none did
  archive_waiting INTEGER,               -- WAL files that wait to be archived; NULL: the role may not list them
  wal_directory_bytes INTEGER,           -- WAL on disk; NULL: the role may not list it
  locks INTEGER,                         -- held or wanted that take room in the lock table
  autovacuum_workers INTEGER             -- at work
);

-- A role that may log in, or a superuser.
CREATE TABLE role_ (
  name TEXT PRIMARY KEY,                 -- unquoted
  superuser INTEGER NOT NULL,            -- rolsuper
  login INTEGER NOT NULL,                -- rolcanlogin
  connection_limit INTEGER,              -- rolconnlimit; NULL: none
  valid_for_s REAL                       -- until rolvaliduntil, negative when it has passed; NULL: for ever
);

-- A database of the server.
CREATE TABLE database_ (
  name TEXT PRIMARY KEY,                 -- unquoted
  template INTEGER NOT NULL,             -- datistemplate
  allows_connections INTEGER NOT NULL,   -- datallowconn
  connection_limit INTEGER,              -- datconnlimit; NULL: none
  frozen_xid_age INTEGER NOT NULL,       -- age(datfrozenxid), transactions
  min_multixact_age INTEGER NOT NULL     -- mxid_age(datminmxid)
);

-- A setting (pg_settings).
CREATE TABLE setting (
  name TEXT PRIMARY KEY,                 -- e.g. work_mem
  value TEXT NOT NULL,                   -- in `unit`
  unit TEXT,                             -- kB, 8kB, ms, …
  source TEXT NOT NULL,                  -- default, configuration file, …
  boot_value TEXT,                       -- built-in default
  context TEXT NOT NULL,                 -- who may change it: postmaster, sighup, user, …
  pending_restart INTEGER NOT NULL       -- changed, waiting for a restart
);

-- A setting that a role, a database or both override (pg_db_role_setting).
CREATE TABLE role_setting (
  role TEXT,                             -- NULL: every role
  database TEXT,                         -- NULL: every database
  name TEXT NOT NULL,                    -- the setting
  value TEXT NOT NULL                    -- as written
);

-- An installed extension.
CREATE TABLE extension (
  name TEXT PRIMARY KEY,                 -- e.g. pg_trgm
  version TEXT NOT NULL,                 -- extversion
  schema_name TEXT NOT NULL,             -- where it lives
  available TEXT                         -- version that the server could update to
);

-- An ordinary table, partitioned table, partition, materialized view or foreign table of users.
CREATE TABLE table_ (
  table_id INTEGER PRIMARY KEY,          -- pg_class.oid
  schema_name TEXT NOT NULL,             -- unquoted
  name TEXT NOT NULL,                    -- unquoted
  table_name TEXT NOT NULL,              -- qualified, quoted where needed: public.orders
  kind TEXT NOT NULL,                    -- table, partitioned, materialized_view, foreign
  persistence TEXT NOT NULL,             -- p permanent, u unlogged, t temporary
  is_partition INTEGER NOT NULL,         -- relispartition
  parent_id INTEGER,                     -- table_id of its (first) parent
  root_id INTEGER NOT NULL,              -- topmost parent, itself where it has none
  leaves INTEGER NOT NULL,               -- partitions without partitions below it; 0 for any other table
  partition_key TEXT,                    -- of a partitioned table: RANGE (created_at)
  partition_column TEXT,                 -- first key of that, where it is a plain column
  partition_bound TEXT,                  -- of a partition: FOR VALUES …, or DEFAULT
  partition_starts_in_s REAL,            -- seconds from now to its lower bound, negative: ago; of a range over one time
  partition_ends_in_s REAL,              -- likewise to its upper bound
  detach_pending INTEGER,                -- DETACH … CONCURRENTLY did not come to its end; NULL in earlier snapshots
  extension TEXT,                        -- extension that owns it
  rows REAL,                             -- estimated live rows (reltuples; of a partitioned table: sum of the leaves)
  pages INTEGER NOT NULL,                -- relpages
  heap_bytes INTEGER,                    -- main fork now (of a partitioned table: sum of the leaves)
  index_bytes INTEGER,                   -- its indexes now (likewise)
  total_bytes INTEGER,                   -- with TOAST and indexes (likewise)
  toast_bytes INTEGER,                   -- TOAST with its index, and the free space and visibility maps (likewise)
  needed_bytes INTEGER,                  -- most that the main fork should take for its rows by the statistics of its columns; NULL: no telling
  all_visible_pages INTEGER NOT NULL,    -- relallvisible (likewise)
  fillfactor INTEGER NOT NULL,           -- of the options, else 100
  padding_bytes INTEGER,                 -- bytes a row that another order of the columns would save; NULL: no telling
  dropped_columns INTEGER,               -- columns that were dropped, whose numbers stay taken; NULL in earlier snapshots
  rewrite_rules INTEGER,                 -- enabled rules (CREATE RULE) for INSERT, UPDATE or DELETE; NULL in earlier snapshots
  options TEXT NOT NULL,                 -- reloptions, joined by a comma
  replica_identity TEXT NOT NULL,        -- d default, n nothing, f full, i index
  published INTEGER NOT NULL,            -- in a publication
  published_changes INTEGER NOT NULL,    -- in one that publishes updates or deletes
  row_security INTEGER NOT NULL,         -- relrowsecurity
  selectable INTEGER NOT NULL,           -- the reading role has SELECT
  frozen_xid_age INTEGER,                -- age(relfrozenxid)
  seq_scan INTEGER NOT NULL,             -- since the counters' reset
  seq_tup_read INTEGER NOT NULL,         -- rows read by sequential scans
  idx_scan INTEGER NOT NULL,             -- index scans
  inserts INTEGER NOT NULL,              -- n_tup_ins
  updates INTEGER NOT NULL,              -- n_tup_upd
  deletes INTEGER NOT NULL,              -- n_tup_del
  hot_updates INTEGER NOT NULL,          -- n_tup_hot_upd
  newpage_updates INTEGER,               -- n_tup_newpage_upd; 16 and later
  last_read_age_s REAL,                  -- since the last scan of any kind; 16 and later, NULL: never since the reset
  live_rows INTEGER NOT NULL,            -- n_live_tup
  dead_rows INTEGER NOT NULL,            -- n_dead_tup
  modified_since_analyze INTEGER NOT NULL, -- n_mod_since_analyze
  analyzed_age_s REAL,                   -- since the last ANALYZE of either kind; NULL: never since the reset
  vacuumed_age_s REAL,                   -- since the last VACUUM of either kind; NULL: never since the reset
  has_primary_key INTEGER NOT NULL,      -- a PRIMARY KEY constraint
  has_unique_not_null INTEGER NOT NULL,  -- a usable, immediate, full unique index over NOT NULL columns
  has_statistics INTEGER                 -- any row in pg_stats; NULL when the role may not see them
);

-- A live column.
CREATE TABLE column_ (
  table_id INTEGER NOT NULL,             -- table_.table_id
  position INTEGER NOT NULL,             -- attnum
  name TEXT NOT NULL,                    -- unquoted
  type_name TEXT NOT NULL,               -- with modifier: character varying(200)
  base_type TEXT NOT NULL,               -- pg_type.typname of the (domain's base) type: varchar, int4, …
  type_length INTEGER NOT NULL,          -- pg_type.typlen: bytes, -1 variable
  type_category TEXT NOT NULL,           -- pg_type.typcategory: N number, S string, D date, B boolean, A array, E enum, U other
  collation TEXT,                        -- of collatable types
  collation_is_c INTEGER NOT NULL,       -- byte order, so that a plain B-tree serves LIKE 'x%'
  not_null INTEGER NOT NULL,             -- attnotnull, on 18 only when validated
  identity TEXT NOT NULL,                -- a, d or empty
  generated TEXT NOT NULL,               -- s, v or empty
  has_default INTEGER NOT NULL,          -- a default exists
  default_expression TEXT,               -- as SQL
  statistics_target INTEGER,             -- SET STATISTICS; NULL: default_statistics_target
  null_frac REAL,                        -- pg_stats; NULL when not visible or never analyzed, as the next four
  avg_width INTEGER,                     -- bytes
  n_distinct REAL,                       -- number of distinct values, resolved to a count
  top_frequency REAL,                    -- share of the most common value
  common_values INTEGER,                 -- how many most common values ANALYZE kept
  common_share REAL,                     -- share of the rows that hold one of those
  least_common_frequency REAL,           -- share of the last of those
  correlation REAL,                      -- physical against logical order, -1 to 1
  smallest INTEGER,                      -- least value that ANALYZE saw, of an integer column
  largest INTEGER,                       -- greatest, likewise
  PRIMARY KEY (table_id, name)
);

-- An index.
CREATE TABLE index_ (
  index_id INTEGER PRIMARY KEY,          -- pg_class.oid
  table_id INTEGER NOT NULL,             -- table_.table_id
  schema_name TEXT NOT NULL,             -- unquoted
  name TEXT NOT NULL,                    -- unquoted
  index_name TEXT NOT NULL,              -- qualified, quoted where needed
  method TEXT NOT NULL,                  -- btree, gin, …
  keys TEXT NOT NULL,                    -- keys as SQL, joined by ", "
  key_count INTEGER NOT NULL,            -- without INCLUDE
  include TEXT NOT NULL,                 -- INCLUDE columns, joined by ", "; may be empty
  predicate TEXT,                        -- of a partial index
  has_expression INTEGER NOT NULL,       -- any key is an expression
  unique_ INTEGER NOT NULL,              -- indisunique
  primary_ INTEGER NOT NULL,             -- indisprimary
  exclusion INTEGER NOT NULL,            -- indisexclusion
  immediate INTEGER NOT NULL,            -- indimmediate
  nulls_not_distinct INTEGER NOT NULL,   -- NULLS NOT DISTINCT
  valid INTEGER NOT NULL,                -- indisvalid
  ready INTEGER NOT NULL,                -- indisready: every write maintains it
  usable INTEGER NOT NULL,               -- valid, ready and live
  clustered INTEGER NOT NULL,            -- indisclustered
  replica_identity INTEGER NOT NULL,     -- indisreplident
  partitioned INTEGER NOT NULL,          -- index of a partitioned table
  is_partition INTEGER NOT NULL,         -- attached to such an index
  parent_id INTEGER,                     -- that index
  being_built INTEGER NOT NULL,          -- in pg_stat_progress_create_index
  constraint_name TEXT,                  -- constraint that rests on it, foreign keys that point at it included
  extension TEXT,                        -- extension that owns the table
  supports_foreign_key INTEGER NOT NULL, -- begins with the columns of a foreign key of its table (in any order)
  sole_foreign_key_support INTEGER NOT NULL, -- and no other usable index does
  bytes INTEGER,                         -- size now (of a partitioned index: sum of the leaves)
  needed_bytes INTEGER,                  -- most that a B-tree should take for its entries by the statistics of its columns; NULL: no telling
  rows REAL,                             -- entries (reltuples; of a partitioned index: sum of the leaves)
  height INTEGER,                        -- levels above the leaves, of a B-tree; NULL: not asked
  fillfactor INTEGER,                    -- of the options; NULL: the method's own
  has_statistics INTEGER,                -- ANALYZE has left some for its expressions; NULL: no expression, or not visible
  scans INTEGER,                         -- idx_scan (of a partitioned index: sum of the leaves)
  entries_read INTEGER,                  -- idx_tup_read (likewise)
  last_scan_age_s REAL,                  -- 16 and later
  created_xacts_ago INTEGER,             -- age(pg_index.xmin): transactions since it was made or altered
  definition TEXT NOT NULL               -- pg_get_indexdef
);

-- A key of an index.
CREATE TABLE index_key (
  index_id INTEGER NOT NULL,             -- index_.index_id
  position INTEGER NOT NULL,             -- 1, 2, …
  column_name TEXT,                      -- NULL for an expression
  expression TEXT,                       -- NULL for a column
  opclass TEXT NOT NULL,                 -- operator class
  opclass_is_default INTEGER NOT NULL,   -- the type's default for the method
  collation TEXT,                        -- of collatable keys
  descending INTEGER NOT NULL,           -- DESC
  nulls_first INTEGER NOT NULL,          -- NULLS FIRST
  PRIMARY KEY (index_id, position)
);

-- Two indexes of one table of which the first adds nothing to the second, after every guard (constraints,
-- uniqueness, operator class, collation, direction, predicate, expression, INCLUDE, replica identity, CLUSTER, partitions).
CREATE TABLE index_redundancy (
  index_id INTEGER NOT NULL,             -- the superfluous one
  kept_by INTEGER NOT NULL,              -- the one that serves instead
  kind TEXT NOT NULL,                    -- exact, include, prefix
  PRIMARY KEY (index_id, kept_by)
);

-- A constraint.
CREATE TABLE constraint_ (
  constraint_id INTEGER PRIMARY KEY,     -- pg_constraint.oid
  table_id INTEGER NOT NULL,             -- table_.table_id
  name TEXT NOT NULL,                    -- unquoted
  kind TEXT NOT NULL,                    -- primary_key, unique, foreign_key, exclusion, check, not_null
  columns TEXT NOT NULL,                 -- quoted where needed, joined by ", "
  index_id INTEGER,                      -- that enforces it
  validated INTEGER NOT NULL,            -- convalidated
  deferrable_ INTEGER NOT NULL,          -- condeferrable
  inherited INTEGER NOT NULL,            -- a partition's copy of its parent's
  definition TEXT NOT NULL               -- pg_get_constraintdef
);

-- A foreign key that the server checks, once per partition tree.
CREATE TABLE foreign_key (
  constraint_id INTEGER PRIMARY KEY,     -- constraint_.constraint_id
  name TEXT NOT NULL,                    -- unquoted
  table_id INTEGER NOT NULL,             -- referencing table
  table_name TEXT NOT NULL,              -- qualified
  columns TEXT NOT NULL,                 -- referencing columns, quoted where needed, joined by ", "
  referenced_table_id INTEGER NOT NULL,  -- referenced table
  referenced_table TEXT NOT NULL,        -- qualified
  referenced_columns TEXT NOT NULL,      -- joined by ", "
  on_delete TEXT NOT NULL,               -- no action, restrict, cascade, set null, set default
  validated INTEGER NOT NULL,            -- convalidated
  covering_index_id INTEGER,             -- usable index that the check can use, leading columns in any order
  leading_index_id INTEGER,              -- else one that begins with one of the columns
  rows REAL,                             -- rows of the referencing table
  referenced_deletes INTEGER NOT NULL,   -- deletes on the referenced table
  referenced_updates INTEGER NOT NULL    -- updates on it
);

-- A pair of columns of a foreign key.
CREATE TABLE foreign_key_column (
  constraint_id INTEGER NOT NULL,        -- foreign_key.constraint_id
  position INTEGER NOT NULL,             -- 1, 2, …
  column_name TEXT NOT NULL,             -- referencing column, unquoted
  referenced_column TEXT NOT NULL,       -- referenced column, unquoted
  converted INTEGER NOT NULL,            -- the check of a change on the referenced side converts the referencing column
  PRIMARY KEY (constraint_id, position)
);

-- A trigger that users made, or one behind a constraint that is switched off.
CREATE TABLE trigger_ (
  table_id INTEGER NOT NULL,             -- table_.table_id
  name TEXT NOT NULL,                    -- unquoted
  internal INTEGER NOT NULL,             -- made for a constraint
  row_level INTEGER NOT NULL,            -- FOR EACH ROW
  timing TEXT NOT NULL,                  -- before, after, instead of
  events TEXT NOT NULL,                  -- insert, update, delete, truncate, joined by ", "
  enabled TEXT NOT NULL,                 -- O as usual, D off, R on a replica only, A always
  has_condition INTEGER NOT NULL,        -- it has a WHEN
  function TEXT NOT NULL,                -- unquoted name of its function
  language TEXT NOT NULL,                -- of that function
  constraint_name TEXT,                  -- the constraint that it is for
  constraint_kind TEXT,                  -- f foreign key, c check, …
  PRIMARY KEY (table_id, name)
);

-- An index in the order of a collation whose library now has another version than the server noted.
CREATE TABLE collation_drift (
  collation_name TEXT NOT NULL,          -- qualified, quoted where needed
  is_default INTEGER NOT NULL,           -- the database's own
  recorded_version TEXT NOT NULL,        -- that the server noted
  actual_version TEXT NOT NULL,          -- of the library now
  index_id INTEGER NOT NULL,             -- index_.index_id
  PRIMARY KEY (collation_name, index_id)
);

-- Statistics over several columns or expressions (CREATE STATISTICS).
CREATE TABLE extended_statistics (
  statistics_id INTEGER PRIMARY KEY,     -- pg_statistic_ext.oid
  table_id INTEGER NOT NULL,             -- table_.table_id
  statistics_name TEXT NOT NULL,         -- qualified, quoted where needed
  columns TEXT NOT NULL,                 -- joined by ", "
  gathered INTEGER                       -- ANALYZE has left something; NULL: the role may not see it
);

-- A sequence.
CREATE TABLE sequence_ (
  sequence_id INTEGER PRIMARY KEY,       -- pg_class.oid
  sequence_name TEXT NOT NULL,           -- qualified
  type_name TEXT NOT NULL,               -- smallint, integer, bigint
  min_value INTEGER NOT NULL,            -- seqmin
  max_value INTEGER NOT NULL,            -- seqmax
  increment INTEGER NOT NULL,            -- seqincrement
  cycle INTEGER NOT NULL,                -- seqcycle
  last_value INTEGER,                    -- NULL: never used, or hidden
  readable INTEGER NOT NULL,             -- the role may see last_value
  used_share REAL,                       -- of its own range, in the direction it counts; NULL: not known
  owned INTEGER,                         -- belongs to a column and goes with it; NULL in earlier snapshots
  feeds INTEGER NOT NULL                 -- columns that take their values from it
);

-- An integer column that a sequence fills, directly or through a foreign key.
CREATE TABLE integer_capacity (
  table_id INTEGER NOT NULL,             -- table_.table_id
  column_name TEXT NOT NULL,             -- unquoted
  type_name TEXT NOT NULL,               -- smallint, integer, bigint
  sequence_id INTEGER NOT NULL,          -- the sequence
  kind TEXT NOT NULL,                    -- fed, or foreign-key
  capacity REAL NOT NULL,                -- largest value that the column (and, if fed, the sequence) can reach
  last_value INTEGER,                    -- of the sequence; NULL: never used, or hidden
  readable INTEGER NOT NULL,             -- the role may see it
  used_share REAL,                       -- last_value over capacity; NULL: not known
  cycle INTEGER NOT NULL,                -- the sequence starts over
  PRIMARY KEY (table_id, column_name, sequence_id)
);

-- A statement of the workload: one text, its entries of pg_stat_statements added up.
CREATE TABLE statement (
  statement_id TEXT PRIMARY KEY,         -- own fingerprint, the same on every server
  queryid INTEGER,                       -- the server's, of its busiest entry
  text TEXT NOT NULL,                    -- normalised text of that entry
  brief TEXT NOT NULL,                   -- the same on one line, a long select list cut to …, needless quotes gone
  kind TEXT NOT NULL,                    -- select, insert, update, delete, merge, unparsed
  parsed INTEGER NOT NULL,               -- 0: could not be parsed, nothing is known but its counters
  bound INTEGER NOT NULL,                -- every table it names is known
  entries INTEGER NOT NULL,              -- entries added up
  users TEXT NOT NULL,                   -- roles that ran it, joined by ", "
  toplevel INTEGER NOT NULL,             -- run by a client, not only in functions or for foreign keys
  calls INTEGER NOT NULL,                -- executions
  rows INTEGER,                          -- returned or written; this and what is counted below: NULL where only a log tells of it
  rows_per_call REAL,                    -- rows / calls
  total_ms REAL NOT NULL,                -- executing
  share REAL NOT NULL,                   -- of the time of all statements of the database
  mean_ms REAL NOT NULL,                 -- per execution
  min_ms REAL NOT NULL,                  -- shortest
  max_ms REAL NOT NULL,                  -- longest
  stddev_ms REAL NOT NULL,               -- population standard deviation
  min_max_whole INTEGER NOT NULL,        -- shortest and longest are of the same time as the sums
  p95_ms REAL,                           -- estimate; NULL when refused
  p95_refused TEXT,                      -- why
  plan_ms REAL,                          -- planning, with track_planning
  shared_hit INTEGER,                    -- blocks
  shared_read INTEGER,                   -- blocks
  temp_written INTEGER,                  -- blocks
  wal_bytes INTEGER,                     -- bytes
  jit_ms REAL,                           -- 15 and later
  select_star INTEGER NOT NULL,          -- outermost select list has *
  has_limit INTEGER NOT NULL,            -- LIMIT or FETCH outermost
  has_offset INTEGER NOT NULL,           -- OFFSET outermost, other than a literal 0
  has_where INTEGER NOT NULL,            -- any predicate
  aggregates INTEGER NOT NULL,           -- aggregate or GROUP BY outermost
  single_row_aggregate INTEGER NOT NULL, -- aggregate without GROUP BY
  distinct_ INTEGER NOT NULL,            -- SELECT DISTINCT
  locks INTEGER NOT NULL,                -- FOR UPDATE, FOR SHARE
  skip_locked INTEGER NOT NULL,          -- SKIP LOCKED
  target_table_id INTEGER,               -- of a write
  orm TEXT,                              -- framework that it looks like
  orm_certainty REAL                     -- 0 to 1; NULL where it looks like none
);

-- A table that a statement uses; views are replaced by their tables.
CREATE TABLE statement_table (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  position INTEGER NOT NULL,             -- order of appearance, from 0
  table_id INTEGER,                      -- NULL: unknown name
  written TEXT NOT NULL,                 -- name in the text
  depth INTEGER NOT NULL,                -- 0 outermost FROM, more in subqueries
  PRIMARY KEY (statement_id, position)
);

-- A column that an UPDATE sets.
CREATE TABLE statement_set_column (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  table_id INTEGER NOT NULL,             -- table_.table_id
  column_name TEXT NOT NULL,             -- unquoted
  PRIMARY KEY (statement_id, table_id, column_name)
);

-- A condition of a statement on one column or expression.
CREATE TABLE predicate (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  position INTEGER NOT NULL,             -- order of appearance, from 0
  table_id INTEGER NOT NULL,             -- table_.table_id
  column_name TEXT NOT NULL,             -- unquoted
  expression TEXT,                       -- NULL for the bare column
  function TEXT,                         -- outermost function of the expression, lower case; cast, json-field, operator
  comparison TEXT NOT NULL,              -- equal, in, range, like, ilike, regex, is-null, is-not-null, is-true, is-false, not-equal, json, array, full-text, overlap, other
  operator TEXT NOT NULL,                -- as written
  access TEXT NOT NULL,                  -- parameter, constant, column, subquery, nothing
  leading_wildcard INTEGER,              -- LIKE: NULL when the text does not say
  conjunct INTEGER NOT NULL,             -- 0 below OR or NOT
  span_start INTEGER,                    -- first byte in statement.text
  span_end INTEGER,                      -- one past the last
  indexed INTEGER NOT NULL,              -- a usable index has it as first key, with an operator class that serves it
  PRIMARY KEY (statement_id, position)
);

-- An equality between columns of two tables of a statement.
CREATE TABLE join_pair (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  left_table_id INTEGER NOT NULL,        -- table_.table_id
  left_column TEXT NOT NULL,             -- unquoted
  right_table_id INTEGER NOT NULL,       -- table_.table_id
  right_column TEXT NOT NULL             -- unquoted
);

-- An ORDER BY item of a statement.
CREATE TABLE sort_key (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  clause INTEGER NOT NULL,               -- 0 outermost
  position INTEGER NOT NULL,             -- from 0
  table_id INTEGER NOT NULL,             -- table_.table_id
  column_name TEXT NOT NULL,             -- unquoted
  expression TEXT,                       -- NULL for the bare column
  descending INTEGER NOT NULL,           -- DESC
  nulls_first INTEGER NOT NULL,          -- as it takes effect
  limited INTEGER NOT NULL               -- that select has LIMIT
);

-- Something about the form of a statement; what stands in a view is left out.
CREATE TABLE statement_trait (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  position INTEGER NOT NULL,             -- order of appearance, from 0
  name TEXT NOT NULL,                    -- count-all, ping, window, distinct-join, random-order, unordered-page, union-distinct, row-subquery, condition-subquery, not-in-subquery, or-subquery, or-across-tables, optional-condition, typed-value, computed-columns, unjoined, fenced-cte, unbounded-recursion, call, in-list, single-row-insert, conflict-nothing, conflict-update, nowait, system-relation
  table_id INTEGER,                      -- table_.table_id that it is about: the first of FROM, the one inside of a subquery, …
  column_name TEXT,                      -- of it, unquoted
  other_table_id INTEGER,                -- the table on the other side
  detail TEXT,                           -- the type of typed-value, the function of call, the expression of computed-columns, where or why
  number INTEGER,                        -- elements of the longest in-list; 18 tells of 2 at most
  PRIMARY KEY (statement_id, position)
);

-- A command that is no query, by what it does and to what, its entries added up.
CREATE TABLE command (
  position INTEGER PRIMARY KEY,          -- by falling calls, from 0
  name TEXT NOT NULL,                    -- BEGIN, SET, LOCK TABLE, CREATE TEMP TABLE, … in capitals
  object TEXT,                           -- the table or setting that it names, as written, unquoted
  table_id INTEGER,                      -- that table
  manner TEXT,                           -- mode of a lock, concurrently, full, local, from or to (COPY), rows asked for (FETCH)
  text TEXT NOT NULL,                    -- of the entry with most calls, string literals masked
  entries INTEGER NOT NULL,              -- entries of pg_stat_statements added up
  toplevel INTEGER NOT NULL,             -- run by a client, not only in functions
  calls INTEGER NOT NULL,                -- executions
  rows INTEGER NOT NULL,                 -- of COPY; from 14 on of FETCH and REFRESH too
  total_ms REAL NOT NULL,                -- executing
  share REAL NOT NULL,                   -- of the time of all statements of the database
  mean_ms REAL NOT NULL,                 -- per execution
  max_ms REAL NOT NULL                   -- longest
);

-- A statement that looks like the child of an N+1 loop (analysis).
CREATE TABLE n_plus_one (
  statement_id TEXT PRIMARY KEY,         -- the repeated statement
  parent_statement_id TEXT,              -- the statement whose rows it is repeated for
  pattern TEXT NOT NULL,                 -- lazy-many-to-one, count-per-row, insert-loop, …; worker-loop: a job's, on purpose
  calls_per_parent REAL,                 -- child calls over parent calls
  calls_per_request REAL,                -- child calls in each request that runs it; NULL from one snapshot
  confidence REAL NOT NULL,              -- 0 to 1, at most 0.5 from one snapshot
  level TEXT NOT NULL,                   -- evidence: snapshot, window, log, window and log, tags; function: its source
  key_columns TEXT NOT NULL,             -- key of the child, joined by ", "
  routes TEXT NOT NULL,                  -- by tags of a log: the three that run it most, joined by ", "
  places TEXT NOT NULL,                  -- by tags of a log: file:line, likewise
  applications TEXT NOT NULL,            -- application_name in a log, likewise
  function TEXT                          -- whose source has the loop, schema and name
);

-- A statement that an index of index_advice helps.
CREATE TABLE index_advice_statement (
  advice INTEGER NOT NULL,               -- index_advice.advice
  statement_id TEXT NOT NULL,            -- statement.statement_id
  PRIMARY KEY (advice, statement_id)
);

-- An index that the advisor proposes (analysis).
CREATE TABLE index_advice (
  advice INTEGER PRIMARY KEY,            -- rank, from 1
  table_id INTEGER NOT NULL,             -- table_.table_id
  name TEXT NOT NULL,                    -- for the new index
  method TEXT NOT NULL,                  -- btree, gin, …
  keys TEXT NOT NULL,                    -- as SQL, joined by ", "
  include TEXT,                          -- INCLUDE columns, joined by ", "
  predicate TEXT,                        -- of a partial index
  ddl TEXT NOT NULL,                     -- CREATE INDEX CONCURRENTLY …
  basis TEXT NOT NULL,                   -- lab, hypopg, model
  doubt TEXT,                            -- why that is weaker than it sounds; NULL: it is not
  cost_before REAL NOT NULL,             -- planner units, weighted by calls
  cost_after REAL NOT NULL,              -- likewise
  saved_ms REAL NOT NULL,                -- of the snapshot's window
  saved_share REAL NOT NULL,             -- of the time of all statements
  statements INTEGER NOT NULL,           -- that it helps
  calls INTEGER NOT NULL,                -- of those
  size_bytes INTEGER,                    -- estimate
  write_overhead REAL,                   -- bytes of index per byte of row written
  statement_id TEXT NOT NULL,            -- the statement that gains most
  statement_mean_ms REAL NOT NULL,       -- its mean
  needs_extension TEXT                   -- e.g. pg_trgm
);

-- A part of what makes a statement slow (analysis). Only of statements that take time, and parts that are large in them.
CREATE TABLE statement_cause (
  statement_id TEXT NOT NULL,            -- statement.statement_id
  position INTEGER NOT NULL,             -- from 1, the largest share of its time first
  cause TEXT NOT NULL,                   -- lock-waits, planning, jit, reads, cache-misses, spill, wal, slow-node, rows-removed, misestimate, plan-flip, uneven, plan-by-value, cancelled
  share REAL,                            -- of the statement's time, 0 to 1; NULL where the part is no time, or not timed
  amount REAL NOT NULL,                  -- the figure that speaks for it
  unit TEXT NOT NULL,                    -- of amount: ms per call, blocks per row, bytes per call, ms in the log, …
  seen TEXT NOT NULL,                    -- where: counters, log, plan (auto_explain in the log), planner (estimated)
  words TEXT NOT NULL,                   -- a sentence without a full stop
  PRIMARY KEY (statement_id, position)
);

-- What indexes do for a statement that the advisor judged; those that nobody judged are not here.
CREATE TABLE statement_index (
  statement_id TEXT PRIMARY KEY,         -- statement.statement_id
  helped INTEGER NOT NULL,               -- an index of index_advice helps it
  tried INTEGER NOT NULL,                -- candidates that were asked about for it
  basis TEXT,                            -- who answered: lab, hypopg, model; NULL: nobody had to be asked
  cost_before REAL,                      -- planner units, as the server is
  cost_after REAL,                       -- with the indexes that help, else with the best that was tried
  why TEXT                               -- why none helps; NULL where one does
);

-- A client session at that moment.
CREATE TABLE session (
  pid INTEGER PRIMARY KEY,               -- backend process id
  user TEXT,                             -- role
  database TEXT,                         -- connected to
  application TEXT,                      -- application_name, text of the client
  state TEXT,                            -- NULL: hidden from the role
  backend_age_s REAL,                    -- since it connected
  xact_age_s REAL,                       -- since the transaction began
  query_age_s REAL,                      -- since the query began
  state_age_s REAL,                      -- since the state changed
  wait_event_type TEXT,                  -- Lock, IO, …
  wait_event TEXT,                       -- …
  xmin_age INTEGER,                      -- transactions
  blocked_by TEXT NOT NULL,              -- pids, joined by ", "
  ssl INTEGER,                           -- encrypted
  remote INTEGER,                        -- from another machine; NULL: hidden
  lock_wait_s REAL,                      -- waiting for a lock; before 14 since its query began; NULL: it does not wait
  waits_for_mode TEXT,                   -- mode of that lock, e.g. AccessExclusiveLock
  waits_for_table_id INTEGER,            -- table or index of this database that it waits for
  locks INTEGER NOT NULL,                -- held
  locks_off_fast_path INTEGER NOT NULL,  -- of a read or write, that its own fast path had no room for
  advisory_locks INTEGER NOT NULL,       -- held
  subtransactions INTEGER,               -- of its transaction; 16 and later
  subtransactions_overflowed INTEGER     -- more than shared memory has room for; 16 and later
);

-- A standby connected to this server.
CREATE TABLE standby (
  name TEXT,                             -- application_name
  state TEXT,                            -- streaming, catchup, …
  replay_lag_bytes INTEGER,              -- bytes of WAL
  replay_lag_s REAL,                     -- seconds
  sync_state TEXT,                       -- async, sync, quorum, potential
  xmin_age INTEGER                       -- what hot_standby_feedback holds here, transactions
);

-- A replication slot.
CREATE TABLE replication_slot (
  name TEXT PRIMARY KEY,                 -- slot_name
  kind TEXT NOT NULL,                    -- physical, logical
  active INTEGER NOT NULL,               -- in use
  retained_bytes INTEGER,                -- WAL it keeps
  xmin_age INTEGER,                      -- the older of xmin and catalog_xmin, transactions
  wal_status TEXT,                       -- reserved, extended, unreserved, lost
  database TEXT,                         -- of a logical slot
  temporary INTEGER NOT NULL,            -- gone with the session that made it
  safe_wal_bytes INTEGER,                -- WAL that may still be written before it is in danger; NULL: no limit
  inactive_s REAL,                       -- since nobody has read it; 17 and later
  spilled_transactions INTEGER,          -- decoded in files; 14 and later
  spilled_bytes INTEGER,                 -- of them
  decoded_bytes INTEGER                  -- decoded in all; 14 and later
);

-- A transaction prepared for two-phase commit, in any database.
CREATE TABLE prepared_transaction (
  gid TEXT PRIMARY KEY,                  -- its name
  owner TEXT,                            -- role
  database TEXT,                         -- its database
  age_s REAL NOT NULL,                   -- since it was prepared
  xmin_age INTEGER                       -- transactions
);

-- A subscription of this database.
CREATE TABLE subscription (
  name TEXT PRIMARY KEY,                 -- unquoted
  enabled INTEGER NOT NULL,              -- subenabled
  running INTEGER NOT NULL,              -- its worker runs
  apply_errors INTEGER,                  -- changes that could not be applied; 15 and later
  sync_errors INTEGER                    -- initial copies that failed; 15 and later
);

-- A running VACUUM, ANALYZE, CREATE INDEX or CLUSTER in this database.
CREATE TABLE maintenance (
  pid INTEGER NOT NULL,                  -- backend process id
  command TEXT NOT NULL,                 -- vacuum, analyze, create-index, cluster
  table_id INTEGER,                      -- table_.table_id
  phase TEXT NOT NULL,                   -- as the server words it
  done_share REAL,                       -- of this phase
  index_passes INTEGER                   -- times that a vacuum has gone over the indexes
);

-- A row security policy.
CREATE TABLE policy (
  table_id INTEGER NOT NULL,             -- table_.table_id
  name TEXT NOT NULL,                    -- unquoted
  command TEXT NOT NULL,                 -- select, insert, update, delete, all
  permissive INTEGER NOT NULL,           -- 0: restrictive
  roles TEXT NOT NULL,                   -- joined by ", "; public: everybody
  using_ TEXT,                           -- USING, as the server words it
  check_ TEXT,                           -- WITH CHECK
  calls_per_row TEXT NOT NULL,           -- functions that it calls anew for each row, joined by ", "
  PRIMARY KEY (table_id, name)
);

-- A function of users that runs with the rights of its owner (SECURITY DEFINER).
CREATE TABLE definer_function (
  function_name TEXT NOT NULL,           -- qualified, with the types of its arguments
  schema_name TEXT NOT NULL,             -- unquoted
  owner_is_superuser INTEGER NOT NULL,   -- whose rights it runs with
  fixes_search_path INTEGER NOT NULL,    -- SET search_path
  public INTEGER NOT NULL                -- everybody may call it
);

-- A schema of users.
CREATE TABLE schema_ (
  schema_name TEXT PRIMARY KEY,          -- quoted where needed
  public_create INTEGER NOT NULL         -- everybody may create objects in it
);

-- A line of pg_hba.conf.
CREATE TABLE hba_rule (
  position INTEGER PRIMARY KEY,          -- order, from 0
  line INTEGER NOT NULL,                 -- of the file
  kind TEXT,                             -- local, host, hostssl, …
  databases TEXT NOT NULL,               -- joined by ", "
  users TEXT NOT NULL,                   -- joined by ", "
  remote INTEGER NOT NULL,               -- lets clients of other machines in
  method TEXT,                           -- trust, md5, scram-sha-256, …
  error TEXT                             -- why the line cannot be read
);

-- Something that the server cannot take over from its configuration files (pg_file_settings).
CREATE TABLE configuration_error (
  file TEXT,                             -- name of the file
  line INTEGER,                          -- of the file
  name TEXT,                             -- the setting
  error TEXT NOT NULL                    -- what is wrong
);

-- Something that could not be read.
CREATE TABLE gap (
  what TEXT NOT NULL,                    -- statements, column-statistics, sequence-values, sessions, …
  why TEXT NOT NULL,                     -- a sentence
  remedy TEXT                            -- what shows it
);
