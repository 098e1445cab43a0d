//! Where an audit's facts come from: a server or a file, and with `--stats-from` the numbers of another one.

use std::path::Path;

use miette::Report as Failure;

use crate::cli::SourceArgs;
use crate::config::WhatIf;
use crate::report::Skipped;
use crate::server::Session;
use crate::snapshot::{Snapshot, Statements, StatementsState};
use crate::source::{file, graft, live};

use super::progress::Progress;
use super::wishes::Wishes;
use super::{connect, plans};

/// What was read, and the server where there is one.
pub struct Source {
    /// All that later stages see.
    pub snapshot: Snapshot,
    /// The server.
    pub session: Option<Session>,
    /// `live` or `snapshot`.
    pub kind: &'static str,
    /// What could not be taken over.
    pub skipped: Vec<Skipped>,
}

/// Reads what the arguments name.
pub async fn read(args: &SourceArgs, wishes: &Wishes, progress: &Progress) -> Result<Source, Failure> {
    let source = match &args.snapshot {
        Some(path) => of_file(path, args.schema_only)?,
        None => of_server(args, wishes, progress).await?,
    };
    at_the_size_of(source, args.stats_from.as_deref())
}

/// A file alone, with the numbers of another where one is named.
pub fn read_file(path: &Path, stats_from: Option<&Path>) -> Result<Source, Failure> {
    at_the_size_of(of_file(path, false)?, stats_from)
}

async fn of_server(args: &SourceArgs, wishes: &Wishes, progress: &Progress) -> Result<Source, Failure> {
    progress.phase("reading the server");
    let mut session = connect::open(&args.server).await?;
    let options = live::ReadOptions { schema_only: args.schema_only, ..live::ReadOptions::default() };
    let mut snapshot = live::read(&mut session, &options).await?;
    let checked = matches!(wishes.what_if, WhatIf::Auto | WhatIf::Lab) && args.stats_from.is_none();
    if checked && !args.schema_only {
        progress.phase("asking the server for its own plans");
        plans::add(&mut session, &mut snapshot).await;
    }
    Ok(Source { snapshot, session: Some(session), kind: "live", skipped: Vec::new() })
}

/// With the sizes and statistics of another snapshot. The server itself does not have them: it is not asked any more.
fn at_the_size_of(source: Source, stats_from: Option<&Path>) -> Result<Source, Failure> {
    let Some(path) = stats_from else { return Ok(source) };
    let grafted = graft(source.snapshot, &file::read(path)?);
    let told = |why: String| Skipped { what: format!("the numbers of {}", path.display()), why, remedy: None };
    let skipped = grafted.unmatched.into_iter().map(told).collect();
    Ok(Source { snapshot: grafted.snapshot, session: None, kind: source.kind, skipped })
}

/// The snapshot in a file, as if it had been taken with the same options.
fn of_file(path: &Path, schema_only: bool) -> Result<Source, Failure> {
    let mut snapshot = file::read(path)?;
    if schema_only {
        snapshot.statements = Statements { state: StatementsState::LeftOut, ..Statements::default() };
    }
    Ok(Source { snapshot, session: None, kind: "snapshot", skipped: Vec::new() })
}
