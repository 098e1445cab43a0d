//! Where planner and clock disagree.
//!
//! `WHERE lower(email) = $1 LIMIT 1`: the planner guesses that one row in two hundred fits, so that a scan meets the first
//! at once, and sees no use for an index. The counters say that each call reads the whole table. There the counters are
//! right, and the statement is judged by the model, which knows them.

use crate::snapshot::Snapshot;
use crate::what_if::{Answer, Basis, Design, Known, Question, model};
use crate::workload::{Query, Workload};

/// Times that the blocks really read exceed what the planner's whole cost could pay for.
const APART: f64 = 10.0;
/// Fewer blocks are read before anybody notices.
const LEAST_BLOCKS: f64 = 100.0;

/// The blocks that one call reads, where a LIMIT makes the planner believe in far fewer, and in no index.
pub fn overrules(query: &Query, before: &Answer, all: &Answer) -> Option<f64> {
    let counters = &query.counters;
    let blocks = (counters.shared_hit + counters.shared_read) as f64 / counters.calls.max(1) as f64;
    let dearest = before.plans.iter().map(|plan| plan.cost).fold(0.0, f64::max);
    let planned = before.basis != Basis::Model && !before.plans.is_empty() && !all.plans.is_empty();
    let unused = all.plans.iter().all(|plan| plan.used.is_empty());
    let believed = query.limit.is_some() && query.tables.len() == 1;
    (planned && unused && believed && blocks >= LEAST_BLOCKS && blocks > dearest * APART).then_some(blocks)
}

/// What the model says of all designs together and of each alone.
pub fn judged(snapshot: &Snapshot, workload: &Workload, query: usize, designs: &[Design]) -> Vec<(Question, Answer)> {
    let sets = [Vec::new(), designs.to_vec()].into_iter().chain(designs.iter().map(|design| vec![design.clone()]));
    let ask = |designs: Vec<Design>| {
        let question = Question { query, designs, without: Vec::new() };
        let answer = model::answer(snapshot, workload, &question);
        (question, answer)
    };
    sets.map(ask).collect()
}

/// The answers to nothing and to all of its designs at once, where both are known.
pub fn first_answers(known: &Known, query: usize, designs: &[Design]) -> Option<(Answer, Answer)> {
    let ask = |designs: &[Design]| known.answer(&Question { query, designs: designs.to_vec(), without: Vec::new() });
    Some((ask(&[])?, ask(designs)?))
}

/// What is said of such a statement.
pub fn note(blocks: f64, mean_ms: f64) -> String {
    format!(
        "the planner believes that a LIMIT ends the scan early; each call reads {blocks:.0} blocks and takes {}, so the \
         counters were believed instead: run ANALYZE after creating it",
        crate::units::Ms(mean_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::Plan;
    use crate::workload::{Counters, Limit, TableUse};

    fn query(blocks: u64, limited: bool) -> Query {
        let counters = Counters { calls: 10, shared_hit: blocks * 10, ..Counters::default() };
        let limit = limited.then(Limit::default);
        Query { counters, limit, tables: vec![TableUse::default()], ..Query::default() }
    }

    fn answer(basis: Basis, cost: f64, used: &[usize]) -> Answer {
        Answer::one(basis, Plan { cost, used: used.to_vec(), ..Plan::default() })
    }

    #[test]
    fn the_counters_are_believed_where_a_limit_hides_what_is_really_read() {
        let cheap = answer(Basis::Lab, 5.0, &[]);
        for (case, query, all, expected) in [
            ("a scan that hardly ever ends early", query(20_000, true), cheap.clone(), Some(20_000.0)),
            ("a scan that ends early", query(6, true), cheap.clone(), None),
            ("no limit", query(20_000, false), cheap.clone(), None),
            ("a plan that uses an index", query(20_000, true), answer(Basis::Lab, 4.0, &[0]), None),
        ] {
            assert_eq!(overrules(&query, &cheap, &all), expected, "{case}");
        }
        let modelled = answer(Basis::Model, 5.0, &[]);
        assert_eq!(overrules(&query(20_000, true), &modelled, &modelled), None, "the model knows the counters");
    }
}
