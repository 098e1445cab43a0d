//! How much the rest of a snapshot may be believed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The server, the database and the role that read them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Server {
    /// `server_version_num`, e.g. 150020.
    pub version_num: u32,
    /// `server_version`, e.g. "15.20 (Debian 15.20-0+deb12u1)".
    pub version: String,
    /// `current_database()`.
    pub database: String,
    /// `current_user`.
    pub role: String,
    /// Whether the role is a superuser.
    pub superuser: bool,
    /// `pg_is_in_recovery()`.
    pub in_recovery: bool,
    /// `pg_postmaster_start_time()`, seconds since the epoch.
    pub started_at: f64,
    /// `pg_database.datcollate`.
    pub collate: String,
    /// `pg_database.datctype`.
    #[serde(default)]
    pub ctype: String,
    /// `datlocprovider`: `c` libc, `i` ICU, `b` builtin (17); before 15 always libc.
    #[serde(default)]
    pub locale_provider: String,
    /// `datlocale` (before 17 `daticulocale`): the locale of a provider other than libc.
    #[serde(default)]
    pub locale: Option<String>,
    /// `pg_encoding_to_char(encoding)`.
    pub encoding: String,
    /// Managed service if its settings or roles give it away: `rds`, `aurora`, `cloud-sql`, `azure`, `supabase`, `neon`;
    /// `ci`: a database of a CI job.
    pub managed: Option<String>,
}

impl Server {
    /// 13 to 18.
    pub fn major(&self) -> u32 {
        self.version_num / 10_000
    }
}

/// Ages of the counters and visibility, as one row (the evidence gate).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// When `pg_stat_database` was last reset, seconds since the epoch; `None`: never (15 and later).
    pub database_stats_reset: Option<f64>,
    /// Seconds over which the database's counters have grown, at least: since the reset; if there was none (15 and
    /// later), since a crash threw all counters away or the database was made, whichever is less. Only superusers
    /// and roles granted `pg_stat_file` see when it was made; for the others the start of the server stands in.
    pub database_stats_age_s: f64,
    /// `track_counts`.
    pub track_counts: bool,
    /// `track_io_timing`.
    pub track_io_timing: bool,
    /// Whether the role is a member of `pg_read_all_stats`, and so sees everybody's statements.
    pub sees_all_statements: bool,
    /// Whether the role sees every table's column statistics (`pg_read_all_data`, 14 and later, or superuser).
    pub sees_all_column_statistics: bool,
    /// User tables whose column statistics are hidden, for want of SELECT or because row security holds for the role.
    pub tables_without_select: u64,
    /// User tables seen.
    pub tables: u64,
    /// Sequences whose last value is hidden from the role.
    pub sequences_unreadable: u64,
    /// Walsenders seen; `idx_scan` on a standby is counted there, not here.
    pub standbys: u64,
}

/// Something that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The part of the snapshot: `statements`, `column-statistics`, `sequence-values`, `sessions`, `replication`, …
    pub what: String,
    /// Why, in a sentence without a full stop.
    pub why: String,
    /// What shows it: usually a GRANT to run or a setting to change.
    pub remedy: Option<String>,
}
