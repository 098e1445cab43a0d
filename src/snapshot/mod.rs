//! What was read from a server, as it was read.
//!
//! A snapshot is the only input of every later stage. It serializes to versioned
//! JSON; everything in it comes from one server and one database, and carries the
//! server's own clock. Nothing here judges.
//!
//! Of the data of users it holds what ANALYZE sampled: numbers, times, booleans and
//! labels of enums as they are; every other value (texts, documents, addresses, keys)
//! as a token that keeps order and equality, or not at all where a type has no
//! tokens. Constants that stand in the schema or in a statement are no secret: where a
//! sample is equal to one, it stays. The least and greatest values of index columns
//! are there only when asked for, and the values themselves only when those were
//! ([`Values`] says which). Texts of statements are as the server normalised them,
//! utility statements without their literals.

mod activity;
mod catalog;
mod cluster;
mod evidence;
mod index;
mod planner;
mod planner_setting;
mod samples;
mod schema;
mod settings;
mod statements;
mod statistics;
mod trigger;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use activity::{Progress, Replica, ReplicationSlot, Session, Standby};
pub use catalog::{
    Column, Constraint, ConstraintKind, ExtendedStatistics, Extension, FedColumn, Sequence, Table, TableKind, View,
};
pub use cluster::{
    ConfigurationError, Database, DefinerFunction, HbaRule, Policy, PreparedTransaction, Role, Schema, ServerCounters,
    Subscription, Surroundings,
};
pub use evidence::{Evidence, Gap, Server};
pub use index::{GinSearch, Index, IndexKey};
pub use planner::{EndPoint, ReferencePlan};
pub use planner_setting::moves_costs;
pub use samples::{Change, Interval, Samples};
pub use schema::{Attribute, EnumLabel, Function, TypeDefinition, UserType};
pub use settings::{RoleSetting, Setting};
pub use statements::{Statement, Statements, StatementsState};
pub use statistics::{ColumnStatistics, DatabaseUsage, ExtendedData, IndexUsage, StatisticsSlot, TableUsage, Values};
pub use trigger::{CollationDrift, Trigger};

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
    /// Triggers that users made, and those of constraints that are switched off; `None` in a snapshot that was taken
    /// before they were read.
    #[serde(default)]
    pub triggers: Option<Vec<Trigger>>,
    /// Collations whose library has changed since the server noted its version; `None` likewise.
    #[serde(default)]
    pub collation_drifts: Option<Vec<CollationDrift>>,
    /// Sequences and the columns that they feed.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// `CREATE STATISTICS` objects.
    #[serde(default)]
    pub extended_statistics: Vec<ExtendedStatistics>,
    /// What ANALYZE gathered for columns and for expressions of indexes.
    #[serde(default)]
    pub column_statistics: Vec<ColumnStatistics>,
    /// What the sample values in the statistics are.
    #[serde(default)]
    pub values: Values,
    /// Types that users made.
    #[serde(default)]
    pub types: Vec<UserType>,
    /// Functions in SQL or PL/pgSQL that indexes, constraints, columns, views or statements use.
    #[serde(default)]
    pub functions: Vec<Function>,
    /// Ends of leading index columns, where they were asked for.
    #[serde(default)]
    pub end_points: Vec<EndPoint>,
    /// The server's own plans of its busiest statements, for a lab to be checked against.
    #[serde(default)]
    pub reference_plans: Vec<ReferencePlan>,
    /// `pg_stat_statements` of this database.
    #[serde(default)]
    pub statements: Statements,
    /// How those counters moved while they were watched (`--window`, `--since`).
    #[serde(default)]
    pub samples: Option<Samples>,
    /// Client backends at that moment, without the text of their queries.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// Standbys connected to this server.
    #[serde(default)]
    pub standbys: Vec<Standby>,
    /// Standbys whose usage counters were added to the server's own (`--replica`).
    #[serde(default)]
    pub replicas: Vec<Replica>,
    /// Replication slots.
    #[serde(default)]
    pub slots: Vec<ReplicationSlot>,
    /// Running vacuums, index builds and the like.
    #[serde(default)]
    pub progress: Vec<Progress>,
    /// The server around the database; on the heap, for a snapshot is handed on by value.
    #[serde(default)]
    pub surroundings: Box<Surroundings>,
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
