//! Every candidate, with what it would do and why it was not recommended.

use super::candidate::Candidates;
use super::objective::{Objective, Set, View};
use super::setup::size_of;
use super::statement::Mask;
use super::{Advice, Considered, Input, Rejection};
use crate::units::{Bytes, Ms};
use crate::what_if::Design;

/// All candidates, those of most value alone first.
pub fn considered(input: &Input, objective: &Objective, chosen: &Set, create: &[Advice]) -> Vec<Considered> {
    let mut all: Vec<(f64, Considered)> =
        (0..objective.designs.len()).map(|design| one(input, objective, chosen, create, design)).collect();
    all.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.design.cmp(&two.1.design)));
    for (rank, (_, considered)) in (1..).zip(&mut all) {
        considered.rank = rank;
    }
    all.into_iter().map(|(_, considered)| considered).collect()
}

fn one(input: &Input, objective: &Objective, chosen: &Set, create: &[Advice], design: usize) -> (f64, Considered) {
    let itself = objective.designs[design];
    let best = best_statement(objective, design);
    let recommended = create.iter().any(|advice| advice.design == *itself);
    let why = if recommended { String::new() } else { why_not(input, objective, chosen, design) };
    let considered = Considered {
        design: itself.clone(),
        size: size_of(input, itself),
        query: best.map(|best| best.query),
        before: best.map(|best| best.before),
        after: best.map(|best| best.after),
        rank: 0,
        recommended,
        why,
    };
    (best.map_or(0.0, |best| best.saved_ms), considered)
}

/// What a design does for the statement that it does most for.
#[derive(Clone, Copy)]
struct Best {
    query: usize,
    before: f64,
    after: f64,
    saved_ms: f64,
}

/// With this design alone, else in the plan of those that use it which saves most.
fn best_statement(objective: &Objective, design: usize) -> Option<Best> {
    let of = |(place, bit): &(usize, Mask)| {
        let statement = &objective.statements[*place];
        let sets = statement.used_sets().filter(|used| used & bit != 0).chain([*bit]);
        let plans = sets.filter_map(|set| Some((statement.gain(set).sure, statement.best(set, &[])?)));
        let using = plans.filter(|(_, best)| best.used & bit != 0);
        let (gain, best) = using.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let (before, after) = (best.before, best.plan.cost);
        Some(Best { query: statement.query, before, after, saved_ms: gain * statement.total_ms })
    };
    let all = objective.places(design).iter().filter_map(of);
    all.reduce(|best, next| if next.saved_ms > best.saved_ms { next } else { best })
}

/// Why a candidate is not recommended, in a sentence without a full stop.
fn why_not(input: &Input, objective: &Objective, chosen: &Set, design: usize) -> String {
    if !objective.fits(&Set::from([design])) {
        return format!("it alone takes {}, more than the budget", Bytes(objective.costs[design].bytes));
    }
    let Some(best) = best_statement(objective, design) else { return unused(objective, design) };
    let gain = if best.before > 0.0 { 1.0 - best.after / best.before } else { 0.0 };
    if best.saved_ms <= 0.0 {
        return format!(
            "it lowers the cost of no statement by more than {:.0} %, and that is within the error of the estimate",
            gain.max(0.0) * 100.0
        );
    }
    let upkeep = objective.costs[design].upkeep_ms;
    let saved = objective.alone(design).max(best.saved_ms);
    if upkeep >= saved {
        return format!("keeping it up to date would take {}, and it saves {}", Ms(upkeep), Ms(saved));
    }
    let mut with = chosen.clone();
    with.insert(design);
    let added = objective.saved(&with) - objective.saved(chosen);
    if added > objective.price(design) && !objective.fits(&with) {
        return format!("it would save {} more, but those chosen leave no room for it within the budget", Ms(added));
    }
    match rival(objective, chosen, design) {
        Some(rival) => format!("another index serves the same statements as well: {}", label(input, rival)),
        None => format!("it would add {} to what the others save, too little for an index", Ms(added.max(0.0))),
    }
}

/// The chosen index that the plan of its best statement uses.
fn rival<'a>(objective: &Objective<'a>, chosen: &Set, design: usize) -> Option<&'a Design> {
    let best = best_statement(objective, design)?;
    let place = objective.statements.iter().position(|statement| statement.query == best.query)?;
    let statement = &objective.statements[place];
    let plan = statement.best(objective.mask(place, chosen), &[])?;
    let table = objective.designs[design].table_oid;
    let used = super::statement::places_of(plan.used).map(|place| objective.designs[statement.designs[place]]);
    let mut used: Vec<&Design> = used.collect();
    used.sort_by_key(|one| one.table_oid != table);
    used.first().copied()
}

/// No plan used it: what the planner preferred.
fn unused(objective: &Objective, design: usize) -> String {
    let hopes = objective.places(design).iter().any(|(place, bit)| objective.statements[*place].gain(*bit).hoped > 0.0);
    if hopes && objective.view == View::Sure {
        return "offered together with the others, no plan used it, and alone it would do no better".to_owned();
    }
    "no plan would use it".to_owned()
}

/// `orders (a, b)`, with the method where it is not a B-tree.
fn label(input: &Input, design: &Design) -> String {
    let table = input.snapshot.table(design.table_oid).map_or("", |table| table.name.as_str());
    let body = design.body();
    format!("{table} {}", body.strip_prefix("USING btree ").unwrap_or(&body))
}

/// Rejections as they were given before, in a stable order.
pub fn rejected(candidates: &Candidates, considered: &[Considered]) -> Vec<Rejection> {
    let mut rejected = candidates.rejections();
    let fell = considered.iter().filter(|one| !one.recommended);
    rejected.extend(fell.map(|one| Rejection { design: one.design.clone(), why: one.why.clone() }));
    rejected.sort_by(|one, two| (&one.design, &one.why).cmp(&(&two.design, &two.why)));
    rejected.dedup();
    rejected
}
