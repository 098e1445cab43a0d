//! `pgassay snapshot`: everything an audit needs, in a file.

use miette::Report;

use crate::cli::SnapshotArgs;
use crate::source::{file, live};

use super::progress::Progress;
use super::{connect, output, place, plans, window};

/// Reads the server and writes the file.
pub async fn run(args: SnapshotArgs) -> Result<u8, Report> {
    let mut session = connect::open(&args.server).await?;
    let options =
        live::ReadOptions { schema_only: args.schema_only, values: args.values.into(), end_points: args.end_points };
    let progress = Progress::new();
    let seen = match args.window.window {
        Some(length) => Some(window::watch(&args.server, &mut session, length, &progress).await?),
        None => None,
    };
    let mut snapshot = live::read(&mut session, &options).await?;
    place::recognise(&mut snapshot);
    let _interrupt = seen.map(|seen| seen.add(&mut snapshot));
    drop(progress);
    if !args.no_plans {
        plans::add(&mut session, &mut snapshot).await;
    }
    file::write(&args.output, &snapshot)?;
    for gap in &snapshot.gaps {
        output::note(&format!("not in the snapshot: {}, because {}", gap.what, gap.why));
    }
    output::note(&format!(
        "{}: {} tables, {} indexes, {} statements",
        args.output.display(),
        snapshot.tables.len(),
        snapshot.indexes.len(),
        snapshot.statements.entries.len()
    ));
    Ok(0)
}
