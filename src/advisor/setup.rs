//! From what is known to an objective: which statements a design may serve, what each design costs.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::{Candidates, Unseen};
use super::clock::Verdict;
use super::objective::{Cost, Limits, Objective};
use super::statement::{MOST_DESIGNS, Statement};
use super::{Budget, Input, clock, existing, writes};
use crate::snapshot::{Snapshot, Table};
use crate::what_if::{Answer, Basis, Condition, Design, Path, Plan, Question, Scan, Size, scans, serve, size};
use crate::workload::{Counters, Workload};

/// What each key of another method than a B-tree weighs more: hardly any other statement will use it.
const SPECIAL: f64 = 4.0;
/// What an index weighs more that is walked past rows that do not fit: one that holds the condition too is the safer.
const WALKED: f64 = 1.5;
/// An included column weighs less than a key.
const INCLUDED: f64 = 0.5;
/// Bytes of a block.
const BLOCK: u64 = 8192;

/// What does not change from one call to the next.
#[derive(Debug)]
pub struct Prepared {
    /// Every design, sorted: those of statements, and those behind foreign keys.
    designs: Vec<Design>,
    /// For each statement the positions of the designs that may serve it.
    relevant: BTreeMap<usize, Vec<usize>>,
    /// How large each would be by our own estimate.
    sizes: Vec<Option<Size>>,
    /// Which are walked in order past rows that do not fit: how many those are no planner knows of a rare value.
    walked: Vec<bool>,
}

/// The objective of a workload, by what is known now.
pub fn objective<'a>(input: &Input<'a>) -> Objective<'a> {
    let prepared = input.candidates.prepared.get_or_init(|| prepared(input));
    let designs: Vec<&Design> = prepared.designs.iter().collect();
    let rate = rate(input, prepared);
    let walked = prepared.walked.iter();
    let costs: Vec<Cost> = designs.iter().zip(walked).map(|(design, walked)| cost(input, design, *walked)).collect();
    let limits = limits(input);
    // what the budget has no room for even alone would only hide what the others do
    let fits = |design: &usize| limits.bytes.is_none_or(|most| costs[*design].bytes <= most);
    let asked = prepared.relevant.iter().map(|(query, relevant)| {
        let relevant: Vec<usize> = relevant.iter().copied().filter(fits).collect();
        statement(input, *query, &relevant, &designs, rate)
    });
    let mut statements: Vec<Statement> = asked.collect();
    statements.extend(unseen(input, &designs));
    let total_ms = input.workload.total_ms();
    let objective = Objective::new(designs, statements, costs, limits, total_ms);
    let mut objective = objective.with(input.candidates.caution, total_ms);
    objective.together = together(input.candidates, &objective.designs);
    objective
}

fn prepared(input: &Input) -> Prepared {
    let candidates = input.candidates;
    let designs: BTreeSet<&Design> = candidates.designs.keys().chain(candidates.unseen.keys()).collect();
    let designs: Vec<Design> = designs.into_iter().cloned().collect();
    let queries: BTreeSet<usize> = candidates.designs.values().flatten().copied().collect();
    let of_query = |query: usize| (query, relevant(input.snapshot, input.workload, candidates, &designs, query));
    Prepared {
        relevant: queries.into_iter().map(of_query).collect(),
        sizes: designs.iter().map(|design| size::of_design(input.snapshot, design)).collect(),
        walked: designs.iter().map(|design| is_walked(input, design)).collect(),
        designs,
    }
}

/// Whether a statement that a design came from takes its first rows in the design's order, whatever they hold.
fn is_walked(input: &Input, design: &Design) -> bool {
    let from = input.candidates.designs.get(design).into_iter().flatten();
    let mut limited = from.map(|query| &input.workload.queries[*query]).filter(|query| query.limit.is_some());
    limited.any(|query| {
        let path = Path::designed(0, design);
        scans(input.snapshot, query).iter().filter(|scan| scan.facts.table.oid == design.table_oid).any(|scan| {
            let served = serve(&path, scan, &[]).unwrap_or_default();
            let left = |(position, one): (usize, &Condition)| {
                one.conjunct && !served.conditions.contains(&position) && !served.implied.contains(&position)
            };
            served.ordered && scan.conditions.iter().enumerate().any(left)
        })
    })
}

