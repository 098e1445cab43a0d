//! `audit --prove URL`: the advised indexes are built on a clone, the statements timed there, and the indexes removed.
//!
//! The clone is written to, so it must not be the audited server. What is built bears a
//! prefix of its own and is dropped over a fresh connection, however the trial ended;
//! what a killed run left is dropped by the next.

mod group;
mod measure;
mod trial;
mod verdict;

use std::collections::BTreeSet;
use std::time::Duration;

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;

use crate::ident::{QualifiedName, quoted};
use crate::report::disproved::taken_back;
use crate::report::{Action, IndexAction, ProofStatement, Report, Skipped};
use crate::server::{CloneSession, Environment, ServerError, Session, Target, TargetOptions};
use crate::snapshot::{Snapshot, Table, Values};
use crate::source::live::{self, ReadOptions};
use crate::workload::Workload;

use super::interrupt::Interrupt;
use super::progress::Progress;
use group::{groups, helped};
use measure::measure;
use trial::{Bench, Trial, Trials};
use verdict::Timed;

/// Names of what is built on a clone begin with it.
const PREFIX: &str = "pgassay_prove_";
/// Most time for one statement; one that takes longer is not timed.
const STATEMENT: Duration = Duration::from_mins(1);
/// Most time for building an index.
const BUILD: Duration = Duration::from_hours(1);

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
    let workload = Workload::build(&snapshot);
    let bench = Bench { snapshot: &snapshot, workload: &workload };
    sweep(&target).await?;
    let tried = tokio::select! {
        tried = try_all(report, &target, &bench, progress) => tried.map_err(Failure::from),
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
    let groups = groups(creates);
    for (number, group) in groups.iter().enumerate() {
        progress.phase(format!("proving {} of {} on the clone", number + 1, groups.len()));
        let all = try_together(&mut session, target, bench, &mut trials, group).await;
        if group.len() == 1 || all.as_ref().is_ok_and(|timed| verdict::against(timed).is_none()) {
            report = judged_together(report, group, all)?;
            continue;
        }
        // together they do not hold: then each must by itself
        for index in group {
            let alone = std::slice::from_ref(index);
            let timed = try_together(&mut session, target, bench, &mut trials, alone).await;
            report = judged_together(report, alone, timed)?;
        }
    }
    session.close().await;
    Ok(report)
}

/// Each by the statements that it is advised for; those that it is not are the same for all.
fn judged_together(
    mut report: Report,
    group: &[IndexAction],
    timed: Result<Vec<Timed>, ServerError>,
) -> Result<Report, ServerError> {
    let timed = match timed {
        Err(error @ ServerError::Lost { .. }) => return Err(error),
        Err(error) => {
            let told = |index| not_proved(index, &format!("the clone says: {error}"));
            report.skipped.extend(group.iter().map(told));
            return Ok(report);
        }
        Ok(timed) => timed,
    };
    for index in group {
        let helped = helped(index);
        let own = |one: &Timed| one.clone().of(helped.contains(one.figures.statement.as_str()));
        report = judged(report, index, &timed.iter().map(own).collect::<Vec<Timed>>(), group.len() > 1);
    }
    Ok(report)
}

