//! The server as a whole, beyond one database: its counters, roles, databases, and who may come in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Surroundings {
    /// Counters of the server as a whole.
    pub counters: ServerCounters,
    /// Roles that may log in, and superusers.
    pub roles: Vec<Role>,
    /// Every database of the server.
    pub databases: Vec<Database>,
    /// Transactions prepared for two-phase commit.
    pub prepared_transactions: Vec<PreparedTransaction>,
    /// Subscriptions of this database.
    pub subscriptions: Vec<Subscription>,
    /// Lines of `pg_hba.conf`.
    pub hba_rules: Vec<HbaRule>,
    /// What the server cannot take over from its configuration files.
    pub configuration_errors: Vec<ConfigurationError>,
    /// Row security policies.
    pub policies: Vec<Policy>,
    /// Functions that run with the rights of their owner.
    pub definer_functions: Vec<DefinerFunction>,
    /// Schemas of users.
    pub schemas: Vec<Schema>,
}

/// Counters of the server, from the views that have them in its version. `None`: not in this version, or hidden.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerCounters {
    /// Seconds over which checkpoints were counted.
    pub checkpoint_age_s: Option<f64>,
    /// Checkpoints begun because `checkpoint_timeout` had passed.
    pub checkpoints_timed: Option<i64>,
    /// Checkpoints begun because WAL had grown to its limit, or on request.
    pub checkpoints_requested: Option<i64>,
    /// Buffers that checkpoints wrote.
    pub buffers_checkpoint: Option<i64>,
    /// Buffers that the background writer wrote.
    pub buffers_cleaner: Option<i64>,
    /// How often the background writer stopped at `bgwriter_lru_maxpages`.
    pub cleaner_stops: Option<i64>,
    /// Buffers of tables and indexes that client backends wrote themselves to make room (16 and later).
    pub buffers_backend: Option<i64>,
    /// Seconds over which WAL was counted (14 and later, as all of WAL).
    pub wal_age_s: Option<f64>,
    /// WAL records.
    pub wal_records: Option<i64>,
    /// Full page images among them.
    pub wal_full_page_images: Option<i64>,
    /// Bytes of WAL.
    pub wal_bytes: Option<i64>,
    /// How often WAL was written because its buffers were full.
    pub wal_buffers_full: Option<i64>,
    /// How often WAL was flushed to disk.
    pub wal_syncs: Option<i64>,
    /// Time that took, ms; zero without `track_wal_io_timing`.
    pub wal_sync_ms: Option<f64>,
    /// WAL files archived.
    pub archived: Option<i64>,
    /// Attempts to archive that failed.
    pub archive_failures: Option<i64>,
    /// Since the last file was archived, seconds.
    pub archived_age_s: Option<f64>,
    /// Since the last attempt failed, seconds.
    pub archive_failed_age_s: Option<f64>,
    /// WAL files that wait to be archived; `None` where the role may not list them.
    pub archive_waiting: Option<i64>,
    /// Bytes in the directory of WAL; `None` where the role may not list it.
    pub wal_directory_bytes: Option<i64>,
    /// Locks held or wanted in the whole server that take room in its lock table: neither a session's own (fast path) nor
    /// those of serializable reads.
    pub locks: Option<i64>,
    /// Autovacuum workers at work in the whole server.
    pub autovacuum_workers: Option<i64>,
}

/// A role that may log in, or a superuser.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// `rolname`.
    pub name: String,
    /// `rolsuper`.
    pub superuser: bool,
    /// `rolcanlogin`.
    pub login: bool,
    /// `rolconnlimit`; `None`: no limit.
    pub connection_limit: Option<i64>,
    /// Until `rolvaliduntil`, seconds, negative when it has passed; `None`: for ever.
    pub valid_for_s: Option<f64>,
}

/// A database of the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// `datname`.
    pub name: String,
    /// `datistemplate`.
    pub template: bool,
    /// `datallowconn`.
    pub allows_connections: bool,
    /// `datconnlimit`; `None`: no limit.
    pub connection_limit: Option<i64>,
    /// `age(datfrozenxid)`.
    pub frozen_xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub min_multixact_age: i64,
}

/// A transaction prepared for two-phase commit, in any database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreparedTransaction {
    /// `gid`.
    pub gid: String,
    /// Role that prepared it.
    pub owner: Option<String>,
    /// Its database.
    pub database: Option<String>,
    /// Since it was prepared, seconds.
    pub age_s: f64,
    /// `age(transaction)`, in transactions.
    pub xmin_age: Option<i64>,
}

/// A subscription of this database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    /// `subname`.
    pub name: String,
    /// `subenabled`.
    pub enabled: bool,
    /// Whether its main worker runs.
    pub running: bool,
    /// Changes that could not be applied (15 and later).
    pub apply_errors: Option<i64>,
    /// Initial copies that failed (15 and later).
    pub sync_errors: Option<i64>,
}

/// A line of `pg_hba.conf`, without the addresses of clients.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HbaRule {
    /// Line of the file.
    pub line: i64,
    /// `local`, `host`, `hostssl`, …
    pub kind: Option<String>,
    /// Databases, as written.
    pub databases: Vec<String>,
    /// Roles, as written.
    pub users: Vec<String>,
    /// Whether it lets clients of other machines in.
    pub remote: bool,
    /// `trust`, `md5`, `scram-sha-256`, …
    pub method: Option<String>,
    /// Why the line cannot be read.
    pub error: Option<String>,
}

/// Something that the server cannot take over from its configuration files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationError {
    /// Name of the file, without its directory.
    pub file: Option<String>,
    /// Line of the file.
    pub line: Option<i64>,
    /// The setting.
    pub name: Option<String>,
    /// What is wrong.
    pub error: String,
}

/// A row security policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// The table.
    pub table_oid: u32,
    /// `polname`.
    pub name: String,
    /// `select`, `insert`, `update`, `delete` or `all`.
    pub command: String,
    /// Permissive; else restrictive.
    pub permissive: bool,
    /// Roles that it is for; `public` for everybody.
    pub roles: Vec<String>,
    /// `USING`, as the server words it.
    pub using: Option<String>,
    /// `WITH CHECK`.
    pub check: Option<String>,
}

/// A function of users that runs with the rights of its owner.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DefinerFunction {
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// Types of its arguments.
    pub arguments: String,
    /// Whether its owner is a superuser.
    pub owner_is_superuser: bool,
    /// Whether it fixes its own `search_path`.
    pub fixes_search_path: bool,
    /// Whether everybody may call it.
    pub public: bool,
}

/// A schema of users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Schema {
    /// `nspname`.
    pub name: String,
    /// Whether everybody may create objects in it.
    pub public_create: bool,
}
