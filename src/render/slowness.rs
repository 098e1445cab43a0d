//! What makes a statement slow, in words that every format shares.

use super::words::plural;
use crate::report::{Finding, Report, StatementIndex, StatementInfo};
use crate::units::Count;

/// Rules whose message says the part of that name already.
const SAID: [(&str, &str); 9] = [
    ("planning-dominates", "planning"),
    ("jit-overhead", "jit"),
    ("lock-waits-logged", "lock-waits"),
    ("plan-flips", "plan-flip"),
    ("temp-spill", "spill"),
    ("wal-heavy-statement", "wal"),
    ("read-amplification", "reads"),
    ("slow-statement", "reads"),
    ("high-variance", "uneven"),
];

/// What a finding tells of its statement, a sentence each: nothing where another finding told it before.
pub(super) fn told_by(report: &Report, finding: &Finding) -> Vec<String> {
    let Some(statement) = subject(finding).filter(|statement| is_first(report, finding, statement)) else {
        return Vec::new();
    };
    let Some(statement) = report.statement(statement) else { return Vec::new() };
    let said = |cause: &str| SAID.contains(&(finding.rule.as_str(), cause));
    let causes = statement.causes.iter().filter(|cause| !said(&cause.cause)).map(|cause| cause.words.clone());
    // of its own index the finding speaks itself
    let answered = report.indexes.iter().any(|index| index.findings.contains(&finding.fingerprint));
    let index = statement.index.as_ref().filter(|_| !answered).and_then(|one| index(one, report));
    causes.chain(index.filter(|words| !finding.message.contains(words.as_str()))).collect()
}

/// Busy statements with causes that no finding speaks of, the busiest first.
pub(super) fn others(report: &Report) -> impl Iterator<Item = (&StatementInfo, Vec<String>)> {
    let spoken_of = |statement: &StatementInfo| {
        report.findings.iter().any(|one| subject(one) == Some(statement.statement.as_str()))
    };
    let others = report.statements.iter().filter(move |one| !one.causes.is_empty() && !spoken_of(one));
    others.map(|statement| {
        let causes = statement.causes.iter().map(|cause| cause.words.clone());
        (statement, causes.chain(statement.index.as_ref().and_then(|one| index(one, report))).collect())
    })
}

fn subject(finding: &Finding) -> Option<&str> {
    finding.subject.statement.as_deref()
}

fn is_first(report: &Report, finding: &Finding, statement: &str) -> bool {
    let first = report.findings.iter().find(|other| subject(other) == Some(statement));
    first.is_some_and(|first| first.fingerprint == finding.fingerprint)
}

/// `an index helps: …`, or why none was found.
fn index(index: &StatementIndex, report: &Report) -> Option<String> {
    let judge = judge(index, report);
    if index.helped {
        let (before, after) = index.cost_before.zip(index.cost_after)?;
        let cost = format!("{} to {}", Count(before.round()), Count(after.round()));
        return Some(format!("an index helps: {} takes its cost from {cost} ({judge})", index.names.join(", ")));
    }
    let tried = match index.tried {
        0 => String::new(),
        tried => format!(" ({} by {judge})", plural(tried as usize, "candidate")),
    };
    Some(format!("no index was found that helps: {}{tried}", index.why.as_ref()?))
}

fn judge(index: &StatementIndex, report: &Report) -> &'static str {
    let lab = report.what_if.as_ref().and_then(|judgement| judgement.lab.as_ref());
    match index.basis.as_deref() {
        Some("lab") if lab.is_some_and(|lab| lab.doubt.is_some()) => "planner, doubtful lab",
        Some("lab") => "planner, lab",
        Some("hypopg") => "planner, HypoPG",
        _ => "estimate",
    }
}
