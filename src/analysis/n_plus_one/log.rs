//! What a log says of a body: how much of it runs in loops, and whether its executions come together.

use super::weights::WEIGHTS;
use crate::analysis::trace::{Looped, Trace, Traced};
use crate::analysis::window::{FEW, slack};

/// Mean calls per window up to which the swing of the traffic can be told from loops.
const BUSY: f64 = 20.0;
/// Shorter logs have no rhythm, seconds.
const SHORT: f64 = 10.0;

/// A log's word.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Log-odds of a loop.
    pub odds: f64,
    /// The list that most loops run over.
    pub list: Option<String>,
    /// Executions for each time that the list is read.
    pub per_parent: Option<f64>,
    /// Executions in each loop; where it is one within another, in the outer one.
    pub per_loop: Option<f64>,
    /// Executions that come together.
    pub together: Option<f64>,
    /// Share of the executions in loops after a related list.
    pub after_list: f64,
}

/// What the whole log has in common.
#[derive(Debug, Clone, Copy)]
pub struct Common {
    swing: Option<f64>,
    whole_seconds: bool,
    /// Executions are missing: slow ones alone are in it, or a sample.
    partial: bool,
    sessions: bool,
}

impl Common {
    /// Of a log.
    pub fn of(trace: &Trace) -> Self {
        let long = trace.seconds.is_some_and(|seconds| seconds >= SHORT);
        let second = |traced: &Traced| traced.beats.iter().find(|beat| beat.window_s >= 1.0).copied();
        let beats = trace.statements.values().filter(|traced| traced.calls as f64 >= FEW).filter_map(second);
        let swings = beats.map(|beat| ((beat.dispersion - 1.0) / beat.mean).max(0.0)).collect();
        let swing = long.then(|| slack(swings));
        let Trace { whole_seconds, partial, sessions, .. } = *trace;
        Self { swing, whole_seconds, partial, sessions }
    }

    /// Whether each loop of that time must show: then there is none where none is seen.
    pub fn is_whole(self) -> bool {
        self.sessions && !self.partial
    }

    fn together(self, traced: &Traced) -> Option<f64> {
        let swing = self.swing.filter(|_| traced.calls as f64 >= FEW)?;
        let fits = traced.beats.iter().filter(|beat| beat.window_s <= 1.0 && beat.mean <= BUSY);
        fits.map(|beat| beat.dispersion - swing * beat.mean).reduce(f64::max)
    }
}

/// Whether a worker runs it, on what it has claimed.
pub fn is_worker(traced: &Traced) -> bool {
    let weights = &WEIGHTS.log;
    traced.calls >= weights.min_calls && traced.after_claim as f64 >= weights.worker * traced.calls as f64
}

/// Weighs one; `None` where it ran too seldom in the log.
pub fn weigh(traced: &Traced, common: Common) -> Option<Order> {
    let weights = &WEIGHTS.log;
    let listless = traced.looped.is_empty() && traced.bursts == 0;
    if traced.calls < weights.min_calls || listless && traced.calls < weights.min_run {
        return None;
    }
    let looped: u64 = traced.looped.values().map(|looped| looped.calls).sum();
    let after_list = looped as f64 / traced.calls as f64;
    let together = common.together(traced).filter(|_| !common.partial);
    let odds = if common.partial {
        // what stood between them is missing: requests in a row look like a run, and slow ones come together anyway
        weights.intercept + weights.marked * after_list.min(1.0)
    } else {
        let rhythm = together.map_or(weights.unknown, |together| weights.together * together.max(1.0).ln());
        weights.intercept + weights.marked * marked(traced, looped) + rhythm
    };
    let odds = odds + if common.whole_seconds { weights.whole_second } else { 0.0 };
    let most = traced.looped.iter().max_by(|(one, a), (two, b)| a.calls.cmp(&b.calls).then(two.cmp(one)));
    let per = |of: fn(&Looped) -> u64| most.map(|(_, looped)| looped.calls as f64 / of(looped).max(1) as f64);
    let (per_parent, per_loop) = (per(|looped| looped.reads), per(|looped| looped.loops));
    Some(Order { odds, list: most.map(|(list, _)| list.clone()), per_parent, per_loop, together, after_list })
}

/// Share of the executions that bear the marks of a loop.
fn marked(traced: &Traced, looped: u64) -> f64 {
    let alone = traced.headless as f64 * if looped == 0 { WEIGHTS.log.listless } else { 1.0 };
    ((alone.max(looped as f64) + traced.bursts as f64) / traced.calls.max(1) as f64).min(1.0)
}
