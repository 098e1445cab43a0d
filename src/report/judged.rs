//! Who judged the indexes: what the command saw of it, as the report tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::lookup::Lookup;
use super::{BasisCounts, Judgement, LabInfo, MissingPart, PlanDifference, SelfCheck, Skipped, Unjudged};
use crate::units::Ratio;
use crate::what_if::Basis;
use crate::what_if::ask;
use crate::what_if::oracle::Summary;

/// Statements that the lab plans otherwise, at most: the busiest.
const NAMED: usize = 20;

/// Fewer compared statements prove nothing either way.
const ENOUGH: usize = 5;

/// Below this share of plans that come out the same, something that matters is missing in the lab.
const GOOD: f64 = 0.9;

/// What the judges did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Who answered, and what they said of themselves.
    pub summary: Summary,
    /// The time limit was over before every question was answered.
    pub incomplete: bool,
    /// What a judge or a source could not do, and what to do about it.
    pub skipped: Vec<Skipped>,
}

/// `None` where nobody was asked.
pub(super) fn judgement(lookup: &Lookup<'_>) -> Option<Judgement> {
    let judged = lookup.material.judged;
    let summary = &judged.summary;
    if summary.statements.is_empty() && summary.lab_major.is_none() {
        return None;
    }
    let count = |basis| summary.statements.get(&basis).copied().unwrap_or(0) as u64;
    Some(Judgement {
        basis: BasisCounts { lab: count(Basis::Lab), hypopg: count(Basis::Hypopg), model: count(Basis::Model) },
        lab: lab(summary, lookup.material.snapshot.server.major()),
        self_check: summary.self_check.as_ref().filter(|check| check.asked > 0).map(self_check),
        calls: summary.questions,
        unjudged: unjudged(summary, lookup),
        incomplete: judged.incomplete,
    })
}

fn lab(summary: &Summary, source_major: u32) -> Option<LabInfo> {
    let major = summary.lab_major?;
    let missing = summary.missing.iter().map(|one| MissingPart { what: one.what.clone(), why: one.why.clone() });
    Some(LabInfo {
        major,
        source_major,
        doubt: doubt(major, source_major, summary.self_check.as_ref()),
        missing: missing.collect(),
    })
}

/// Why the figures of a lab of this major version are less than those of the server's own planner.
pub fn doubt(major: u32, source_major: u32, check: Option<&ask::SelfCheck>) -> Option<String> {
    if major != source_major {
        return Some(format!("it is PostgreSQL {major}, and the server is {source_major}"));
    }
    let check = check.filter(|check| check.asked >= ENOUGH)?;
    let good = check.same_shape as f64 >= GOOD * check.asked as f64;
    let other = check.asked - check.same_shape;
    (!good).then(|| format!("it plans {other} of {} statements otherwise than the server", check.asked))
}

fn self_check(check: &ask::SelfCheck) -> SelfCheck {
    let difference = |one: &ask::Difference| PlanDifference {
        statement: one.fingerprint.clone(),
        cost_server: one.server.cost,
        cost_lab: one.lab.as_ref().map(|plan| plan.cost),
        plan_server: one.server.shape.clone(),
        plan_lab: one.lab.as_ref().map(|plan| plan.shape.clone()),
    };
    SelfCheck {
        statements: check.asked as u64,
        same_cost: check.same_cost as u64,
        same_plan: check.same_shape as u64,
        differences: check.differences.iter().take(NAMED).map(difference).collect(),
    }
}

