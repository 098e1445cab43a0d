//! What SQL over facts cannot say well. Each analysis adds a fact table.

mod function_loop;
mod gamma;
mod get_or_create;
mod latency;
mod n_plus_one;
mod orm;
pub mod requests;
pub mod slowness;
pub mod trace;
pub mod window;

use n_plus_one::Watched;
use requests::Requests;
pub use slowness::{Cause, CauseKind};
use trace::Trace;
use window::Window;

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
    /// 0 to 1; from a single snapshot never above 0.5. Below one half it is as likely no loop.
    pub confidence: f64,
    /// `snapshot`, `window`, `log`, `window and log`, `tags`; `function` for a loop in the source of a function.
    pub level: String,
    /// Key of the child, e.g. `price_id`.
    pub key_columns: Vec<String>,
    /// Executions for each request, where more than counters was seen.
    pub calls_per_request: Option<f64>,
    /// Where it comes from by tags of a log, the most frequent first: routes, jobs, controllers with their actions.
    pub routes: Vec<String>,
    /// `file:line` by tags of a log.
    pub places: Vec<String>,
    /// `application_name`s of a log.
    pub applications: Vec<String>,
    /// The function whose loop it is, `schema.name`.
    pub function: Option<String>,
}

/// Percentiles of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latency {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// 95th percentile, ms: measured where a log tells, else estimated; `None` where that is refused.
    pub p95_ms: Option<f64>,
    /// 99th percentile, ms; only measured.
    pub p99_ms: Option<f64>,
    /// The percentiles are those of a log's durations.
    pub measured: bool,
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
    /// What makes statements slow.
    pub causes: Vec<Cause>,
    /// What a log was read, if any.
    pub log: Option<LogRead>,
    /// The requests of a log, where it says what one is.
    pub requests: Option<Requests>,
}

/// What was read of a log, for rules that rest on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogRead {
    /// Plans of `auto_explain`.
    pub plans: u64,
    /// Only slow executions, or a sample of them, are in it.
    pub partial: bool,
}

impl Analyses {
    /// Runs every analysis. Pure: the same snapshot gives the same value.
    pub fn run(snapshot: &Snapshot, workload: &Workload, trace: Option<&Trace>) -> Self {
        let window = Window::of(snapshot.samples.as_ref(), workload);
        let watched = Watched { window: window.as_ref(), trace };
        let mut n_plus_one = n_plus_one::find(snapshot, workload, watched);
        get_or_create::name(&mut n_plus_one, workload);
        n_plus_one.extend(function_loop::find(snapshot, workload));
        n_plus_one.sort_by(|one, two| two.confidence.total_cmp(&one.confidence).then(one.child.cmp(&two.child)));
        let latency = latency::percentiles(workload, trace);
        let causes = slowness::find(snapshot, workload, &latency, trace);
        let log = trace.map(|trace| LogRead { plans: trace.evidence.plans, partial: trace.partial });
        let requests = trace.and_then(|trace| trace.requests.clone());
        Self { n_plus_one, latency, orm: orm::recognise(workload), causes, log, requests }
    }
}
