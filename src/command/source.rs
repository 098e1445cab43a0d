//! Where an audit's facts come from: a server or a file, with `--window` or `--since` of a time, and with
//! `--stats-from` the numbers of another one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;

use crate::analysis::trace::Trace;
use crate::cli::SourceArgs;
use crate::config::WhatIf;
use crate::report::Skipped;
use crate::server::Session;
use crate::snapshot::{Snapshot, Statements, StatementsState, Values};
use crate::source::since::{self, Earlier};
use crate::source::{file, graft, live, replica};
use crate::workload::identify;

use super::interrupt::Interrupt;
use super::progress::Progress;
use super::wishes::Wishes;
use super::{connect, log, place, plans, window};

/// `advise FILE --window …`; the other commands' arguments exclude it.
#[derive(Debug, Error, Diagnostic)]
#[error("a file cannot be watched")]
#[diagnostic(
    code(source::window),
    help("--window takes a server; `pgassay snapshot URL --window 30s -o FILE` keeps a window")
)]
pub struct FileError;

/// What was read, and the server where there is one.
pub struct Source {
    /// All that later stages see.
    pub snapshot: Snapshot,
    /// The server.
    pub session: Option<Session>,
    /// `live`, `snapshot` or `log`.
    pub kind: &'static str,
    /// What could not be taken over.
    pub skipped: Vec<Skipped>,
    /// After a window: ends the program at Ctrl-C, until somebody else listens.
    pub interrupt: Option<Interrupt>,
    /// What a log told.
    pub trace: Option<Trace>,
    /// Fingerprints of the statements that were never measured at these sizes.
    pub unmeasured: BTreeSet<String>,
}

impl Source {
    /// A file with nothing beside it.
    fn of(snapshot: Snapshot) -> Self {
        let (skipped, unmeasured) = (Vec::new(), BTreeSet::new());
        Self { snapshot, session: None, kind: "snapshot", skipped, interrupt: None, trace: None, unmeasured }
    }
}

/// Reads what the arguments name.
pub async fn read(args: &SourceArgs, wishes: &Wishes, progress: &Progress) -> Result<Source, Failure> {
    let source = match &args.snapshot {
        Some(_) if args.window.window.is_some() => return Err(FileError.into()),
        Some(path) => {
            let source = of_file(path, args.schema_only)?;
            Source { snapshot: since(source.snapshot, &args.since)?, ..source }
        }
        None => of_server(args, wishes, progress).await?,
    };
    let source = with_replicas(source, &args.replica, progress).await?;
    at_the_size_of(with_log(source, &args.log, progress)?, args.stats_from.as_deref())
}

/// With the scans of standbys, where any are named.
async fn with_replicas(mut source: Source, urls: &[String], progress: &Progress) -> Result<Source, Failure> {
    for url in urls {
        progress.phase("reading a replica");
        let mut session = connect::open_url(Some(url)).await?;
        let options = live::ReadOptions { schema_only: true, values: Values::LeftOut, ..live::ReadOptions::default() };
        source.snapshot = replica::merge(source.snapshot, &live::read(&mut session, &options).await?)?;
    }
    Ok(source)
}

/// With what logs tell, where any are named.
fn with_log(mut source: Source, paths: &[PathBuf], progress: &Progress) -> Result<Source, Failure> {
    if paths.is_empty() {
        return Ok(source);
    }
    let log = log::read(paths, &mut source.snapshot, progress)?;
    let kind = if log.alone { "log" } else { source.kind };
    Ok(Source { kind, trace: Some(log.trace), ..source })
}

/// A file alone, with the numbers of another where one is named.
pub fn read_file(path: &Path, stats_from: Option<&Path>) -> Result<Source, Failure> {
    at_the_size_of(of_file(path, false)?, stats_from)
}

async fn of_server(args: &SourceArgs, wishes: &Wishes, progress: &Progress) -> Result<Source, Failure> {
    progress.phase("connecting");
    let mut session = connect::open(&args.server).await?;
    let mut options = live::ReadOptions { schema_only: args.schema_only, ..live::ReadOptions::default() };
    if !args.log.is_empty() {
        // they tell which of a log's constants are common, and are written nowhere
        options.values = Values::Kept;
    }
    let seen = match args.window.window {
        Some(length) => Some(window::watch(&args.server, &mut session, length, progress).await?),
        None => None,
    };
    progress.phase("reading the server");
    let mut snapshot = since(live::read(&mut session, &options).await?, &args.since)?;
    place::recognise(&mut snapshot);
    let interrupt = seen.map(|seen| seen.add(&mut snapshot));
    let checked = matches!(wishes.what_if, WhatIf::Auto | WhatIf::Lab) && args.stats_from.is_none();
    if checked && !args.schema_only {
        progress.phase("asking the server for its own plans");
        plans::add(&mut session, &mut snapshot).await;
    }
    Ok(Source { session: Some(session), kind: "live", interrupt, ..Source::of(snapshot) })
}

/// With the counters of the time since earlier snapshots, where any are named.
fn since(snapshot: Snapshot, paths: &[PathBuf]) -> Result<Snapshot, Failure> {
    let mut earlier = Vec::new();
    for path in paths {
        earlier.push(Earlier { path: path.clone(), snapshot: file::read(path)? });
    }
    Ok(since::since(snapshot, earlier)?)
}

/// With the sizes and statistics of another snapshot. The server itself does not have them: it is not asked any more.
fn at_the_size_of(source: Source, stats_from: Option<&Path>) -> Result<Source, Failure> {
    let Some(path) = stats_from else { return Ok(source) };
    let grafted = graft(source.snapshot, &file::read(path)?, &identify);
    let told = |why: String| Skipped { what: format!("the numbers of {}", path.display()), why, remedy: None };
    let skipped = grafted.unmatched.into_iter().map(told).collect();
    Ok(Source { snapshot: grafted.snapshot, session: None, skipped, unmeasured: grafted.unmeasured, ..source })
}

/// The snapshot in a file, as if it had been taken with the same options.
fn of_file(path: &Path, schema_only: bool) -> Result<Source, Failure> {
    let mut snapshot = file::read(path)?;
    if schema_only {
        snapshot.statements = Statements { state: StatementsState::LeftOut, ..Statements::default() };
    }
    Ok(Source::of(snapshot))
}