/// Statements that every planner there refused, by falling time, with the words of the last.
fn unjudged(summary: &Summary, lookup: &Lookup<'_>) -> Vec<Unjudged> {
    let lab = summary.lab_major.map(|_| Basis::Lab);
    let answered = summary.statements.keys().copied().filter(|basis| *basis != Basis::Model);
    let planners: BTreeSet<Basis> = answered.chain(summary.unplanned.iter().map(|one| one.by)).chain(lab).collect();
    let mut refused: BTreeMap<&str, (BTreeSet<Basis>, &str)> = BTreeMap::new();
    for one in &summary.unplanned {
        let known = refused.entry(&one.fingerprint).or_default();
        known.0.insert(one.by);
        known.1 = &one.why;
    }
    let by_all = refused.into_iter().filter(|(_, (by, _))| *by == planners);
    let mut all: Vec<Unjudged> =
        by_all.map(|(statement, (_, why))| Unjudged { statement: statement.to_owned(), why: why.to_owned() }).collect();
    let ms = |one: &Unjudged| lookup.counters(&one.statement).map_or(0.0, |counters| counters.total_ms);
    all.sort_by(|one, two| ms(two).total_cmp(&ms(one)).then_with(|| one.statement.cmp(&two.statement)));
    all
}

/// What the judges say themselves, what the lab lacks, what nobody could plan.
pub(super) fn skipped(judgement: Option<&Judgement>, lookup: &Lookup<'_>) -> Vec<Skipped> {
    let mut skipped = lookup.material.judged.skipped.clone();
    let Some(judgement) = judgement else { return skipped };
    skipped.extend(lookup.material.judged.summary.lab_failed.as_ref().map(|why| Skipped {
        what: "the rest of the lab's answers".to_owned(),
        why: format!("the lab was lost: {why}"),
        remedy: None,
    }));
    let missing = lookup.material.judged.summary.missing.iter().filter(|one| !one.tables.is_empty());
    skipped.extend(several("parts of the schema that the lab lacks", missing.map(|one| (&one.what, &one.why))));
    skipped.extend(not_planned(judgement, lookup));
    if judgement.incomplete {
        skipped.push(Skipped {
            what: "some combinations of indexes".to_owned(),
            why: format!("the time limit was over after {} questions", judgement.calls),
            remedy: Some("give more time with `--time-limit`, or set no limit".to_owned()),
        });
    }
    skipped
}

fn not_planned(judgement: &Judgement, lookup: &Lookup<'_>) -> Option<Skipped> {
    let unjudged = judgement.unjudged.iter().map(|one| (&one.statement, &one.why));
    let skipped = several("statements that no planner could judge", unjudged)?;
    let ms = |one: &Unjudged| lookup.counters(&one.statement).map_or(0.0, |counters| counters.total_ms);
    let share = lookup.share(judgement.unjudged.iter().map(ms).sum());
    let share = share.map_or(String::new(), |share| format!(" ({} of the time)", Ratio(share)));
    Some(Skipped { why: format!("{}{share}; the model answered for them", skipped.why), ..skipped })
}

/// How many, and the first of them.
fn several<'a>(what: &str, all: impl Iterator<Item = (&'a String, &'a String)>) -> Option<Skipped> {
    const FIRST: usize = 3;
    let all: Vec<String> = all.map(|(what, why)| format!("{what}: {why}")).collect();
    let more = if all.len() > FIRST { "; …" } else { "" };
    (!all.is_empty()).then(|| Skipped {
        what: what.to_owned(),
        why: format!("{}: {}{more}", all.len(), all.iter().take(FIRST).cloned().collect::<Vec<_>>().join("; ")),
        remedy: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_is_in_doubt_when_it_is_another_server_or_plans_otherwise() {
        for (major, asked, same, expected) in [
            (15, 100, 100, None),
            (15, 100, 90, None),
            (15, 100, 89, Some("it plans 11 of 100 statements otherwise than the server")),
            (15, 4, 0, None),
            (15, 0, 0, None),
            (16, 100, 100, Some("it is PostgreSQL 16, and the server is 15")),
        ] {
            let check = ask::SelfCheck { asked, same_cost: 0, same_shape: same, differences: Vec::new() };
            assert_eq!(doubt(major, 15, Some(&check)).as_deref(), expected, "{major} {same} of {asked}");
        }
        assert_eq!(doubt(15, 15, None), None);
    }
}
