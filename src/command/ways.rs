//! Who can be asked what an index would change: what was wanted, and what this machine and the server have.

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;

use crate::advisor;
use crate::cli::LabArgs;
use crate::config::WhatIf;
use crate::report::Skipped;
use crate::server::Session;
use crate::snapshot::Snapshot;
use crate::what_if::lab::{Lab, LabError, LabOptions};
use crate::what_if::oracle::{Wanted, Ways};
use crate::workload::Workload;

use super::progress::Progress;
use super::wishes::Wishes;

/// A judge that was asked for and cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum WaysError {
    /// Not installed.
    #[error("HypoPG is not installed in database \"{database}\"")]
    #[diagnostic(
        code(ways::no_hypopg),
        help(
            "run `CREATE EXTENSION hypopg` there, or take `--what-if auto`: a lab or pgassay's own model then answers, and says so"
        )
    )]
    NoHypopg {
        /// The audited database.
        database: String,
    },
    /// A snapshot has no planner.
    #[error("HypoPG needs a server, and a snapshot is a file")]
    #[diagnostic(code(ways::no_server), help("take `--what-if lab` or `--what-if model`, or audit the server"))]
    NoServer,
    /// A planner without statistics guesses.
    #[error("the snapshot holds no statistics that a planner could work with")]
    #[diagnostic(
        code(ways::no_statistics),
        help(
            "take it anew with this pgassay and without `--values none`, as a role that may read them (`pgassay doctor` shows the grants)"
        )
    )]
    NoStatistics,
    /// The lab did not start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lab(#[from] LabError),
}

/// Those that the user wants and that can be had, and what could not.
pub async fn open<'a>(
    snapshot: &Snapshot,
    workload: &Workload,
    server: Option<&'a mut Session>,
    wishes: &Wishes,
    progress: &Progress,
) -> Result<(Ways<'a>, Vec<Skipped>), Failure> {
    let hypopg = snapshot.has_extension("hypopg");
    let (wanted, lab, server) = match wishes.what_if {
        WhatIf::Model => (Wanted::Model, Ok(None), None),
        WhatIf::Hypopg if server.is_none() => return Err(WaysError::NoServer.into()),
        WhatIf::Hypopg if !hypopg => {
            return Err(WaysError::NoHypopg { database: snapshot.server.database.clone() }.into());
        }
        WhatIf::Hypopg => (Wanted::Hypopg, Ok(None), server),
        WhatIf::Lab => (Wanted::Lab, Ok(Some(start(snapshot, &wishes.lab, progress).await?)), None),
        WhatIf::Auto if !has_questions(snapshot, workload) => (Wanted::Auto, Ok(None), None),
        WhatIf::Auto => (Wanted::Auto, start(snapshot, &wishes.lab, progress).await.map(Some), server),
    };
    let (lab, skipped) = match lab {
        Ok(lab) => (lab, None),
        Err(error) => (None, Some(not_started(&error))),
    };
    let server = server.filter(|_| hypopg);
    Ok((Ways { lab, server, wanted }, skipped.into_iter().collect()))
}

/// Whether there is anything to ask: a lab takes seconds.
fn has_questions(snapshot: &Snapshot, workload: &Workload) -> bool {
    !workload.unparsed.is_empty() || !advisor::candidates(snapshot, workload).designs.is_empty()
}

/// A lab of the server's major version, else of the nearest.
pub async fn start(snapshot: &Snapshot, args: &LabArgs, progress: &Progress) -> Result<Lab, WaysError> {
    if !has_statistics(snapshot) {
        return Err(WaysError::NoStatistics);
    }
    progress.phase("starting a lab: a throwaway PostgreSQL rebuilt from the snapshot");
    let options = LabOptions {
        binaries: args.pg_bin.clone(),
        path: std::env::var("PATH").ok(),
        url: args.lab_url.clone(),
        any_major: true,
    };
    Ok(Lab::start(snapshot, &options).await?)
}

/// An empty table needs none.
fn has_statistics(snapshot: &Snapshot) -> bool {
    let slots = || snapshot.column_statistics.iter().flat_map(|column| &column.slots);
    let rows = || snapshot.tables.iter().any(|table| table.rows.is_some_and(|rows| rows > 0.0));
    !rows() || slots().any(|slot| slot.values.is_some())
}

/// In the report, with what to do.
fn not_started(error: &WaysError) -> Skipped {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let why: Vec<String> = std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect();
    Skipped {
        what: "the planner, in a lab".to_owned(),
        why: why.join(": "),
        remedy: error.help().map(|help| help.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ColumnStatistics, StatisticsSlot, Table};

    #[test]
    fn a_snapshot_without_statistics_is_nothing_to_plan_by() {
        let with = |values: Option<&str>, rows| {
            let slot = StatisticsSlot { values: values.map(|one| vec![one.to_owned()]), ..StatisticsSlot::default() };
            Snapshot {
                tables: vec![Table { rows, ..Table::default() }],
                column_statistics: vec![ColumnStatistics { slots: vec![slot], ..ColumnStatistics::default() }],
                ..Snapshot::default()
            }
        };
        for (snapshot, expected) in [
            (with(Some("token"), Some(10.0)), true),
            (with(None, Some(10.0)), false),
            (with(None, Some(0.0)), true),
            (with(None, None), true),
        ] {
            assert_eq!(has_statistics(&snapshot), expected, "{snapshot:?}");
        }
    }

    #[test]
    fn a_lab_that_did_not_start_is_told_of_with_what_to_do() {
        let skipped = not_started(&WaysError::Lab(LabError::OtherMajor { wanted: 15, found: 18 }));
        assert!(skipped.why.contains("no PostgreSQL 15") && skipped.why.contains("only 18"), "{skipped:?}");
        assert!(skipped.remedy.is_some_and(|remedy| remedy.contains("--pg-bin")));
    }
}
