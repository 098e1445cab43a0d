//! `--log`: what a log adds to a snapshot.

use std::path::PathBuf;

use miette::Report as Failure;

use crate::analysis::trace::{Observer, Ran, Trace, entries, limits};
use crate::server::APPLICATION_NAME;
use crate::snapshot::{Snapshot, StatementsState};
use crate::source::log::{self, Event, Execution, LogError, Tally};
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

/// Reads the files, and adds to the snapshot what they tell and what they cannot show.
pub fn read(paths: &[PathBuf], snapshot: &mut Snapshot, progress: &Progress) -> Result<Log, Failure> {
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
    progress.note(&summary(&tally));
    Ok(Log { trace, alone })
}

fn watched(
    paths: &[PathBuf],
    snapshot: &Snapshot,
    workload: &Workload,
    progress: &Progress,
) -> Result<(Tally, Trace), LogError> {
    let settings = log::Settings { log_line_prefix: snapshot.setting("log_line_prefix").map(str::to_owned) };
    let database = &snapshot.server.database;
    let read = on_a_deep_stack(|| {
        let mut observer = Observer::of(snapshot, workload);
        let mut sink = |event: &Event| {
            if let Event::Execution(execution) = event
                && let Some(ran) = ran(execution, database)
            {
                observer.observe(&ran);
            }
        };
        let tally = log::read(paths, &settings, &mut |done, of| progress.reading(done, of), &mut sink)?;
        Ok((tally, observer.finish()))
    });
    progress.has_no_end();
    read
}

/// An execution of the audited database, and not our own.
fn ran<'a>(execution: &Execution<'a>, database: &str) -> Option<Ran<'a>> {
    let ours = execution.application == Some(APPLICATION_NAME);
    let elsewhere = execution.database.is_some_and(|name| name != database);
    Ran::of(execution).filter(|_| !ours && !elsewhere)
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
