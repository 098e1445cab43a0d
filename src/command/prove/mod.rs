//! `audit --prove URL`: the advised indexes are built on a clone, the statements timed there, and the indexes removed.
//!
//! The clone is written to, so it must not be the audited server. What is built bears a
//! prefix of its own and is dropped over a fresh connection, however the trial ended;
//! what a killed run left is dropped by the next. Indexes that help a common statement
//! are built together, for one may be of use only beside the other.

mod advised;
mod attempt;
mod group;
mod measure;
mod trial;
mod verdict;

use std::time::Duration;

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;

use crate::report::disproved::taken_back;
use crate::report::{Action, IndexAction, Report, Skipped};
use crate::server::{CloneSession, Environment, ServerError, Session, Target, TargetOptions};
use crate::snapshot::{Snapshot, Values};
use crate::source::live::{self, ReadOptions};
use crate::workload::Workload;

use super::interrupt::Interrupt;
use super::progress::Progress;
use attempt::{Attempt, attempt};
use group::{Member, groups};
use trial::{Bench, Trials};
use verdict::Timed;

/// Names of what is built on a clone begin with it.
const PREFIX: &str = "pgassay_prove_";
/// Most time for one statement; one that takes longer is not timed.
const STATEMENT: Duration = Duration::from_mins(1);
/// Most time for building an index.
const BUILD: Duration = Duration::from_hours(1);

/// Why an index of a group is taken back though the group holds.
const UNUSED: &str = "built on the clone with the indexes that help the same statements, no plan of theirs uses it";

/// Why there is no proof.
#[derive(Debug, Error, Diagnostic)]
pub enum ProveError {
    /// The URL names what is audited.
    #[error("{at} is the audited server")]
    #[diagnostic(
        code(prove::audited),
        help("indexes are built and statements run there: name a clone on another server, or leave --prove away")
    )]
    Audited {
        /// Where.
        at: String,
    },
    /// A standby cannot be written to.
    #[error("{at} is a standby, which cannot be written to")]
    #[diagnostic(code(prove::standby), help("promote it, or name a clone that was restored from a backup"))]
    Standby {
        /// Where.
        at: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    #[diagnostic(code(prove::interrupted), help("what was built on the clone has been removed"))]
    Interrupted,
}

/// A clone that may be written to.
pub struct Clone {
    target: Target,
    snapshot: Snapshot,
}

/// Looks at the clone, and refuses the audited server.
pub async fn open(url: &str, audited: &Snapshot) -> Result<Clone, Failure> {
    let target = Target::resolve(Some(url), &TargetOptions::default(), &Environment::of_this_process())?;
    let mut session = Session::open(&target).await?;
    let options = ReadOptions { schema_only: true, values: Values::Kept, ..ReadOptions::default() };
    let snapshot = live::read(&mut session, &options).await?;
    session.close().await;
    let at = target.describe();
    // two servers do not start in the same microsecond
    if (snapshot.server.started_at - audited.server.started_at).abs() < 1e-3 {
        return Err(ProveError::Audited { at }.into());
    }
    if snapshot.server.in_recovery {
        return Err(ProveError::Standby { at }.into());
    }
    Ok(Clone { target, snapshot })
}

