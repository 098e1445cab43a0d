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
  uptime_s REAL NOT NULL,                -- since pg_postmaster_start_time()
  managed TEXT,                          -- rds, aurora, cloud-sql, azure, supabase, neon, if recognised
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
  extension TEXT,                        -- extension that owns it
  rows REAL,                             -- estimated live rows (reltuples; of a partitioned table: sum of the leaves)
  pages INTEGER NOT NULL,                -- relpages
  heap_bytes INTEGER,                    -- main fork now (of a partitioned table: sum of the leaves)
  index_bytes INTEGER,                   -- its indexes now (likewise)
  total_bytes INTEGER,                   -- with TOAST and indexes (likewise)
  options TEXT NOT NULL,                 -- reloptions, joined by a comma
  replica_identity TEXT NOT NULL,        -- d default, n nothing, f full, i index
  published INTEGER NOT NULL,            -- in a publication
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
  type_category TEXT NOT NULL,           -- pg_type.typcategory: N number, S string, D date, B boolean, A array, E enum, U other
  collation TEXT,                        -- of collatable types
  collation_is_c INTEGER NOT NULL,       -- byte order, so that a plain B-tree serves LIKE 'x%'
  not_null INTEGER NOT NULL,             -- attnotnull, on 18 only when validated
  identity TEXT NOT NULL,                -- a, d or empty
  generated TEXT NOT NULL,               -- s, v or empty
  has_default INTEGER NOT NULL,          -- a default exists
  null_frac REAL,                        -- pg_stats; NULL when not visible or never analyzed, as the next four
  avg_width INTEGER,                     -- bytes
  n_distinct REAL,                       -- number of distinct values, resolved to a count
  top_frequency REAL,                    -- share of the most common value
  correlation REAL,                      -- physical against logical order, -1 to 1
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
  scans INTEGER,                         -- idx_scan (of a partitioned index: sum of the leaves)
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

-- A foreign key, once per partition tree.
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
  covering_index_id INTEGER,             -- usable B-tree or hash index that the check can use, leading columns in any order
  leading_index_id INTEGER,              -- else one that begins with one of the columns
  rows REAL,                             -- rows of the referencing table
  referenced_deletes INTEGER NOT NULL,   -- deletes on the referenced table
  referenced_updates INTEGER NOT NULL    -- updates on it
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
  used_share REAL                        -- of its own range, in the direction it counts; NULL: not known
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
  rows INTEGER NOT NULL,                 -- returned or written
  rows_per_call REAL NOT NULL,           -- rows / calls
  total_ms REAL NOT NULL,                -- executing
  share REAL NOT NULL,                   -- of the time of all statements of the database
  mean_ms REAL NOT NULL,                 -- per execution
  min_ms REAL NOT NULL,                  -- shortest
  max_ms REAL NOT NULL,                  -- longest
  stddev_ms REAL NOT NULL,               -- population standard deviation
  min_max_whole INTEGER NOT NULL,        -- shortest and longest are of the same time as the sums
  p95_ms REAL,                           -- estimate; NULL when refused
  p95_refused TEXT,                      -- why
  plan_ms REAL NOT NULL,                 -- planning, with track_planning
  shared_hit INTEGER NOT NULL,           -- blocks
  shared_read INTEGER NOT NULL,          -- blocks
  temp_written INTEGER NOT NULL,         -- blocks
  wal_bytes INTEGER NOT NULL,            -- bytes
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

-- A statement that looks like the child of an N+1 loop (analysis).
CREATE TABLE n_plus_one (
  statement_id TEXT PRIMARY KEY,         -- the repeated statement
  parent_statement_id TEXT,              -- the statement whose rows it is repeated for
  pattern TEXT NOT NULL,                 -- lazy-many-to-one, count-per-row, insert-loop, …; worker-loop: a job's, on purpose
  calls_per_parent REAL,                 -- child calls over parent calls
  calls_per_request REAL,                -- child calls in each request that runs it; NULL from one snapshot
  confidence REAL NOT NULL,              -- 0 to 1, at most 0.5 from one snapshot
  level TEXT NOT NULL,                   -- evidence: snapshot, window, log, window and log, tags
  key_columns TEXT NOT NULL,             -- key of the child, joined by ", "
  routes TEXT NOT NULL,                  -- by tags of a log: the three that run it most, joined by ", "
  places TEXT NOT NULL,                  -- by tags of a log: file:line, likewise
  applications TEXT NOT NULL             -- application_name in a log, likewise
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
  ssl INTEGER                            -- encrypted
);

-- A standby connected to this server.
CREATE TABLE standby (
  name TEXT,                             -- application_name
  state TEXT,                            -- streaming, catchup, …
  replay_lag_bytes INTEGER,              -- bytes of WAL
  replay_lag_s REAL,                     -- seconds
  sync_state TEXT                        -- async, sync, quorum, potential
);

-- A replication slot.
CREATE TABLE replication_slot (
  name TEXT PRIMARY KEY,                 -- slot_name
  kind TEXT NOT NULL,                    -- physical, logical
  active INTEGER NOT NULL,               -- in use
  retained_bytes INTEGER,                -- WAL it keeps
  xmin_age INTEGER,                      -- the older of xmin and catalog_xmin, transactions
  wal_status TEXT                        -- reserved, extended, unreserved, lost
);

-- Something that could not be read.
CREATE TABLE gap (
  what TEXT NOT NULL,                    -- statements, column-statistics, sequence-values, sessions, …
  why TEXT NOT NULL,                     -- a sentence
  remedy TEXT                            -- what shows it
);
