//! The statements of a log as entries, for a workload that no counters tell.

use std::collections::BTreeSet;

use super::{Trace, Traced};
use crate::snapshot::{Snapshot, Statement, StatementsState};
use crate::workload::Workload;

/// Adds what the log holds and the counters do not. Where there are no counters at all, the log's stand for them, and
/// their window is the time that the log covers.
pub fn add(trace: &Trace, workload: &Workload, snapshot: &mut Snapshot) {
    let queries = workload.queries.iter().map(|query| query.fingerprint.as_str());
    let known: BTreeSet<&str> = queries.chain(workload.unparsed.iter().map(|one| one.fingerprint.as_str())).collect();
    let statements = &mut snapshot.statements;
    let counted = statements.state == StatementsState::Read;
    let missing = trace.statements.iter().filter(|(fingerprint, _)| !known.contains(fingerprint.as_str()));
    statements.entries.extend(missing.map(|(_, traced)| entry(traced)));
    statements.entries.sort_by(|one, two| two.total_exec_time.total_cmp(&one.total_exec_time));
    if !counted && !trace.statements.is_empty() {
        statements.state = StatementsState::Read;
        statements.stats_reset = trace.seconds.map(|seconds| snapshot.taken_at - seconds);
    }
}

/// Executions without a duration took a time that nobody knows: it is left out, not guessed. So are rows and blocks.
fn entry(traced: &Traced) -> Statement {
    let mean = if traced.timed > 0 { traced.total_ms / traced.timed as f64 } else { 0.0 };
    Statement {
        from_log: true,
        toplevel: true,
        text: Some(traced.text.clone()),
        calls: traced.calls,
        total_exec_time: traced.total_ms,
        min_exec_time: traced.min_ms,
        max_exec_time: traced.max_ms,
        mean_exec_time: mean,
        stddev_exec_time: traced.stddev_ms,
        ..Statement::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_stands_for_counters_that_there_are_none_of_and_adds_to_those_there_are() {
        let traced = Traced {
            text: "SELECT 1 FROM t".to_owned(),
            calls: 4,
            timed: 2,
            total_ms: 6.0,
            max_ms: 4.0,
            ..Traced::default()
        };
        let trace = Trace { statements: [("f".to_owned(), traced)].into(), seconds: Some(60.0), ..Trace::default() };
        let mut snapshot = Snapshot { taken_at: 1_000.0, ..Snapshot::default() };
        add(&trace, &Workload::default(), &mut snapshot);
        let [entry] = &snapshot.statements.entries[..] else { panic!("{:?}", snapshot.statements) };
        assert_eq!((entry.calls, entry.total_exec_time, entry.mean_exec_time), (4, 6.0, 3.0));
        assert!(entry.from_log, "its rows are unknown, not none");
        assert_eq!(snapshot.statements.stats_reset, Some(940.0));
        assert_eq!(snapshot.statements.state, StatementsState::Read);

        let mut counted = Snapshot::default();
        counted.statements.state = StatementsState::Read;
        counted.statements.stats_reset = Some(5.0);
        add(&trace, &Workload::default(), &mut counted);
        assert_eq!((counted.statements.entries.len(), counted.statements.stats_reset), (1, Some(5.0)));
    }
}