/// The report with what was measured, without the indexes that did not hold.
pub async fn prove(
    report: Report,
    clone: Clone,
    audited: &Snapshot,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Report, Failure> {
    interrupt.is_waited_for();
    let Clone { target, mut snapshot } = clone;
    snapshot.statements = audited.statements.clone();
    let workload = advised::with_constants(&report, &snapshot, Workload::build(&snapshot));
    let bench = Bench { snapshot: &snapshot, workload: &workload };
    sweep(&target).await?;
    let tried = tokio::select! {
        tried = Box::pin(try_all(report, &target, &bench, progress)) => tried.map_err(Failure::from),
        () = interrupt.comes() => Err(ProveError::Interrupted.into()),
    };
    // another one while the clone is cleaned changes nothing
    interrupt.is_waited_for();
    let swept = sweep(&target).await;
    let report = tried?;
    swept?;
    Ok(report)
}

async fn try_all(
    mut report: Report,
    target: &Target,
    bench: &Bench<'_>,
    progress: &Progress,
) -> Result<Report, ServerError> {
    let mut session = CloneSession::open(target, STATEMENT).await?;
    let mut trials = Trials::default();
    let creates: Vec<IndexAction> =
        report.indexes.iter().filter(|index| index.action == Action::Create).cloned().collect();
    let mut done = 0;
    for group in groups(&creates) {
        progress.phase(phase(done, group.len(), creates.len()));
        done += group.len();
        let attempt = match Box::pin(attempt(&mut session, target, bench, &mut trials, &group)).await {
            Ok(attempt) => attempt,
            Err(error @ ServerError::Lost { .. }) => return Err(error),
            Err(error) => {
                let why = format!("the clone says: {error}");
                report.skipped.extend(group.iter().map(|member| not_proved(&member.index, &why)));
                continue;
            }
        };
        report = group.iter().fold(report, |report, member| judged(report, member, &group, &attempt));
    }
    session.close().await;
    Ok(report)
}

fn phase(done: usize, together: usize, all: usize) -> String {
    match together {
        1 => format!("proving index {} of {all} on the clone", done + 1),
        _ => format!("proving indexes {} to {} of {all} together on the clone", done + 1, done + together),
    }
}

/// The report with what the trial of its group says of one index.
fn judged(mut report: Report, member: &Member, group: &[Member], attempt: &Attempt) -> Report {
    let index = &member.index;
    let own: Vec<Timed> = attempt.timed.iter().filter_map(|one| one.of(member)).collect();
    let is_run = own.iter().any(|one| one.figures.helped);
    let is_used = group.len() == 1 || own.iter().any(|one| one.figures.helped && one.uses.contains(&member.number));
    if !is_run {
        report.skipped.push(not_proved(index, "none of its statements could be run on the clone"));
    }
    // an index of whose statements none ran is not to blame for those of the others
    let useless = || verdict::useless(&attempt.timed, group.len()).filter(|_| is_run);
    let unused = || attempt.unused.contains(&member.number).then(|| UNUSED.to_owned());
    if let Some(why) = verdict::slower(&attempt.timed, group.len()).or_else(useless).or_else(unused) {
        return taken_back(report, &index.schema, &index.name, &why);
    }
    if is_run && !is_used {
        let why = "not all of its statements could be run on the clone, and the plans of the others do not use it";
        report.skipped.push(not_proved(index, why));
    }
    let same =
        |one: &&mut IndexAction| one.action == Action::Create && one.schema == index.schema && one.name == index.name;
    if let Some(found) = report.indexes.iter_mut().find(same) {
        found.proof = (is_run && is_used).then(|| verdict::proof(&own));
        found.notes.extend(verdict::remarks(&own));
    }
    report
}

fn not_proved(index: &IndexAction, why: &str) -> Skipped {
    Skipped {
        what: format!("proof of index {} on {}.{}", index.name, index.schema, index.table),
        why: why.to_owned(),
        remedy: None,
    }
}

/// Drops what bears our prefix, of this run or of one that was killed, and ends the session that still builds it.
async fn sweep(target: &Target) -> Result<(), ServerError> {
    let mut session = CloneSession::open(target, STATEMENT).await?;
    session
        .run(&format!(
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid <> \
             pg_catalog.pg_backend_pid() AND datname = pg_catalog.current_database() AND usename = current_user AND \
             query LIKE 'CREATE INDEX {PREFIX}%'"
        ))
        .await?;
    let left = session
        .run(&format!(
            "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN \
             pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition \
             AND pg_catalog.starts_with(c.relname::pg_catalog.text, '{PREFIX}')"
        ))
        .await?;
    for name in left {
        session.run(&format!("DROP INDEX IF EXISTS {name}")).await?;
    }
    session.close().await;
    Ok(())
}
