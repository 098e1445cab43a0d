//! Tables, columns, constraints, views, sequences: the schema as the catalog holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExtendedData, TableUsage};

/// `pg_class.relkind` of what can be scanned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// `r`
    #[default]
    Table,
    /// `p`
    Partitioned,
    /// `m`
    MaterializedView,
    /// `f`
    Foreign,
}

/// A table with its size and its usage counters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// `relkind`.
    pub kind: TableKind,
    /// `relpersistence`: `p` permanent, `u` unlogged, `t` temporary.
    pub persistence: String,
    /// Name of the owner.
    pub owner: String,
    /// `relispartition`.
    pub is_partition: bool,
    /// Parents in `pg_inherits`, partitioned or by old inheritance.
    pub parents: Vec<u32>,
    /// `inhdetachpending`, 14 and later: DETACH … CONCURRENTLY did not come to its end. `None`: not read, as the next two.
    #[serde(default)]
    pub detach_pending: Option<bool>,
    /// Columns that were dropped; their numbers stay taken.
    #[serde(default)]
    pub dropped_columns: Option<u32>,
    /// Enabled rules (`pg_rewrite`) for INSERT, UPDATE or DELETE.
    #[serde(default)]
    pub rewrite_rules: Option<u32>,
    /// `pg_get_partkeydef`, for a partitioned table.
    pub partition_key: Option<String>,
    /// `pg_get_expr(relpartbound)`, for a partition.
    pub partition_bound: Option<String>,
    /// Extension that owns it.
    pub extension: Option<String>,
    /// Estimated live rows. From `reltuples`, where -1 (before 14: 0 with 0 pages) means never
    /// analyzed; that is `None` here, not zero.
    pub rows: Option<f64>,
    /// Pages of the heap at the last VACUUM or ANALYZE (`relpages`).
    pub pages: u64,
    /// `relallvisible`, in pages.
    pub all_visible_pages: u64,
    /// Bytes of the main fork now; 0 for a partitioned table.
    pub heap_bytes: Option<u64>,
    /// Bytes of its indexes now.
    pub index_bytes: Option<u64>,
    /// Bytes with TOAST and indexes now (`pg_total_relation_size`).
    pub total_bytes: Option<u64>,
    /// `reloptions`, e.g. `fillfactor=80`.
    pub options: Vec<String>,
    /// `relreplident`: `d` default, `n` nothing, `f` full, `i` index.
    pub replica_identity: String,
    /// `relrowsecurity`.
    pub row_security: bool,
    /// `row_security_active`: its policies hold for the reading role.
    #[serde(default)]
    pub row_security_active: bool,
    /// `age(relfrozenxid)`, in transactions.
    pub frozen_xid_age: Option<i64>,
    /// Whether the reading role has SELECT on it (any column) and no row security holds for it; else its column
    /// statistics are hidden.
    pub selectable: bool,
    /// Whether a publication holds it.
    pub published: bool,
    /// Whether one that publishes updates or deletes does.
    #[serde(default)]
    pub published_changes: bool,
    /// `spcoptions` of its tablespace, e.g. `random_page_cost=1.1`.
    #[serde(default)]
    pub tablespace_options: Vec<String>,
    /// Counters.
    #[serde(flatten)]
    pub usage: TableUsage,
}

/// A live column of a table (`pg_attribute`, dropped ones left out).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// The table.
    pub table_oid: u32,
    /// `attnum`.
    pub position: i16,
    /// Name, unquoted.
    pub name: String,
    /// `format_type(atttypid, atttypmod)`, e.g. `character varying(200)`.
    pub type_name: String,
    /// Type without modifier, schema-less, as `pg_type.typname`: `varchar`, `int4`, `_text`, …; for a domain its base type's.
    pub base_type: String,
    /// `pg_type.typcategory` of the base type: `N` number, `S` string, `D` date, `B` boolean, `A` array, `E` enum, `U` user, …
    pub type_category: String,
    /// `pg_type.typlen`: bytes, or -1 for variable.
    pub type_length: i16,
    /// `attalign`: `c`, `s`, `i` or `d` for 1, 2, 4 and 8 bytes; empty in a snapshot that does not say.
    #[serde(default)]
    pub alignment: String,
    /// Name of the collation of a collatable type.
    pub collation: Option<String>,
    /// Whether text order is byte order (`C`, `POSIX`, or a database default of that kind), so that a plain
    /// B-tree serves `LIKE 'x%'`.
    pub collation_is_c: bool,
    /// `attnotnull`, and on 18 only where the constraint is validated.
    pub not_null: bool,
    /// `attidentity`: `a`, `d` or empty.
    pub identity: String,
    /// `attgenerated`: `s`, `v` (18) or empty.
    pub generated: String,
    /// `pg_get_expr` of the default.
    pub default: Option<String>,
    /// `attstattarget`; `None`: the default.
    pub statistics_target: Option<i32>,
    /// `format_type` with an empty search path, so that types of users come with their schema.
    #[serde(default)]
    pub full_type: String,
    /// Schema-qualified, quoted collation where it is not the type's.
    #[serde(default)]
    pub own_collation: Option<String>,
    /// `attoptions`, e.g. `n_distinct=-0.5`.
    #[serde(default)]
    pub options: Vec<String>,
}

