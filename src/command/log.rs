//! `--log`: what a log adds to a snapshot.

use std::path::PathBuf;

use miette::Report as Failure;

use crate::analysis::requests::Turns;
use crate::analysis::slowness::Witness;
use crate::analysis::trace::{Observer, Ran, Trace, entries, limits};
use crate::server::APPLICATION_NAME;
use crate::snapshot::{Snapshot, StatementsState};
pub use crate::source::log::LogError;
use crate::source::log::{self, Event, Execution, Tally};
use crate::units::{Bytes, Count};
use crate::workload::{Workload, on_a_deep_stack};

use super::progress::Progress;

/// A log that was read.
pub struct Log {
    /// What it told.
    pub trace: Trace,
    /// The statements are the log's own: no counters were read.
    pub alone: bool,
}

/// Reads the files, and adds to the snapshot what they tell and what they cannot show; says how much that was.
pub fn read(paths: &[PathBuf], snapshot: &mut Snapshot, progress: &Progress) -> Result<Log, Failure> {
    let (log, tally) = taken(paths, snapshot, progress)?;
    progress.note(&summary(&tally));
    Ok(log)
}

/// The same without a word.
pub fn taken(paths: &[PathBuf], snapshot: &mut Snapshot, progress: &Progress) -> Result<(Log, Tally), LogError> {
    let workload = Workload::build(snapshot);
    let (tally, mut trace) = watched(paths, snapshot, &workload, progress)?;
    trace.partial = limits::is_partial(&tally, snapshot);
    // a log of another database, or without statements, answers nothing
    let alone = snapshot.statements.state != StatementsState::Read && !trace.statements.is_empty();
    entries::add(&trace, &workload, snapshot);
    if alone {
        // the log answers what the counters could not
        snapshot.gaps.retain(|gap| gap.what != "statements");
    }
    snapshot.gaps.extend(limits::limits(&tally, &trace, snapshot));
    Ok((Log { trace, alone }, tally))
}

fn watched(
    paths: &[PathBuf],
    snapshot: &Snapshot,
    workload: &Workload,
    progress: &Progress,
) -> Result<(Tally, Trace), LogError> {
    let setting = |name| snapshot.setting(name).map(str::to_owned);
    let settings = log::Settings { log_line_prefix: setting("log_line_prefix"), log_timezone: setting("log_timezone") };
    let database = &snapshot.server.database;
    let read = on_a_deep_stack(|| {
        let (mut observer, mut witness) = (Observer::of(snapshot, workload), Witness::of(snapshot, workload));
        let mut turns = Turns::of(snapshot);
        let mut sink = |event: &Event| match event {
            Event::Execution(execution) => {
                if let Some(ran) = ran(execution, database) {
                    observer.observe(&ran);
                }
                if counts(execution, database) {
                    turns.observe(execution);
                }
            }
            other => witness.observe(other),
        };
        let tally = log::read(paths, &settings, &mut |done, of| progress.reading(done, of), &mut sink)?;
        Ok((tally, Trace { evidence: witness.finish(), requests: turns.finish(), ..observer.finish() }))
    });
    progress.has_no_end();
    read
}

/// An execution of the audited database, and not our own.
fn ran<'a>(execution: &Execution<'a>, database: &str) -> Option<Ran<'a>> {
    Ran::of(execution).filter(|_| counts(execution, database))
}

fn counts(execution: &Execution<'_>, database: &str) -> bool {
    let own = execution.application == Some(APPLICATION_NAME);
    !own && execution.database.is_none_or(|name| name == database)
}

fn summary(tally: &Tally) -> String {
    let forms: std::collections::BTreeSet<&str> = tally.sources.iter().map(|source| source.form).collect();
    let forms: Vec<&str> = forms.into_iter().collect();
    format!(
        "read {} of log ({}): {} lines, {} executions",
        Bytes(tally.bytes),
        forms.join(", "),
        Count(tally.lines as f64),
        Count(tally.executions as f64)
    )
}
