//! A statement as the report tells of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementInfo {
    /// Own fingerprint.
    pub statement: String,
    /// The server's.
    pub queryid: Option<i64>,
    /// Normalised text.
    pub text: String,
    /// Executions.
    pub calls: u64,
    /// Time executing, ms.
    pub total_ms: f64,
    /// Mean, ms.
    pub mean_ms: f64,
    /// Estimated 95th percentile, ms.
    pub p95_ms: Option<f64>,
    /// Rows in all.
    pub rows: u64,
    /// Share of all statement time.
    pub share: f64,
    /// Framework it looks like.
    pub orm: Option<String>,
    /// Tables, qualified.
    pub tables: Vec<String>,
    /// Fingerprints of its findings.
    pub findings: Vec<String>,
}
