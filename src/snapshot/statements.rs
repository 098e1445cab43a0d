//! `pg_stat_statements`, every column of every extension version from 1.8 to 1.12.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether there are statements to look at, and if not, why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatementsState {
    /// Read.
    Read,
    /// The extension is not created in the audited database.
    #[default]
    NotInstalled,
    /// Created, but the library is not in `shared_preload_libraries`.
    NotPreloaded,
    /// `pg_stat_statements.track = none`.
    TrackNone,
    /// The role may not read the view.
    Denied,
    /// It could not be read for another reason, which a gap of the snapshot names.
    Failed,
    /// The reader was asked to leave it out (`--schema-only`).
    LeftOut,
}

/// All that `pg_stat_statements` says about this database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statements {
    /// Whether the view could be read.
    pub state: StatementsState,
    /// `extversion`, e.g. `1.10`; the columns go by it, not by the server's version.
    pub version: Option<String>,
    /// `pg_stat_statements.track`.
    pub track: Option<String>,
    /// `pg_stat_statements.track_planning`.
    pub track_planning: Option<bool>,
    /// `pg_stat_statements.max`.
    pub max: Option<u64>,
    /// Entries evicted since `stats_reset` (`pg_stat_statements_info.dealloc`, 14 and later).
    pub dealloc: Option<u64>,
    /// When the counters began, seconds since the epoch: when the view was last reset (14 and later), or with `--since`
    /// when the earlier snapshot was taken.
    pub stats_reset: Option<f64>,
    /// Entries of this database whose text is hidden from the role.
    pub hidden: u64,
    /// Their time, ms.
    pub hidden_ms: f64,
    /// pgassay's own entries, left out.
    pub own: u64,
    /// Entries of other databases.
    pub other_databases: u64,
    /// Their time, ms.
    pub other_databases_ms: f64,
    /// The entries by falling time, then `queryid`; without the hidden ones and pgassay's own. String literals in
    /// utility statements, which the server does not normalise, are masked.
    pub entries: Vec<Statement>,
}

/// One entry: a user, a normalised text. Times in ms, `*_blks` in blocks of 8 kB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// The server's own id; differs between servers.
    pub queryid: Option<i64>,
    /// Name of the role that ran it.
    pub user: Option<String>,
    /// From a log, which tells of executions and their times alone: rows, blocks and WAL were not counted, and their
    /// zeros mean nothing.
    #[serde(default)]
    pub from_log: bool,
    /// Run by a client rather than inside a function; 14 and later, before that always true.
    pub toplevel: bool,
    /// Normalised text; `None` when the text file lost it.
    pub text: Option<String>,
    /// Executions.
    pub calls: u64,
    /// Rows returned or written.
    pub rows: u64,
    /// Plans made (with `track_planning`).
    pub plans: u64,
    /// Time planning (with `track_planning`).
    pub total_plan_time: f64,
    /// Time executing, without planning (`total_time` before 13).
    pub total_exec_time: f64,
    /// Shortest execution.
    pub min_exec_time: f64,
    /// Longest execution.
    pub max_exec_time: f64,
    /// Mean execution.
    pub mean_exec_time: f64,
    /// Population standard deviation.
    pub stddev_exec_time: f64,
    /// Blocks found in shared buffers.
    pub shared_blks_hit: u64,
    /// Blocks read.
    pub shared_blks_read: u64,
    /// Blocks dirtied.
    pub shared_blks_dirtied: u64,
    /// Blocks written.
    pub shared_blks_written: u64,
    /// Local blocks hit.
    pub local_blks_hit: u64,
    /// Local blocks read.
    pub local_blks_read: u64,
    /// Local blocks dirtied.
    pub local_blks_dirtied: u64,
    /// Local blocks written.
    pub local_blks_written: u64,
    /// Temporary blocks read.
    pub temp_blks_read: u64,
    /// Temporary blocks written: sorts and hashes that did not fit `work_mem`.
    pub temp_blks_written: u64,
    /// `shared_blk_read_time`, before 17 `blk_read_time`; zero unless `track_io_timing`.
    pub shared_blk_read_time: f64,
    /// `shared_blk_write_time`, before 17 `blk_write_time`.
    pub shared_blk_write_time: f64,
    /// 17 and later.
    pub local_blk_read_time: Option<f64>,
    /// 17 and later.
    pub local_blk_write_time: Option<f64>,
    /// 15 and later.
    pub temp_blk_read_time: Option<f64>,
    /// 15 and later.
    pub temp_blk_write_time: Option<f64>,
    /// WAL records.
    pub wal_records: u64,
    /// WAL full page images.
    pub wal_fpi: u64,
    /// WAL bytes.
    pub wal_bytes: u64,
    /// 18 and later.
    pub wal_buffers_full: Option<u64>,
    /// Functions compiled by JIT; 15 and later.
    pub jit_functions: Option<u64>,
    /// 15 and later.
    pub jit_generation_time: Option<f64>,
    /// 15 and later.
    pub jit_inlining_count: Option<u64>,
    /// 15 and later.
    pub jit_inlining_time: Option<f64>,
    /// 15 and later.
    pub jit_optimization_count: Option<u64>,
    /// 15 and later.
    pub jit_optimization_time: Option<f64>,
    /// 15 and later.
    pub jit_emission_count: Option<u64>,
    /// 15 and later.
    pub jit_emission_time: Option<f64>,
    /// 17 and later.
    pub jit_deform_count: Option<u64>,
    /// 17 and later.
    pub jit_deform_time: Option<f64>,
    /// 18 and later.
    pub parallel_workers_to_launch: Option<u64>,
    /// 18 and later.
    pub parallel_workers_launched: Option<u64>,
    /// Start of this entry's counters, seconds since the epoch; 17 and later.
    pub stats_since: Option<f64>,
    /// Start of its min and max; 17 and later.
    pub minmax_stats_since: Option<f64>,
}
