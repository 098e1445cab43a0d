//! How the counters of statements moved while they were watched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The counters of `pg_stat_statements`, read again and again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Samples {
    /// When the first reading was taken, seconds since the epoch, from the server's clock.
    pub began_at: f64,
    /// What happened from each reading to the next, in order.
    pub intervals: Vec<Interval>,
    /// Time that the server spent on the readings, ms, where it could be told.
    #[serde(default)]
    pub own_ms: Option<f64>,
    /// How the watching ended, where it was shorter than asked for: `interrupted`, `reset`, ….
    #[serde(default)]
    pub cut_short: Option<String>,
}

/// From one reading to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its length, by the server's clock.
    pub seconds: f64,
    /// Statements that ran, by `queryid`; entries of several roles added up.
    pub changes: Vec<Change>,
}

/// What one statement did in an interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The server's id.
    pub queryid: i64,
    /// Executions.
    pub calls: u64,
    /// Rows returned or written.
    pub rows: u64,
    /// Time executing, ms.
    pub total_exec_time: f64,
}

impl Samples {
    /// Time watched, seconds.
    pub fn seconds(&self) -> f64 {
        self.intervals.iter().map(|interval| interval.seconds).sum()
    }
}
