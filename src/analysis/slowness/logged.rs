//! Parts that a log tells.

use super::evidence::{Told, Waits};
use super::planned::{Runs, Slowest};
use super::shape::short;
use super::{Cause, CauseKind, Seen, Slow};
use crate::units::{Bytes, Count, Ms, Ratio};

/// Time of all waits of a statement that somebody notices, ms.
const WAITED_MS: f64 = 100.0;
/// Share of the time of a run from which one node is what takes it.
const MOST_OF_IT: f64 = 0.5;
/// Time of a run below which nobody asks what takes it, ms.
const SLOW_RUN_MS: f64 = 10.0;
/// Rows thrown away, and how many for each that is kept.
const MANY_REMOVED: f64 = 1_000.0;
const REMOVED_A_ROW: f64 = 10.0;
/// Temporary files, bytes: a megabyte.
const MUCH_SPILLED: u64 = 1 << 20;
/// How many times longer one plan takes than another, and by how much, ms, from which the difference matters.
const TIMES_LONGER: f64 = 3.0;
const LONGER_MS: f64 = 10.0;
/// Share of a run that compiling is.
const COMPILING: f64 = 0.2;

/// What held it up counts however seldom it runs; what its plans say only where it `matters`.
pub(super) fn causes(slow: &Slow, told: &Told, matters: bool) -> Vec<Cause> {
    let mut found: Vec<Cause> =
        [waits(slow, &told.waits), cancelled(slow, told), flips(slow, told)].into_iter().flatten().collect();
    if !matters {
        return found;
    }
    if let Some(slowest) = told.plans.slowest.as_ref().filter(|slowest| slowest.ms >= SLOW_RUN_MS) {
        // a node that waits for a lock takes its time, and is not what is slow
        let waits = found.iter().any(|cause| cause.kind == CauseKind::LockWaits);
        found.extend(heaviest(slow, slowest).filter(|_| !waits));
        found.extend([removed(slow, slowest), misestimate(slow, slowest)].into_iter().flatten());
        found.extend([spilled_by(slow, slowest), compiled(slow, slowest)].into_iter().flatten());
    }
    found.extend(files(slow, told));
    found
}

fn waits(slow: &Slow, waits: &Waits) -> Option<Cause> {
    // the counters' time is of another period; that of the log is the log's
    let logged = slow.traced.filter(|traced| traced.timed == traced.calls && traced.total_ms > 0.0);
    let share = logged.map(|traced| (waits.total_ms / traced.total_ms).min(1.0));
    let of = share.map_or(String::new(), |share| format!(", {} of its time there", Ratio(share)));
    let mut objects: Vec<(&String, &u64)> = waits.objects.iter().collect();
    objects.sort_by(|one, two| two.1.cmp(one.1).then(one.0.cmp(two.0)));
    let objects: Vec<&str> = objects.iter().take(3).map(|(name, _)| name.as_str()).collect();
    let no_end = match waits.without_end {
        0 => String::new(),
        some => format!("; the end of {} is not in the log, their time is longer", Count(some as f64)),
    };
    let words = format!(
        "waited {} for {} in the log, {} in all and {} at most{of}{no_end}",
        times(waits.count),
        objects.join(", "),
        Ms(waits.total_ms),
        Ms(waits.longest_ms)
    );
    let figure = (waits.total_ms, "ms in the log");
    (waits.total_ms >= WAITED_MS).then(|| slow.cause(CauseKind::LockWaits, share, figure, Seen::Log, words))
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", Count(count as f64)) }
}

/// The counters know nothing of these runs: they count what ends.
fn cancelled(slow: &Slow, told: &Told) -> Option<Cause> {
    let count: u64 = told.cancelled.values().sum();
    let reasons: Vec<&str> = told.cancelled.keys().map(String::as_str).collect();
    let words =
        format!("was stopped {} in the log ({}): such runs are in no counter", times(count), reasons.join(", "));
    (count > 0).then(|| slow.cause(CauseKind::Cancelled, None, (count as f64, "runs in the log"), Seen::Log, words))
}

