//! From the chosen set to advice.

use std::collections::BTreeSet;

use super::considered::{considered, rejected};
use super::name::name;
use super::notes::notes;
use super::objective::{Objective, Set};
use super::setup::size_of;
use super::statement::{Chosen, Mask, Statement};
use super::verdict::verdicts;
use super::{Advice, Help, Input, Recommendations, Slowed, building, existing, writes};
use crate::snapshot::Snapshot;
use crate::what_if::{Basis, Design, Parameters, Path, TableFacts, scans, serve};
use crate::workload::Workload;

/// The indexes to create, and why the other candidates are not among them.
pub fn recommend(input: &Input, objective: &Objective, chosen: &Set) -> Recommendations {
    let mut create: Vec<Advice> = chosen.iter().map(|design| advice(input, objective, chosen, *design)).collect();
    create.retain(|advice| !advice.helps.is_empty());
    create.sort_by(|one, two| two.saved_ms.total_cmp(&one.saved_ms).then(one.design.cmp(&two.design)));
    let mut taken = BTreeSet::new();
    for advice in &mut create {
        advice.name = name(input.snapshot, &advice.design, &taken);
        taken.insert(advice.name.clone());
    }
    let considered = considered(input, objective, chosen, &create);
    let verdicts = verdicts(input, objective, chosen, &create, &considered);
    Recommendations { rejected: rejected(input.candidates, &considered), considered, create, verdicts }
}

fn advice(input: &Input, objective: &Objective, chosen: &Set, position: usize) -> Advice {
    let design = objective.designs[position];
    let facts = TableFacts::read(input.snapshot, design.table_oid);
    let size = size_of(input, design);
    let upkeep = writes::upkeep(input.snapshot, input.workload, design, size);
    let (helps, saved_ms) = helps(input, objective, chosen, position);
    let slows = upkeep.slows.iter().map(|(query, added_ms)| Slowed { query: *query, added_ms: *added_ms }).collect();
    let mut advice = Advice {
        design: design.clone(),
        basis: basis(objective, chosen, position),
        size_bytes: size.map(|size| size.blocks * 8192),
        size_is_rough: size.is_some_and(|size| size.rough),
        write_overhead: facts.as_ref().and_then(|facts| writes::overhead(facts, design, size)),
        saved_ms,
        added_ms: upkeep.ms,
        wal_bytes: upkeep.wal_bytes,
        hot_lost: upkeep.hot_lost,
        window_s: writes::window_s(input.snapshot),
        helps,
        slows,
        build: facts.iter().flat_map(|facts| building::notes(input.snapshot, design, facts, size)).collect(),
        replaces: existing::replaced(input, objective, chosen, position),
        ..Advice::default()
    };
    advice.notes = notes(input.snapshot, input.workload, &advice, facts.as_ref());
    advice.notes.extend(design.keys.iter().filter_map(|key| building::inferred(input.snapshot, key)));
    advice.notes.extend(judged(objective, &advice));
    advice
}

/// Why statements that it helps were not judged by the planner.
fn judged(objective: &Objective, advice: &Advice) -> BTreeSet<String> {
    let helped = |statement: &&Statement| advice.helps.iter().any(|help| help.query == statement.query);
    objective.statements.iter().filter(helped).filter_map(|statement| statement.note.clone()).collect()
}

/// The statements that it helps, by falling gain, and the time that is its due.
fn helps(input: &Input, objective: &Objective, chosen: &Set, position: usize) -> (Vec<Help>, f64) {
    let mut found: Vec<(f64, Help)> = Vec::new();
    for (place, bit) in objective.places(position) {
        let statement = &objective.statements[*place];
        let set = objective.mask(*place, chosen);
        let gain = statement.gain(set).sure;
        let Some(best) = statement.best(set, &[]).filter(|best| best.used & bit != 0 && gain > 0.0) else { continue };
        // what several do together is shared out among them
        let due = gain * statement.total_ms / f64::from(best.used.count_ones());
        found.push((due, help(input, statement, set, &best, gain, objective.designs[position])));
    }
    found.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.query.cmp(&two.1.query)));
    let due = found.iter().map(|(due, _)| due).sum();
    (found.into_iter().map(|(_, help)| help).collect(), due)
}

fn help(input: &Input, statement: &Statement, set: Mask, best: &Chosen, gain: f64, design: &Design) -> Help {
    Help {
        query: statement.query,
        before: best.before,
        after: best.plan.cost,
        gain,
        predicates: predicates(input.snapshot, input.workload, statement.query, design),
        shape_before: statement.best_shape(best),
        shape_after: best.plan.shape.clone(),
        depends: depends(statement, set),
    }
}

/// Where the plan for any value and the plan for usual values disagree, the parameter that decides.
fn depends(statement: &Statement, set: Mask) -> Option<String> {
    /// A smaller difference is none.
    const APART: f64 = 0.3;
    let plans = statement.plans(set);
    let ratios = || plans.iter().map(Chosen::ratio);
    let apart = ratios().fold(0.0, f64::max) - ratios().fold(1.0, f64::min) > APART;
    let what = plans.iter().find_map(|chosen| match &chosen.plan.parameters {
        Parameters::Calibrated { what } if !what.is_empty() => Some(what.clone()),
        _ => None,
    });
    what.filter(|_| apart)
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

/// The weakest basis among the answers that speak for a design.
fn basis(objective: &Objective, chosen: &Set, position: usize) -> Basis {
    let uses = |(place, bit): &&(usize, Mask)| {
        let best = objective.statements[*place].best(objective.mask(*place, chosen), &[]);
        best.is_some_and(|best| best.used & bit != 0)
    };
    let bases = objective.places(position).iter().filter(uses).map(|(place, _)| objective.statements[*place].basis);
    bases.max().unwrap_or_default()
}
