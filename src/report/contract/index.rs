//! An index to create or to drop, and what that changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ident::QualifiedName;

/// To create or to drop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// CREATE INDEX.
    #[default]
    Create,
    /// DROP INDEX.
    Drop,
}

/// An index to create or drop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexAction {
    /// Create or drop.
    pub action: Action,
    /// Name of the index, unquoted.
    pub name: String,
    /// Schema of table and index, unquoted.
    pub schema: String,
    /// Table, unquoted.
    pub table: String,
    /// `btree`, `gin`, …
    pub method: String,
    /// Keys.
    pub columns: Vec<IndexColumn>,
    /// INCLUDE.
    pub include: Vec<String>,
    /// WHERE.
    pub predicate: Option<String>,
    /// UNIQUE.
    pub unique: bool,
    /// Statement that does it, CONCURRENTLY; of a partitioned table, the recipe is in `partitions`.
    pub ddl: String,
    /// Statement that takes it back.
    pub undo: String,
    /// The table is partitioned: its leaves at the time of the snapshot.
    pub partitions: Vec<PartitionRef>,
    /// Whether the table is partitioned.
    pub partitioned: bool,
    /// Extension that must be created first.
    pub needs_extension: Option<String>,
    /// Fingerprints of the findings that it answers.
    pub findings: Vec<String>,
    /// Estimated size (create) or size now (drop).
    pub size_bytes: Option<u64>,
    /// Bytes of index per byte of row written.
    pub write_overhead: Option<f64>,
    /// Rows of the table.
    pub table_rows: Option<f64>,
    /// Bytes of the table's heap.
    pub table_bytes: Option<u64>,
    /// Time that writes would take longer, ms of the source's window.
    #[serde(default)]
    pub added_write_ms: Option<f64>,
    /// Existing indexes that it makes superfluous, `schema.name`.
    #[serde(default)]
    pub replaces: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
    /// What to know when building it.
    #[serde(default)]
    pub build: Vec<String>,
    /// What it changes, for a create.
    pub what_if: Option<WhatIfInfo>,
    /// What was measured with it on a clone (`--prove`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// An index, built on a clone: the statements on its table before and after. Times and blocks of one execution each, the
/// least of several, added up over the statements that it should help.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Execution time without it, ms.
    pub before_ms: f64,
    /// With it, ms.
    pub after_ms: f64,
    /// Blocks read or found in memory without it.
    pub blocks_before: u64,
    /// With it.
    pub blocks_after: u64,
    /// Statement by statement.
    pub statements: Vec<ProofStatement>,
}

/// A statement, timed on a clone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProofStatement {
    /// The statement's fingerprint.
    pub statement: String,
    /// Whether the index was advised for it.
    pub helped: bool,
    /// Execution time without the index, ms.
    pub before_ms: f64,
    /// With it, ms.
    pub after_ms: f64,
    /// Blocks read or found in memory without it.
    pub blocks_before: u64,
    /// With it.
    pub blocks_after: u64,
}

/// A partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartitionRef {
    /// Schema, unquoted.
    pub schema: String,
    /// Table, unquoted.
    pub table: String,
    /// Partitioned tables between the partitioned table and this leaf, outer ones first; empty with one level.
    #[serde(default)]
    pub through: Vec<QualifiedName>,
}

/// A key of an index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexColumn {
    /// Column, unquoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SQL of an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// `asc` or `desc`, with ` nulls first` or ` nulls last` where not the default.
    pub order: String,
    /// Where not the default.
    pub opclass: Option<String>,
}

/// What an index would change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhatIfInfo {
    /// `lab`, `hypopg` or `model`.
    pub basis: String,
    /// Why that is weaker than it sounds: a lab that does not plan as the server does.
    #[serde(default)]
    pub doubt: Option<String>,
    /// Cost of its statements without it, weighted by calls.
    pub cost_before: f64,
    /// With it.
    pub cost_after: f64,
    /// Time that it would save, ms of the source's window.
    pub saved_ms: f64,
    /// One by one, by falling gain.
    pub statements: Vec<StatementGain>,
}

/// What an index would change for one statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementGain {
    /// The statement's fingerprint.
    pub statement: String,
    /// Its calls.
    pub calls: u64,
    /// Cost without.
    pub before: f64,
    /// Cost with.
    pub after: f64,
    /// Plan without, its nodes on one line; `None` where the model answered.
    #[serde(default)]
    pub plan_before: Option<String>,
    /// Plan with.
    #[serde(default)]
    pub plan_after: Option<String>,
    /// On which parameter the gain depends, where it does.
    #[serde(default)]
    pub depends_on: Option<String>,
}
