//! What makes a statement slow, part by part, with figures.
//!
//! Counters tell of reads, spills, planning, JIT, WAL and uneven times; a log of lock waits, temporary files and
//! cancelled runs; plans that `auto_explain` wrote of the node that takes the time, of rows thrown away, of estimates
//! that are far off, and of plans that change. A part is named only where it is large enough to matter for that
//! statement, and says where it was seen.

mod counted;
pub mod evidence;
mod logged;
mod plan;
mod plan_json;
mod plan_text;
mod planned;
mod shape;
mod uneven;
mod witness;

pub use evidence::Evidence;
pub use witness::Witness;

use super::Latency;
use super::trace::{Trace, Traced};
use crate::snapshot::Snapshot;
use crate::workload::{Counters, Kind, Query, Workload};

/// Fewer executions are somebody's look around.
const MIN_CALLS: u64 = 3;
/// Time of one execution, planning included, from which somebody waits for it, ms.
const WAITED_FOR_MS: f64 = 10.0;
/// Or share of the time of all statements from which it matters.
const MIN_SHARE: f64 = 0.01;

/// One part of what makes a statement slow.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Fingerprint of the statement.
    pub statement: String,
    /// Which part.
    pub kind: CauseKind,
    /// Share of the statement's time, 0 to 1, where the part is a time.
    pub share: Option<f64>,
    /// The figure that speaks for it.
    pub amount: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Where it was seen.
    pub seen: Seen,
    /// In words, without a full stop.
    pub words: String,
}

/// The parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CauseKind {
    /// It waited for locks.
    LockWaits,
    /// Planning it takes long.
    Planning,
    /// Compiling it (JIT) takes long.
    Jit,
    /// It reads much for each row that it returns.
    Reads,
    /// What it reads is not in shared buffers.
    CacheMisses,
    /// Sorts and hashes go through temporary files.
    Spill,
    /// It writes much WAL.
    Wal,
    /// One node of its plan takes most of the time.
    SlowNode,
    /// A node reads rows and throws them away.
    RowsRemoved,
    /// The planner expected a very different number of rows.
    Misestimate,
    /// It runs by different plans.
    PlanFlip,
    /// Its run times are very uneven.
    Uneven,
    /// The planner would run it otherwise for other values.
    PlanByValue,
    /// The server stopped it.
    Cancelled,
}

impl CauseKind {
    /// As the facts and the report name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LockWaits => "lock-waits",
            Self::Planning => "planning",
            Self::Jit => "jit",
            Self::Reads => "reads",
            Self::CacheMisses => "cache-misses",
            Self::Spill => "spill",
            Self::Wal => "wal",
            Self::SlowNode => "slow-node",
            Self::RowsRemoved => "rows-removed",
            Self::Misestimate => "misestimate",
            Self::PlanFlip => "plan-flip",
            Self::Uneven => "uneven",
            Self::PlanByValue => "plan-by-value",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where a part was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// `pg_stat_statements`.
    Counters,
    /// The server's log.
    Log,
    /// A plan that `auto_explain` wrote.
    Plan,
    /// The planner, asked without running anything: an estimate.
    Planner,
}

impl Seen {
    /// As the facts and the report name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::Log => "log",
            Self::Plan => "plan",
            Self::Planner => "planner",
        }
    }
}

/// A statement with all that is known of it.
struct Slow<'a> {
    fingerprint: &'a str,
    /// What it does with rows: `return`, `write`.
    verb: &'static str,
    counters: &'a Counters,
    latency: Option<&'a Latency>,
    traced: Option<&'a Traced>,
    snapshot: &'a Snapshot,
}

impl Slow<'_> {
    fn cause(
        &self,
        kind: CauseKind,
        share: Option<f64>,
        figure: (f64, &'static str),
        seen: Seen,
        words: String,
    ) -> Cause {
        let (statement, (amount, unit)) = (self.fingerprint.to_owned(), figure);
        Cause { statement, kind, share, amount, unit, seen, words }
    }

    /// A figure of all executions, for one.
    fn per_call(&self, figure: f64) -> f64 {
        figure / self.counters.calls.max(1) as f64
    }

    /// Whether somebody waits for it, or the server is busy with it.
    fn matters(&self, all_ms: f64) -> bool {
        let ms = self.counters.total_ms + self.counters.plan_ms;
        self.counters.calls >= MIN_CALLS && (self.per_call(ms) >= WAITED_FOR_MS || ms >= MIN_SHARE * all_ms)
    }
}

/// The causes of every statement that is worth it, in the workload's order; of each what takes the largest share first.
pub fn find(snapshot: &Snapshot, workload: &Workload, latency: &[Latency], trace: Option<&Trace>) -> Vec<Cause> {
    let all_ms = workload.total_ms();
    let parsed = workload.queries.iter().map(|query| (query.fingerprint.as_str(), verb(query), &query.counters));
    let parsed = parsed.zip(latency.iter().map(Some));
    let unparsed =
        workload.unparsed.iter().map(|one| ((one.fingerprint.as_str(), "return or write", &one.counters), None));
    let mut found = Vec::new();
    for ((fingerprint, verb, counters), latency) in parsed.chain(unparsed) {
        let traced = trace.and_then(|trace| trace.statements.get(fingerprint));
        let slow = Slow { fingerprint, verb, counters, latency, traced, snapshot };
        let told = trace.and_then(|trace| trace.evidence.statements.get(fingerprint));
        let matters = slow.matters(all_ms);
        let mut causes = told.map(|told| logged::causes(&slow, told, matters)).unwrap_or_default();
        if matters {
            causes.extend(counted::causes(&slow));
            causes.extend(uneven::cause(&slow));
        }
        found.extend(in_order(causes));
    }
    found
}

fn verb(query: &Query) -> &'static str {
    if query.kind == Kind::Select { "return" } else { "write" }
}

/// The largest share first, each part once: a later one of the same part says the same less exactly.
fn in_order(causes: Vec<Cause>) -> Vec<Cause> {
    let mut kept: Vec<Cause> = Vec::new();
    for cause in causes {
        if !kept.iter().any(|one| one.kind == cause.kind) {
            kept.push(cause);
        }
    }
    let share = |cause: &Cause| cause.share.unwrap_or(0.0);
    kept.sort_by(|one, two| share(two).total_cmp(&share(one)).then(one.kind.cmp(&two.kind)));
    kept
}

#[cfg(test)]
mod tests;
