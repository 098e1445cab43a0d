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
    /// Rows in all; `null` where only a log tells of it.
    pub rows: Option<u64>,
    /// Share of all statement time.
    pub share: f64,
    /// Framework it looks like.
    pub orm: Option<String>,
    /// WAL that it wrote, bytes.
    #[serde(default)]
    pub wal_bytes: u64,
    /// What makes it slow, the largest share of its time first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<CauseInfo>,
    /// What indexes do for it; `None` where nobody judged that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<StatementIndex>,
    /// Tables, qualified.
    pub tables: Vec<String>,
    /// Fingerprints of its findings.
    pub findings: Vec<String>,
}

/// A part of what makes a statement slow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseInfo {
    /// `planning`, `reads`, `spill`, `lock-waits`, `plan-flip`, ….
    pub cause: String,
    /// Share of the statement's time, 0 to 1; `None` where the part is no time, or was not timed.
    pub share: Option<f64>,
    /// The figure that speaks for it.
    pub amount: f64,
    /// Its unit.
    pub unit: String,
    /// Where it was seen: `counters`, `log`, `plan` (`auto_explain` in the log), `planner` (an estimate).
    pub seen: String,
    /// In words.
    pub words: String,
}

/// What indexes do for a statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementIndex {
    /// An index of [`super::Report::indexes`] helps.
    pub helped: bool,
    /// Its name, or the names of several.
    pub names: Vec<String>,
    /// Candidates that were asked about for the statement.
    pub tried: u64,
    /// Who answered: `lab`, `hypopg`, `model`; `None`: nobody had to be asked.
    pub basis: Option<String>,
    /// Planner's cost as the server is.
    pub cost_before: Option<f64>,
    /// With the indexes that help, else with the best that was tried.
    pub cost_after: Option<f64>,
    /// Why none helps.
    pub why: Option<String>,
}
