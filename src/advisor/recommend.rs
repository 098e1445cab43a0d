//! From candidates and answers to advice.

use std::collections::BTreeSet;

use super::candidate::candidates;
use super::matrix::{MIN_GAIN, Matrix, Set};
use super::name::name;
use super::select::select;
use super::{Advice, Help, Recommendations, Rejection, writes};
use crate::snapshot::{Snapshot, TableKind};
use crate::what_if::{Answer, Design, Path, Question, TableFacts, scans, serve};
use crate::workload::Workload;

/// The indexes to create, and why the other candidates are not among them.
pub fn recommend(
    snapshot: &Snapshot,
    workload: &Workload,
    questions: &[Question],
    answers: &[Answer],
) -> Recommendations {
    let matrix = Matrix::new(workload, questions, answers);
    let chosen = select(workload, &matrix);
    let mut create: Vec<Advice> =
        chosen.iter().map(|design| advice(snapshot, workload, &matrix, &chosen, *design)).collect();
    create.retain(|advice| !advice.helps.is_empty());
    create.sort_by(|one, two| two.saved_ms.total_cmp(&one.saved_ms).then(one.design.cmp(&two.design)));
    let mut taken = BTreeSet::new();
    for advice in &mut create {
        advice.name = name(snapshot, &advice.design, &taken);
        taken.insert(advice.name.clone());
    }
    Recommendations { rejected: rejected(snapshot, workload, &matrix, &create), create }
}

fn advice(snapshot: &Snapshot, workload: &Workload, matrix: &Matrix, chosen: &Set, position: usize) -> Advice {
    let design = matrix.designs[position];
    let facts = TableFacts::read(snapshot, design.table_oid);
    let helps = helps(snapshot, workload, matrix, chosen, position);
    let queries: Vec<usize> = helps.iter().map(|help| help.query).collect();
    let saved = |help: &Help| help.gain * workload.queries[help.query].counters.total_ms;
    let mut advice = Advice {
        design: design.clone(),
        basis: matrix.basis(&queries, chosen),
        size_bytes: facts.as_ref().and_then(|facts| writes::size_bytes(facts, design)),
        write_overhead: facts.as_ref().and_then(|facts| writes::overhead(facts, design)),
        saved_ms: helps.iter().map(saved).sum(),
        helps,
        ..Advice::default()
    };
    advice.notes = notes(snapshot, workload, &advice, facts.as_ref());
    advice
}

fn helps(snapshot: &Snapshot, workload: &Workload, matrix: &Matrix, chosen: &Set, position: usize) -> Vec<Help> {
    let mut helps: Vec<Help> = Vec::new();
    for query in matrix.queries() {
        let Some(best) = matrix.best(query, chosen).filter(|best| best.used.contains(&position)) else { continue };
        helps.push(Help {
            query,
            before: best.answer.before,
            after: best.answer.after,
            gain: best.gain(),
            predicates: predicates(snapshot, workload, query, matrix.designs[position]),
        });
    }
    let saved = |help: &Help| help.gain * workload.queries[help.query].counters.total_ms;
    helps.sort_by(|one, two| saved(two).total_cmp(&saved(one)).then(one.query.cmp(&two.query)));
    helps
}

/// The conditions of a statement that the design serves.
fn predicates(snapshot: &Snapshot, workload: &Workload, query: usize, design: &Design) -> Vec<usize> {
    let path = Path::designed(0, design);
    let mut positions: Vec<usize> = Vec::new();
    for scan in scans(snapshot, &workload.queries[query]) {
        let outer: Vec<usize> = scan.joins.iter().map(|join| join.other).collect();
        let served = serve(&path, &scan, &outer).unwrap_or_default();
        positions.extend(served.conditions.iter().filter_map(|one| scan.conditions[*one].predicate));
    }
    positions.sort_unstable();
    positions.dedup();
    positions
}

fn notes(snapshot: &Snapshot, workload: &Workload, advice: &Advice, facts: Option<&TableFacts>) -> Vec<String> {
    let design = &advice.design;
    let mut notes = Vec::new();
    if facts.is_some_and(|facts| !facts.analyzed) {
        notes.push("the table was never analyzed, so this rests on defaults: run ANALYZE first".to_owned());
    }
    if facts.is_some_and(|facts| facts.table.kind == TableKind::Partitioned) {
        notes.push("the table is partitioned: build it on each partition, then attach".to_owned());
    }
    if writes::is_write_heavy(snapshot, design) {
        notes.push("the table is written more than it is read; each write also maintains this index".to_owned());
    }
    let updated = writes::updated_columns(workload, design);
    if !updated.is_empty() {
        notes.push(format!("updates of {} can no longer be HOT", updated.join(", ")));
    }
    notes
}

fn rejected(snapshot: &Snapshot, workload: &Workload, matrix: &Matrix, create: &[Advice]) -> Vec<Rejection> {
    let mut rejected = candidates(snapshot, workload).rejections();
    for (position, design) in matrix.designs.iter().enumerate() {
        if create.iter().any(|advice| advice.design == **design) {
            continue;
        }
        rejected.push(Rejection { design: (*design).clone(), why: why_not(workload, matrix, position) });
    }
    rejected.sort_by(|one, two| (&one.design, &one.why).cmp(&(&two.design, &two.why)));
    rejected.dedup();
    rejected
}

fn why_not(workload: &Workload, matrix: &Matrix, position: usize) -> String {
    let gain = matrix.greatest_gain(position);
    if gain <= 0.0 {
        return "no plan would use it".to_owned();
    }
    if gain < MIN_GAIN {
        return format!(
            "it lowers the cost of no statement by more than {:.0} %, and 20 % is the least that counts",
            gain * 100.0
        );
    }
    if writes::upkeep_ms(workload, matrix.designs[position]) >= matrix.saved(&Set::from([position])) {
        return "keeping it up to date would take more time than it saves".to_owned();
    }
    "another index serves the same statements as well".to_owned()
}
