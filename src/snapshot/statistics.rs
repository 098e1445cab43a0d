//! Usage counters and the planner's statistics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `pg_stat_all_tables` and `pg_statio_all_tables` of one table. Times are seconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableUsage {
    /// Sequential scans.
    pub seq_scan: u64,
    /// Rows that they read.
    pub seq_tup_read: u64,
    /// Index scans.
    pub idx_scan: u64,
    /// Rows that they fetched.
    pub idx_tup_fetch: u64,
    /// Rows inserted.
    pub n_tup_ins: u64,
    /// Rows updated.
    pub n_tup_upd: u64,
    /// Rows deleted.
    pub n_tup_del: u64,
    /// Updates that touched no index.
    pub n_tup_hot_upd: u64,
    /// Updates that went to another page; 16 and later.
    pub n_tup_newpage_upd: Option<u64>,
    /// Estimated live rows by the counters.
    pub n_live_tup: u64,
    /// Estimated dead rows.
    pub n_dead_tup: u64,
    /// Rows changed since the last ANALYZE.
    pub n_mod_since_analyze: u64,
    /// Rows inserted since the last VACUUM.
    pub n_ins_since_vacuum: u64,
    /// 16 and later.
    pub last_seq_scan: Option<f64>,
    /// 16 and later.
    pub last_idx_scan: Option<f64>,
    /// Last manual VACUUM.
    pub last_vacuum: Option<f64>,
    /// Last VACUUM by autovacuum.
    pub last_autovacuum: Option<f64>,
    /// Last manual ANALYZE.
    pub last_analyze: Option<f64>,
    /// Last ANALYZE by autovacuum.
    pub last_autoanalyze: Option<f64>,
    /// Heap blocks read from outside shared buffers.
    pub heap_blks_read: u64,
    /// Heap blocks found in shared buffers.
    pub heap_blks_hit: u64,
}

/// `pg_stat_all_indexes` of one index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexUsage {
    /// Scans started; `None` for a partitioned index, which has no counters of its own.
    pub scans: Option<u64>,
    /// Entries read.
    pub tuples_read: Option<u64>,
    /// Live rows fetched by simple scans.
    pub tuples_fetched: Option<u64>,
    /// 16 and later, seconds since the epoch.
    pub last_scan: Option<f64>,
}

/// `pg_stat_database` of the audited database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseUsage {
    /// `pg_database_size`, bytes.
    pub bytes: Option<u64>,
    /// Transactions committed.
    pub xact_commit: u64,
    /// Transactions rolled back.
    pub xact_rollback: u64,
    /// Blocks read from outside shared buffers.
    pub blks_read: u64,
    /// Blocks found in shared buffers.
    pub blks_hit: u64,
    /// Temporary files made.
    pub temp_files: u64,
    /// Bytes written to them.
    pub temp_bytes: u64,
    /// Deadlocks.
    pub deadlocks: u64,
    /// `age(datfrozenxid)`, transactions.
    pub frozen_xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub min_multixact_age: i64,
    /// Time reading blocks, ms; zero without `track_io_timing`.
    #[serde(default)]
    pub blk_read_ms: Option<f64>,
    /// Pages whose checksum was wrong; `None` without checksums.
    #[serde(default)]
    pub checksum_failures: Option<u64>,
    /// Sessions begun (14 and later, as all below).
    #[serde(default)]
    pub sessions: Option<u64>,
    /// Time that sessions lasted, ms.
    #[serde(default)]
    pub session_ms: Option<f64>,
    /// Time that they ran statements, ms.
    #[serde(default)]
    pub active_ms: Option<f64>,
    /// Time that they were idle in a transaction, ms.
    #[serde(default)]
    pub idle_in_transaction_ms: Option<f64>,
    /// Sessions whose client was lost.
    #[serde(default)]
    pub sessions_abandoned: Option<u64>,
    /// Sessions ended by a fatal error.
    #[serde(default)]
    pub sessions_fatal: Option<u64>,
    /// Sessions that somebody ended.
    #[serde(default)]
    pub sessions_killed: Option<u64>,
    /// Parallel workers that plans wanted (18 and later).
    #[serde(default)]
    pub parallel_workers_wanted: Option<u64>,
    /// Parallel workers that they got (18 and later).
    #[serde(default)]
    pub parallel_workers_launched: Option<u64>,
}

/// One row of `pg_statistic`, or of `pg_stats` where that is all that the role may see.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnStatistics {
    /// The table, or the index for the statistics of its expressions.
    pub table_oid: u32,
    /// Column name (of an index: its key's name).
    pub column: String,
    /// Statistics that include child tables.
    pub inherited: bool,
    /// Share of NULLs, 0 to 1.
    pub null_frac: f64,
    /// Average width, bytes.
    pub avg_width: i32,
    /// Distinct values; negative: minus the share of the rows.
    pub n_distinct: f64,
    /// Frequencies of the most common values, falling.
    pub most_common_freqs: Vec<f64>,
    /// Number of histogram bounds.
    pub histogram_bounds: u32,
    /// Physical against logical order, -1 to 1.
    pub correlation: Option<f64>,
    /// The slots of `pg_statistic`, from which a lab's planner is fed; empty where they could not be read.
    #[serde(default)]
    pub slots: Vec<StatisticsSlot>,
}

/// One of the five slots of a `pg_statistic` row, with names in place of OIDs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatisticsSlot {
    /// `stakind`: 1 most common values, 2 histogram, 3 correlation, 4 and 5 elements of arrays, 6 and 7 ranges.
    pub kind: i16,
    /// `staop::regoperator` with an empty search path, e.g. `=(bigint,bigint)`.
    pub operator: Option<String>,
    /// `stacoll`, schema-qualified and quoted.
    pub collation: Option<String>,
    /// `stanumbers`.
    pub numbers: Option<Vec<f32>>,
    /// `stavalues`, each as the text of its type; tokens unless the snapshot was asked for the values.
    pub values: Option<Vec<String>>,
    /// Type of the values: `format_type` with an empty search path.
    pub value_type: Option<String>,
}

/// What the sample values of a snapshot are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// There are none: a snapshot of an earlier format, or asked to leave them out.
    #[default]
    LeftOut,
    /// Texts and everything like them are replaced by tokens of the same order and equality; numbers, times and enum
    /// labels are as they were.
    Tokens,
    /// As they were.
    Kept,
}

/// One row of `pg_statistic_ext_data`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExtendedData {
    /// `stxdinherit`, 15 and later; before that false.
    pub inherited: bool,
    /// `stxdndistinct::bytea` in hex; its column numbers are `Column::position` of the same snapshot.
    pub ndistinct: Option<String>,
    /// `stxddependencies::bytea` in hex.
    pub dependencies: Option<String>,
    /// `stxdmcv::bytea` in hex; types and enum labels by the OIDs of the server. Left out where it holds values that
    /// cannot be made tokens of.
    pub mcv: Option<String>,
    /// `stxdexpr`, one for each expression (14 and later); `column` is its place, from 1.
    pub expressions: Vec<ColumnStatistics>,
}
