//! Triggers, and collations that are not what they were: what of a schema works behind the statements.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A trigger that users made, or one behind a constraint that is switched off (`pg_trigger`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// The table.
    pub table_oid: u32,
    /// Name, unquoted.
    pub name: String,
    /// `tgisinternal`: made for a constraint.
    pub internal: bool,
    /// FOR EACH ROW.
    pub row_level: bool,
    /// `before`, `after` or `instead of`.
    pub timing: String,
    /// `insert`, `update`, `delete`, `truncate`.
    pub events: Vec<String>,
    /// `tgenabled`: `O` as usual, `D` off, `R` on a replica only, `A` always.
    pub enabled: String,
    /// It has a WHEN.
    pub has_condition: bool,
    /// Name of its function.
    pub function: String,
    /// Language of that function.
    pub language: String,
    /// Name of the constraint that it is for.
    pub constraint: Option<String>,
    /// `contype` of that constraint.
    pub constraint_type: Option<String>,
}

/// A collation whose library now has another version than the server noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CollationDrift {
    /// Schema-qualified, quoted.
    pub name: String,
    /// It is the database's own.
    pub is_default: bool,
    /// `collversion`, or `datcollversion`.
    pub recorded_version: String,
    /// `pg_collation_actual_version`.
    pub actual_version: String,
    /// Indexes of users that are in its order.
    pub indexes: Vec<u32>,
}
