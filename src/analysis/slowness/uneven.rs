//! Run times that vary far more than the statement's work should.

use super::{Cause, CauseKind, Seen, Slow};
use crate::units::{Count, Ms};

/// Deviation over the mean, without the slowest execution, above which times are very uneven; ordinary statements
/// stay below.
const UNEVEN: f64 = 1.0;
/// Even the slowest execution is quick, ms.
const QUICK_MS: f64 = 10.0;

/// Which of its reasons it is, no counter tells: it is named last.
pub(super) fn cause(slow: &Slow) -> Option<Cause> {
    let counters = slow.counters;
    let cv = slow.latency?.cv.filter(|cv| *cv > UNEVEN)?;
    let words = format!(
        "run times are very uneven, from {} to {} with {} on average over {} calls: by parameter, by plan, or by waiting",
        Ms(counters.min_ms),
        Ms(counters.max_ms),
        Ms(counters.mean_ms()),
        Count(counters.calls as f64)
    );
    let found = counters.min_max_whole && counters.max_ms >= QUICK_MS;
    found.then(|| slow.cause(CauseKind::Uneven, None, (cv, "deviation over mean"), Seen::Counters, words))
}
