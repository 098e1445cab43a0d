//! What was going on at the moment of the snapshot. Texts of running queries are not kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A client backend of `pg_stat_activity`. Ages in seconds at the time of the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Backend process id.
    pub pid: i32,
    /// Database it is connected to.
    pub database: Option<String>,
    /// Role; `None` when hidden.
    pub user: Option<String>,
    /// `application_name`: text of the client, not to be trusted.
    pub application: Option<String>,
    /// `active`, `idle`, `idle in transaction`, …; `None` when hidden.
    pub state: Option<String>,
    /// Since the connection began.
    pub backend_age_s: Option<f64>,
    /// Since the transaction began.
    pub xact_age_s: Option<f64>,
    /// Since the running or last query began.
    pub query_age_s: Option<f64>,
    /// Since the state changed.
    pub state_age_s: Option<f64>,
    /// `wait_event_type`.
    pub wait_event_type: Option<String>,
    /// `wait_event`.
    pub wait_event: Option<String>,
    /// `age(backend_xmin)`, in transactions.
    pub xmin_age: Option<i64>,
    /// `pg_blocking_pids`.
    pub blocked_by: Vec<i32>,
    /// Encrypted, from `pg_stat_ssl`.
    pub ssl: Option<bool>,
    /// From another machine; `None` when hidden.
    #[serde(default)]
    pub remote: Option<bool>,
    /// How long it has waited for a lock, seconds; before 14 since its query began.
    #[serde(default)]
    pub lock_wait_s: Option<f64>,
    /// Mode of the lock that it waits for, e.g. `AccessExclusiveLock`.
    #[serde(default)]
    pub waits_for_mode: Option<String>,
    /// OID of the table or index that it waits for, if it is one of this database.
    #[serde(default)]
    pub waits_for_oid: Option<u32>,
    /// Locks that it holds.
    #[serde(default)]
    pub locks: i64,
    /// Locks on tables and indexes that a read or write takes, and that did not fit into its own fast path.
    #[serde(default)]
    pub locks_off_fast_path: i64,
    /// Advisory locks that it holds.
    #[serde(default)]
    pub advisory_locks: i64,
    /// Subtransactions of its transaction (16 and later).
    #[serde(default)]
    pub subtransactions: Option<i64>,
    /// Whether there are more of them than shared memory has room for (16 and later).
    #[serde(default)]
    pub subtransactions_overflowed: Option<bool>,
}

/// A row of `pg_stat_replication`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standby {
    /// `application_name`.
    pub name: Option<String>,
    /// `streaming`, `catchup`, …
    pub state: Option<String>,
    /// WAL bytes between what was written here and what was replayed there.
    pub replay_lag_bytes: Option<i64>,
    /// `replay_lag`, seconds.
    pub replay_lag_s: Option<f64>,
    /// `sync_state`.
    pub sync_state: Option<String>,
    /// `age(backend_xmin)`: what `hot_standby_feedback` holds here, in transactions.
    #[serde(default)]
    pub xmin_age: Option<i64>,
}

/// A row of `pg_replication_slots`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationSlot {
    /// `slot_name`.
    pub name: String,
    /// `physical` or `logical`.
    pub kind: String,
    /// In use now.
    pub active: bool,
    /// WAL bytes that it keeps.
    pub retained_bytes: Option<i64>,
    /// `age(xmin)` or `age(catalog_xmin)`, the older, in transactions.
    pub xmin_age: Option<i64>,
    /// `wal_status`: `reserved`, `extended`, `unreserved`, `lost`.
    pub wal_status: Option<String>,
    /// Database of a logical slot.
    #[serde(default)]
    pub database: Option<String>,
    /// Gone with the session that made it.
    #[serde(default)]
    pub temporary: bool,
    /// WAL bytes that may still be written before the slot is in danger; `None`: no limit.
    #[serde(default)]
    pub safe_wal_bytes: Option<i64>,
    /// Since nobody has read it, seconds (17 and later).
    #[serde(default)]
    pub inactive_s: Option<f64>,
    /// Transactions decoded that were spilled to disk (14 and later).
    #[serde(default)]
    pub spilled_transactions: Option<i64>,
    /// Bytes of them (14 and later).
    #[serde(default)]
    pub spilled_bytes: Option<i64>,
    /// Bytes decoded in all (14 and later).
    #[serde(default)]
    pub decoded_bytes: Option<i64>,
}

/// A running maintenance command of a `pg_stat_progress_*` view.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Backend process id.
    pub pid: i32,
    /// `vacuum`, `analyze`, `create-index`, `cluster`.
    pub command: String,
    /// The table.
    pub table_oid: Option<u32>,
    /// The index, of an index build.
    pub index_oid: Option<u32>,
    /// Phase, as the server words it.
    pub phase: String,
    /// Blocks or tuples done.
    pub done: Option<i64>,
    /// Blocks or tuples in all.
    pub total: Option<i64>,
    /// How often a vacuum has already gone over the indexes.
    #[serde(default)]
    pub index_passes: Option<i64>,
}

/// A standby whose counters were read too and are in those of the tables and indexes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replica {
    /// Seconds since the epoch, by its clock.
    pub taken_at: f64,
    /// Seconds over which its counters have grown, at least.
    pub stats_age_s: f64,
    /// Scans of indexes that it added.
    pub scans: u64,
}