fn judged(mut report: Report, index: &IndexAction, timed: &[Timed], in_group: bool) -> Report {
    if !timed.iter().any(|one| one.figures.helped) {
        report.skipped.push(not_proved(index, "none of its statements could be run on the clone"));
    }
    // a group was judged as a whole
    if let Some(why) = verdict::against(timed).filter(|_| !in_group) {
        return taken_back(report, &index.schema, &index.name, &why);
    }
    let same = |one: &&mut IndexAction| one.schema == index.schema && one.name == index.name;
    if let Some(found) = report.indexes.iter_mut().find(same).filter(|_| !timed.is_empty()) {
        found.proof = Some(verdict::proof(timed));
        found.notes.extend(verdict::slower_by_the_clock_alone(timed));
        found
            .notes
            .extend(in_group.then(|| "proved together with the others that help the same statements".to_owned()));
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

/// The statements on the tables of the indexes, without them and with all of them. They are gone again afterwards.
async fn try_together(
    session: &mut CloneSession,
    target: &Target,
    bench: &Bench<'_>,
    trials: &mut Trials,
    group: &[IndexAction],
) -> Result<Vec<Timed>, ServerError> {
    let on = |table: &&Table| group.iter().any(|index| (&table.schema, &table.name) == (&index.schema, &index.table));
    let tables = bench.snapshot.tables.iter().filter(on).flat_map(|table| family(bench.snapshot, table.oid)).collect();
    let wanted: BTreeSet<&str> = group.iter().flat_map(helped).collect();
    let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
    let trials = trials.on_table(session, bench, &tables, &wanted).await;
    let mut before = Vec::new();
    for trial in trials {
        // one that fails or takes too long says nothing about the index
        if let Ok(execution) = measure(session, &trial.before, &trial.sql).await {
            before.push((trial, execution));
        }
    }
    let timed = match build(target, group).await {
        Ok(()) => with_indexes(session, &wanted, before).await,
        Err(error) => Err(error),
    };
    for index in group {
        session.run(&format!("DROP INDEX IF EXISTS {}", own_name(index))).await?;
    }
    timed
}

async fn build(target: &Target, group: &[IndexAction]) -> Result<(), ServerError> {
    let mut builder = CloneSession::open(target, BUILD).await?;
    let mut built = Ok(());
    for index in group {
        built = built.and(builder.run(&ddl(index)).await.map(|_| ()));
    }
    builder.close().await;
    built
}

async fn with_indexes(
    session: &mut CloneSession,
    wanted: &[String],
    before: Vec<(Trial, measure::Execution)>,
) -> Result<Vec<Timed>, ServerError> {
    let mut all = Vec::new();
    for (trial, before) in before {
        let timed = |after: measure::Execution| Timed {
            figures: ProofStatement {
                statement: trial.statement.clone(),
                helped: wanted.contains(&trial.statement),
                before_ms: before.ms,
                after_ms: after.ms,
                blocks_before: before.blocks,
                blocks_after: after.blocks,
            },
            calls: trial.calls,
            writes: trial.writes,
        };
        let mut after = measure(session, &trial.before, &trial.sql).await?;
        if timed(after).looks_slower() {
            after = after.least(measure(session, &trial.before, &trial.sql).await?);
        }
        all.push(timed(after));
    }
    Ok(all)
}

/// A table and its partitions, however deep.
fn family(snapshot: &Snapshot, root: u32) -> BTreeSet<u32> {
    let mut family = BTreeSet::from([root]);
    loop {
        let is_new = |table: &&Table| {
            let inside = table.is_partition && table.parents.iter().any(|parent| family.contains(parent));
            inside && !family.contains(&table.oid)
        };
        let new: Vec<u32> = snapshot.tables.iter().filter(is_new).map(|table| table.oid).collect();
        if new.is_empty() {
            return family;
        }
        family.extend(new);
    }
}

/// The statement that builds it under a name of our own, without CONCURRENTLY: nobody else works there. On a partitioned
/// table it builds, and its DROP removes, the parts of all partitions.
fn ddl(index: &IndexAction) -> String {
    let table = QualifiedName::new(&index.schema, &index.table).to_string();
    let body = index.ddl.split_once(&format!("{table} ")).map_or("", |(_, body)| body);
    format!("CREATE INDEX {} ON {table} {body}", quoted(&bare_name(index)))
}

fn bare_name(index: &IndexAction) -> String {
    let name = format!("{PREFIX}{}", index.name);
    let end = (0..=name.len().min(63)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    name[..end].to_owned()
}

fn own_name(index: &IndexAction) -> String {
    QualifiedName::new(&index.schema, bare_name(index)).to_string()
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
