//! The form of a file of cases.

use serde::Deserialize;

/// A schema with data, statements, and the indexes that they deserve.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// `core`, `ideal`, `drop`, `gap…`, `peer`, …
    pub tier: String,
    /// Schema and data.
    pub setup_sql: String,
    /// Statements, with `$n` where a value is not known.
    pub queries: Vec<String>,
    /// What is expected.
    pub expect: Expect,
    /// Counters to judge by in place of the measured ones.
    pub stats: Option<Stats>,
    /// A log in place of statements.
    pub input: Option<serde_json::Value>,
}

/// What a case expects; the parts that are there all hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expect {
    /// Exactly these.
    pub indexes: Vec<Wanted>,
    /// Or exactly one of these sets.
    pub alternatives: Vec<Vec<Wanted>>,
    /// Or at least one of these.
    pub contains_any: Vec<Wanted>,
    /// No index at all.
    pub none: bool,
    /// Exactly these are dropped.
    pub drop: Option<Vec<Dropped>>,
    /// These are not dropped.
    pub keep: Vec<String>,
    /// A statement that another tool stops at: it costs neither the run nor a wrong index.
    pub error: Option<String>,
    /// The rule of a finding that must be there, with `_` or `-`.
    pub finding: Option<String>,
    /// Something that the report must say about a table without statistics.
    pub warning: Option<String>,
    /// `CREATE STATISTICS` that would help beside the index; said, but not decisive: the catalog does not show it.
    pub statistics: Vec<String>,
}

/// An index to create.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// `schema.table`, unquoted.
    pub table: String,
    /// Column, or expression in parentheses, with operator class and order.
    pub columns: Vec<String>,
    /// Access method.
    #[serde(default = "btree")]
    pub method: String,
    /// WHERE.
    pub predicate: Option<String>,
    /// INCLUDE.
    #[serde(default)]
    pub include: Vec<String>,
}

/// An index to drop.
#[derive(Debug, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub index: String,
}

/// Counters of a statement.
#[derive(Debug, Deserialize)]
pub struct Stats {
    /// Executions.
    pub calls: Option<u64>,
    /// Mean time, ms.
    pub mean_exec_time_ms: Option<f64>,
    /// Rows of all executions.
    pub rows: Option<u64>,
    /// Rows written to the statement's tables between two executions.
    pub table_writes_per_call: Option<u64>,
}

fn btree() -> String {
    "btree".to_owned()
}
