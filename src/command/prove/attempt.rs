//! The statements on the tables of a group of indexes, without them and with them.

use std::collections::BTreeSet;

use super::BUILD;
use super::group::Member;
use super::measure::{Execution, measure};
use super::trial::{Bench, Trial, Trials};
use super::verdict::{Timed, unused};
use crate::ident::literal;
use crate::report::ProofStatement;
use crate::server::{CloneSession, ServerError, Target};
use crate::snapshot::{Snapshot, Table};

/// What became of the statements.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// With the indexes that a plan uses.
    pub timed: Vec<Timed>,
    /// Numbers of the others.
    pub unused: BTreeSet<usize>,
}

/// A statement without the indexes.
struct Tried {
    trial: Trial,
    before: Execution,
    concerns: BTreeSet<usize>,
}

/// Builds a group, times the statements, and drops it again. Nothing is timed where the clone lacks one of the tables.
pub async fn attempt(
    session: &mut CloneSession,
    target: &Target,
    bench: &Bench<'_>,
    trials: &mut Trials,
    group: &[Member],
) -> Result<Attempt, ServerError> {
    let Some(tried) = without(session, bench, trials, group).await else { return Ok(Attempt::default()) };
    let attempt = match build(target, group).await {
        Ok(()) => with(session, group, &tried).await,
        Err(error) => Err(error),
    };
    let dropped = drop_all(session, group.iter()).await;
    let attempt = attempt?;
    dropped.map(|()| attempt)
}

async fn without(
    session: &mut CloneSession,
    bench: &Bench<'_>,
    trials: &mut Trials,
    group: &[Member],
) -> Option<Vec<Tried>> {
    let wanted: Vec<String> = wanted(group).into_iter().map(str::to_owned).collect();
    let mut found: Vec<(Trial, BTreeSet<usize>)> = Vec::new();
    for Member { number, index, .. } in group {
        let is_its = |table: &&Table| table.schema == index.schema && table.name == index.table;
        let table = bench.snapshot.tables.iter().find(is_its)?;
        for trial in trials.on_table(session, bench, &family(bench.snapshot, table.oid), &wanted).await {
            match found.iter_mut().find(|(known, _)| known.statement == trial.statement) {
                Some((_, concerns)) => _ = concerns.insert(*number),
                None => found.push((trial, BTreeSet::from([*number]))),
            }
        }
    }
    let mut tried = Vec::new();
    for (trial, concerns) in found {
        // one that fails or takes too long says nothing about the indexes
        if let Ok(before) = measure(session, &trial.before, &trial.sql).await {
            tried.push(Tried { trial, before, concerns });
        }
    }
    Some(tried)
}

async fn build(target: &Target, group: &[Member]) -> Result<(), ServerError> {
    let mut builder = CloneSession::open(target, BUILD).await?;
    let mut built = Ok(());
    for member in group {
        built = builder.run(&member.ddl()).await.map(|_| ());
        if built.is_err() {
            break;
        }
    }
    builder.close().await;
    built
}

/// All are dropped, whatever becomes of one; the first error.
async fn drop_all(session: &mut CloneSession, group: impl Iterator<Item = &Member>) -> Result<(), ServerError> {
    let mut dropped = Ok(());
    for member in group {
        let one = session.run(&format!("DROP INDEX IF EXISTS {}", member.own_name())).await;
        dropped = dropped.and(one.map(|_| ()));
    }
    dropped
}

/// An index that no plan uses is dropped, so that the figures are those of what stays.
async fn with(session: &mut CloneSession, group: &[Member], tried: &[Tried]) -> Result<Attempt, ServerError> {
    let mut names = Vec::new();
    for member in group {
        names.push((member.number, names_of(session, member).await?));
    }
    let timed = measured(session, group, &names, tried).await?;
    let unused = unused(group, &timed);
    if unused.is_empty() || unused.len() == group.len() {
        return Ok(Attempt { timed, unused });
    }
    drop_all(session, group.iter().filter(|member| unused.contains(&member.number))).await?;
    let timed = measured(session, group, &names, tried).await?;
    Ok(Attempt { timed, unused })
}

/// What plans call it: its name, and on a partitioned table those of its parts.
async fn names_of(session: &mut CloneSession, member: &Member) -> Result<BTreeSet<String>, ServerError> {
    let of_parts = format!(
        "SELECT c.relname FROM pg_catalog.pg_partition_tree({}::pg_catalog.regclass) t JOIN pg_catalog.pg_class c ON c.oid \
         = t.relid",
        literal(&member.own_name())
    );
    Ok(session.run(&of_parts).await?.into_iter().chain([member.bare_name()]).collect())
}

async fn measured(
    session: &mut CloneSession,
    group: &[Member],
    names: &[(usize, BTreeSet<String>)],
    tried: &[Tried],
) -> Result<Vec<Timed>, ServerError> {
    let wanted = wanted(group);
    let mut all = Vec::new();
    for Tried { trial, before, concerns } in tried {
        let timed = |after: &Execution| Timed {
            figures: ProofStatement {
                statement: trial.statement.clone(),
                helped: wanted.contains(trial.statement.as_str()),
                before_ms: before.ms,
                after_ms: after.ms,
                blocks_before: before.blocks,
                blocks_after: after.blocks,
            },
            calls: trial.calls,
            writes: trial.writes,
            concerns: concerns.clone(),
            uses: names.iter().filter(|(_, own)| !own.is_disjoint(&after.indexes)).map(|(number, _)| *number).collect(),
        };
        let mut after = measure(session, &trial.before, &trial.sql).await?;
        let seen = timed(&after);
        if seen.looks_slower() {
            after = after.least(&measure(session, &trial.before, &trial.sql).await?);
        } else if seen.is_faster_by_the_clock() {
            after = after.most(&measure(session, &trial.before, &trial.sql).await?);
        }
        all.push(timed(&after));
    }
    Ok(all)
}

fn wanted(group: &[Member]) -> BTreeSet<&str> {
    group.iter().flat_map(|member| &member.wanted).map(String::as_str).collect()
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