/// What indexes behind foreign keys do: a statement for each key, with its share of the time, since the triggers of
/// one statement look through one table after the other.
fn unseen<'a>(input: &Input<'a>, designs: &[&'a Design]) -> Vec<Statement<'a>> {
    let all = || input.candidates.unseen.iter().flat_map(|(design, of)| of.iter().map(move |one| (design, one)));
    let falls = |one: &Unseen| (one.before - one.after).max(0.0);
    let mut whole: BTreeMap<usize, f64> = BTreeMap::new();
    for (_, one) in all() {
        *whole.entry(one.query).or_default() += falls(one);
    }
    all()
        .filter_map(|(design, one)| {
            let position = designs.binary_search(&design).ok()?;
            let share = falls(one) / whole[&one.query].max(f64::MIN_POSITIVE);
            let counters = &input.workload.queries[one.query].counters;
            let counters = Counters { total_ms: counters.total_ms * share, ..counters.clone() };
            Some(Statement::told(one.query, &counters, vec![position], designs, estimated(design, one)))
        })
        .collect()
}

/// The two answers of our own estimate, as if they had been asked for.
fn estimated(design: &Design, one: &Unseen) -> Vec<(Question, Answer)> {
    let plan = |cost, used| Answer::one(Basis::Model, Plan { cost, used, ..Plan::default() });
    let ask = |designs| Question { query: one.query, designs, without: Vec::new() };
    vec![(ask(Vec::new()), plan(one.before, Vec::new())), (ask(vec![design.clone()]), plan(one.after, vec![0]))]
}

/// What a unit of cost takes on this server, by the statements that were planned as it is.
fn rate(input: &Input, prepared: &Prepared) -> Option<f64> {
    let nothing = |query: usize| input.known.answer(&Question { query, ..Question::default() });
    let of_query = |query: &usize| clock::witness(&input.workload.queries[*query], &nothing(*query)?);
    clock::rate(&prepared.relevant.keys().filter_map(of_query).collect::<Vec<_>>())
}

/// What is known of a statement; by the clock where the planner is plainly wrong about it.
fn statement<'a>(
    input: &Input<'a>,
    query: usize,
    relevant: &[usize],
    designs: &[&'a Design],
    rate: Option<f64>,
) -> Statement<'a> {
    let asked = &input.workload.queries[query];
    let own: Vec<Design> = relevant.iter().map(|position| designs[*position].clone()).collect();
    let verdict = clock::first_answers(input.known, query, &own)
        .map_or(Verdict::Planner, |(before, all)| clock::verdict(asked, &before, &all, rate));
    let planned = || Statement::asked(query, &asked.counters, relevant.to_vec(), designs, input.known);
    let mut statement = match verdict {
        Verdict::Planner | Verdict::Faster(..) => planned(),
        Verdict::Limit(_) | Verdict::Slower(..) => {
            let answers = clock::judged(input.snapshot, input.workload, query, &own);
            Statement::told(query, &asked.counters, relevant.to_vec(), designs, answers)
        }
    };
    if let Verdict::Faster(_, cost) = verdict {
        statement.measured = Some(cost);
    }
    statement.caution = input.candidates.caution;
    statement.note = clock::note(verdict, asked.counters.mean_ms());
    statement
}

/// Sets that help a statement only together: one for each alternative of an OR.
fn together(candidates: &Candidates, designs: &[&Design]) -> Vec<Vec<usize>> {
    let set = |set: &Vec<Design>| set.iter().map(|design| designs.binary_search(&design).ok()).collect();
    let mut sets: Vec<Vec<usize>> = candidates.together.iter().filter_map(|(_, one)| set(one)).collect();
    for set in &mut sets {
        set.sort_unstable();
    }
    sets.sort();
    sets.dedup();
    sets
}

/// Positions of the designs that may serve a statement: its own, and those of others whose keys it compares too.
fn relevant(
    snapshot: &Snapshot,
    workload: &Workload,
    candidates: &Candidates,
    designs: &[Design],
    query: usize,
) -> Vec<usize> {
    let scans = scans(snapshot, &workload.queries[query]);
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for (position, design) in designs.iter().enumerate() {
        if candidates.designs.get(design).is_some_and(|from| from.contains(&query)) {
            own.push(position);
        } else if serves(design, &scans) {
            others.push(position);
        }
    }
    own.extend(others);
    own.truncate(MOST_DESIGNS);
    own.sort_unstable();
    own
}

fn serves(design: &Design, scans: &[Scan]) -> bool {
    let path = Path::designed(0, design);
    scans.iter().filter(|scan| scan.facts.table.oid == design.table_oid).any(|scan| {
        let outer: Vec<usize> = scan.joins.iter().map(|join| join.other).collect();
        serve(&path, scan, &outer).is_some() || in_every_alternative(design, scan)
    })
}

/// Whether the planner may find a use that the conditions do not show: it takes out of an OR what all of its
/// alternatives have in common, a join too.
fn in_every_alternative(design: &Design, scan: &Scan) -> bool {
    let first = design.keys.first().and_then(|key| key.column.as_ref());
    let read = first.zip(scan.reads.as_ref()).is_some_and(|(first, reads)| reads.contains(first));
    read && scan.conditions.iter().any(|condition| !condition.conjunct)
}

/// How large a design would be: by the planner that would have it, else an estimate.
pub fn size_of(input: &Input, design: &Design) -> Option<Size> {
    let estimate = || {
        let prepared = input.candidates.prepared.get()?;
        prepared.sizes[prepared.designs.binary_search(design).ok()?]
    };
    input.sizes.get(design).copied().or_else(estimate)
}

fn cost(input: &Input, design: &Design, walked: bool) -> Cost {
    let size = size_of(input, design);
    let upkeep = writes::upkeep(input.snapshot, input.workload, design, size);
    let special = if design.method == "btree" { 0.0 } else { SPECIAL } + if walked { WALKED } else { 0.0 };
    Cost {
        upkeep_ms: (upkeep.ms - existing::upkeep_spared_ms(input, design)) * input.options.profile.write_weight(),
        bytes: size.map_or(0, |size| size.blocks * BLOCK),
        weight: design.keys.len() as f64 + design.include.len() as f64 * INCLUDED + special,
    }
}

fn limits(input: &Input) -> Limits {
    let heaps = || -> u64 {
        let of = |table: &Table| table.heap_bytes.unwrap_or(table.pages * BLOCK);
        input.snapshot.tables.iter().map(of).sum()
    };
    let bytes = input.options.budget.map(|budget| match budget {
        Budget::Bytes(bytes) => bytes,
        Budget::HeapShare(share) => (heaps() as f64 * share) as u64,
    });
    Limits { bytes, count: input.options.max_indexes }
}