/// `pg_constraint.contype`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// `p`
    PrimaryKey,
    /// `u`
    Unique,
    /// `f`
    ForeignKey,
    /// `x`
    Exclusion,
    /// `c`
    #[default]
    Check,
    /// `n`, 18 and later
    NotNull,
}

/// A table constraint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Constraint {
    /// `pg_constraint.oid`.
    pub oid: u32,
    /// `conrelid`.
    pub table_oid: u32,
    /// Name, unquoted.
    pub name: String,
    /// `contype`.
    pub kind: ConstraintKind,
    /// Columns in the order of `conkey`.
    pub columns: Vec<String>,
    /// `conindid`: the index that enforces it; of a foreign key, the index on the referenced side.
    pub index_oid: Option<u32>,
    /// `confrelid`.
    pub referenced_table_oid: Option<u32>,
    /// Columns in the order of `confkey`.
    pub referenced_columns: Vec<String>,
    /// Of a foreign key: its own columns that the check of a change on the referenced side has to convert.
    #[serde(default)]
    pub cast_columns: Vec<String>,
    /// `convalidated`.
    pub validated: bool,
    /// `condeferrable`.
    pub deferrable: bool,
    /// `confdeltype`: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default.
    pub on_delete: Option<String>,
    /// `conparentid`: set on the copies that partitions inherit.
    pub parent_oid: Option<u32>,
    /// `pg_get_constraintdef`.
    pub definition: String,
}

/// A view, for binding names through it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// Names of its output columns in order.
    pub columns: Vec<String>,
    /// `pg_get_viewdef`.
    pub definition: String,
    /// `reloptions`, e.g. `security_barrier=true`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Extension that owns it.
    pub extension: Option<String>,
}

/// A column that takes its values from a sequence: identity, serial, or a bare `nextval` default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FedColumn {
    /// The table.
    pub table_oid: u32,
    /// The column.
    pub column: String,
}

/// A sequence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sequence {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// `smallint`, `integer` or `bigint`.
    pub type_name: String,
    /// `seqmin`.
    pub min_value: i64,
    /// `seqmax`.
    pub max_value: i64,
    /// `seqincrement`.
    pub increment: i64,
    /// `seqcycle`.
    pub cycle: bool,
    /// Last value handed out; `None`: never used, or not `readable`.
    pub last_value: Option<i64>,
    /// Whether the role may see the last value.
    pub readable: bool,
    /// The columns that it feeds.
    pub feeds: Vec<FedColumn>,
    /// Whether it belongs to a column (`OWNED BY`), and goes with it.
    #[serde(default)]
    pub owned: Option<bool>,
}

/// An installed extension.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Extension {
    /// e.g. `pg_trgm`.
    pub name: String,
    /// `extversion`.
    pub version: String,
    /// Schema it lives in.
    pub schema: String,
    /// `default_version` that the server could update to.
    pub available: Option<String>,
}

/// A `CREATE STATISTICS` object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExtendedStatistics {
    /// `pg_statistic_ext.oid`.
    pub oid: u32,
    /// The table.
    pub table_oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// Columns.
    pub columns: Vec<String>,
    /// `stxkind`: `d` ndistinct, `f` dependencies, `m` MCV, `e` expressions.
    pub kinds: Vec<String>,
    /// `pg_get_statisticsobjdef`.
    pub definition: String,
    /// SQL of its expressions, in order (14 and later).
    #[serde(default)]
    pub expressions: Vec<String>,
    /// `stxstattarget`; `None`: the default.
    #[serde(default)]
    pub target: Option<i32>,
    /// What was gathered, one for each kind of inheritance; empty: nothing yet, or hidden.
    #[serde(default)]
    pub data: Vec<ExtendedData>,
}