/// Shapes that take turns; one that changed once is a plan of before and one of now.
fn flips(slow: &Slow, told: &Told) -> Option<Cause> {
    let plans = &told.plans;
    let quick = plans.shapes.iter().min_by(|one, two| one.mean_ms().total_cmp(&two.mean_ms()))?;
    let long = plans.shapes.iter().max_by(|one, two| one.mean_ms().total_cmp(&two.mean_ms()))?;
    let (less, more) = (quick.mean_ms(), long.mean_ms());
    let matters = more >= less * TIMES_LONGER && more - less >= LONGER_MS;
    let told =
        |runs: &Runs| format!("{} in {}, {} each", short(&runs.shape), plural(runs.count, "run"), Ms(runs.mean_ms()));
    let how = if plans.changes > 1 {
        format!("runs by {} plans that take turns", Count(plans.shapes.len() as f64))
    } else {
        "changed its plan once in the log".to_owned()
    };
    let words = format!("{how}: {}; and {}", told(quick), told(long));
    let figure = (plans.changes as f64, "changes of plan in the log");
    (plans.changes > 0 && matters).then(|| slow.cause(CauseKind::PlanFlip, None, figure, Seen::Plan, words))
}

fn plural(count: u64, word: &str) -> String {
    format!("{} {word}{}", Count(count as f64), if count == 1 { "" } else { "s" })
}

fn heaviest(slow: &Slow, slowest: &Slowest) -> Option<Cause> {
    let (label, share) = slowest.heaviest.as_ref()?;
    let words = format!("{label} takes {} of its slowest planned run of {}", Ratio(*share), Ms(slowest.ms));
    let figure = (share * slowest.ms, "ms of a run");
    (*share >= MOST_OF_IT).then(|| slow.cause(CauseKind::SlowNode, Some(*share), figure, Seen::Plan, words))
}

fn removed(slow: &Slow, slowest: &Slowest) -> Option<Cause> {
    let (label, removed, kept) = slowest.removed.as_ref()?;
    let words = format!(
        "{label} reads {} rows and throws {} of them away by its condition",
        Count((removed + kept).round()),
        Count(removed.round())
    );
    let found = *removed >= MANY_REMOVED && *removed >= kept * REMOVED_A_ROW;
    found.then(|| slow.cause(CauseKind::RowsRemoved, None, (*removed, "rows of a run"), Seen::Plan, words))
}

fn misestimate(slow: &Slow, slowest: &Slowest) -> Option<Cause> {
    let (label, expected, seen) = slowest.misestimate.as_ref()?;
    let (many, few) = (expected.max(*seen), expected.min(*seen).max(1.0));
    let words = format!("of {label} the planner expected {} and got {}", rows(*expected), Count(seen.round()));
    Some(slow.cause(CauseKind::Misestimate, None, (many / few, "times off"), Seen::Plan, words))
}

fn rows(count: f64) -> String {
    format!("{} {}", Count(count.round()), if (0.5..1.5).contains(&count) { "row" } else { "rows" })
}

fn spilled_by(slow: &Slow, slowest: &Slowest) -> Option<Cause> {
    let (label, kb) = slowest.spilled.as_ref()?;
    let bytes = (kb * 1024.0) as u64;
    let words = format!("{label} writes {} of temporary files in its slowest planned run", Bytes(bytes));
    let figure = (bytes as f64, "bytes of a run");
    (bytes >= MUCH_SPILLED).then(|| slow.cause(CauseKind::Spill, None, figure, Seen::Plan, words))
}

/// Before 15 no counter tells it.
fn compiled(slow: &Slow, slowest: &Slowest) -> Option<Cause> {
    let ms = slowest.jit_ms?;
    let share = (ms / slowest.ms).min(1.0);
    let words = format!("compiling (JIT) takes {} of its slowest planned run of {}", Ms(ms), Ms(slowest.ms));
    (share >= COMPILING).then(|| slow.cause(CauseKind::Jit, Some(share), (ms, "ms of a run"), Seen::Plan, words))
}

fn files(slow: &Slow, told: &Told) -> Option<Cause> {
    let words = format!("wrote {} in the log, {} in all", plural(told.files, "temporary file"), Bytes(told.file_bytes));
    let figure = (told.file_bytes as f64, "bytes in the log");
    (told.file_bytes >= MUCH_SPILLED).then(|| slow.cause(CauseKind::Spill, None, figure, Seen::Log, words))
}
