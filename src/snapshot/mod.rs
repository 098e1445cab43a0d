//! What was read from a server, as it was read.
//!
//! A snapshot is the only input of every later stage. It serializes to versioned
//! JSON; everything in it comes from one server and one database, and carries the
//! server's own clock. Nothing here judges. Sample values of user data are never
//! part of it.

mod activity;
mod catalog;
mod evidence;
mod index;
mod settings;
mod statements;
mod statistics;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use activity::{Progress, ReplicationSlot, Session, Standby};
pub use catalog::{
    Column, Constraint, ConstraintKind, ExtendedStatistics, Extension, FedColumn, Sequence, Table, TableKind, View,
};
pub use evidence::{Evidence, Gap, Server};
pub use index::{Index, IndexKey};
pub use settings::{RoleSetting, Setting};
pub use statements::{Statement, Statements, StatementsState};
pub use statistics::{ColumnStatistics, DatabaseUsage, IndexUsage, TableUsage};

/// The version of the snapshot format that this program writes.
///
/// A later version reads every earlier one; see `source::file`.
pub const FORMAT: &str = "pgassay/snapshot/v1";

/// One server and one database at one moment.
///
/// A list that a file lacks is empty, and an optional value that it lacks is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Always [`FORMAT`].
    pub format: String,
    /// Version of the pgassay that wrote it.
    pub tool_version: String,
    /// Seconds since the epoch, from the server's clock (`now()`).
    pub taken_at: f64,
    /// Version, database, role, locale.
    pub server: Server,
    /// How old the counters are and what the role may see.
    pub evidence: Evidence,
    /// Counters of the database as a whole, from `pg_stat_database`.
    pub database: DatabaseUsage,
    /// `pg_settings`, all rows that the role may see.
    pub settings: Vec<Setting>,
    /// `pg_db_role_setting`, one row per setting.
    #[serde(default)]
    pub role_settings: Vec<RoleSetting>,
    /// Installed extensions.
    #[serde(default)]
    pub extensions: Vec<Extension>,
    /// Tables, partitioned tables, materialized views and foreign tables of users.
    pub tables: Vec<Table>,
    /// Their live columns, by table and position.
    pub columns: Vec<Column>,
    /// Views with their definition.
    #[serde(default)]
    pub views: Vec<View>,
    /// Indexes on those tables, in OID order.
    pub indexes: Vec<Index>,
    /// Constraints on those tables.
    pub constraints: Vec<Constraint>,
    /// Sequences and the columns that they feed.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// `CREATE STATISTICS` objects.
    #[serde(default)]
    pub extended_statistics: Vec<ExtendedStatistics>,
    /// `pg_stats` without any sample value.
    #[serde(default)]
    pub column_statistics: Vec<ColumnStatistics>,
    /// `pg_stat_statements` of this database.
    #[serde(default)]
    pub statements: Statements,
    /// Client backends at that moment, without the text of their queries.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// Standbys connected to this server.
    #[serde(default)]
    pub standbys: Vec<Standby>,
    /// Replication slots.
    #[serde(default)]
    pub slots: Vec<ReplicationSlot>,
    /// Running vacuums, index builds and the like.
    #[serde(default)]
    pub progress: Vec<Progress>,
    /// What could not be read, why, and what to do about it.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// The table with this `pg_class.oid`.
    pub fn table(&self, oid: u32) -> Option<&Table> {
        self.tables.iter().find(|table| table.oid == oid)
    }

    /// The value of a setting, in the unit that `pg_settings` gives it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
    }

    /// Whether an extension is installed in the audited database.
    pub fn has_extension(&self, name: &str) -> bool {
        self.extensions.iter().any(|extension| extension.name == name)
    }
}
