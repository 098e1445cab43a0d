//! What SQL over facts cannot say well. Each analysis adds a fact table.

mod gamma;
mod latency;
mod n_plus_one;
mod orm;

use crate::snapshot::Snapshot;
use crate::workload::Workload;

/// One statement that looks like the child of an N+1 loop.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NPlusOne {
    /// Index into `Workload::queries` of the repeated statement.
    pub child: usize,
    /// Index of the statement whose rows it is repeated for, where one fits.
    pub parent: Option<usize>,
    /// `lazy-many-to-one`, `lazy-one-to-many`, `count-per-row`, `exists-per-row`, `insert-loop`, `update-loop`, …
    pub pattern: String,
    /// Child calls per parent call.
    pub calls_per_parent: Option<f64>,
    /// 0 to 1; from a single snapshot never above 0.5.
    pub confidence: f64,
    /// `snapshot`, later `window`, `log`, `tags`.
    pub level: String,
    /// Key of the child, e.g. `price_id`.
    pub key_columns: Vec<String>,
}

/// Percentiles of a statement, estimated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latency {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Estimated 95th percentile, ms; `None` where it is refused.
    pub p95_ms: Option<f64>,
    /// Coefficient of variation without the slowest execution.
    pub cv: Option<f64>,
    /// Why there is no estimate: too few calls, too uneven, min and max of another period.
    pub refused: Option<String>,
}

/// The framework whose SQL this looks like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Orm {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// `django`, `sqlalchemy`, `rails`, `typeorm`, …: a file of `rules/orm/`.
    pub name: String,
    /// 0 to 1.
    pub certainty: f64,
}

/// What all analyses found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Analyses {
    /// By falling confidence, then statement.
    pub n_plus_one: Vec<NPlusOne>,
    /// One for each query.
    pub latency: Vec<Latency>,
    /// One for each query that is recognised.
    pub orm: Vec<Orm>,
}

impl Analyses {
    /// Runs every analysis. Pure: the same snapshot gives the same value.
    pub fn run(snapshot: &Snapshot, workload: &Workload) -> Self {
        Self {
            n_plus_one: n_plus_one::suspect(snapshot, workload),
            latency: latency::estimate(workload),
            orm: orm::recognise(workload),
        }
    }
}
