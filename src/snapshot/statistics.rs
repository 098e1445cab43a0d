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
}

/// One row of `pg_stats`, without sample values.
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
}
