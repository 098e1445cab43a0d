//! What lets a rebuilt planner be checked, and what it would read from the ends of an index.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the server's own planner said of a statement when the snapshot was taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferencePlan {
    /// `pg_stat_statements.queryid`.
    pub queryid: Option<i64>,
    /// Role that ran the statement.
    pub user: Option<String>,
    /// Planned with the settings that this role has of its own; otherwise, in a snapshot of an earlier pgassay, with
    /// those of the role that took it.
    #[serde(default)]
    pub as_user: bool,
    /// Total cost of the generic plan, as EXPLAIN prints it.
    pub cost: f64,
    /// Nodes of the plan on one line, without figures: what it does.
    pub shape: String,
}

/// Least and greatest value of a column that leads a B-tree: where a constant lies near them the planner looks there
/// (`get_actual_variable_range`). Only in snapshots that were asked for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndPoint {
    /// The table.
    pub table_oid: u32,
    /// The column, unquoted.
    pub column: String,
    /// Its least value that is not NULL, as text.
    pub least: String,
    /// Its greatest.
    pub greatest: String,
}
