//! Where planner and clock disagree.
//!
//! `WHERE lower(email) = $1 LIMIT 1`: the planner guesses that one row in two hundred fits, so that a scan meets the first
//! at once, and sees no use for an index. The counters say that each call reads the whole table. There the counters are
//! right, and the statement is judged by the model, which knows them.
//!
//! What a unit of cost takes is not the same on two servers, but on one it is much the same for all statements: its
//! median tells which of them the planner takes for something else than they are. One that takes far longer, and reads
//! more than its cost could pay for, is judged by the model. One that takes far less has less to save than the planner
//! believes: what it takes, put into the planner's units, is what it costs.

use crate::snapshot::Snapshot;
use crate::units::Ms;
use crate::what_if::{Answer, Basis, Design, Known, Question, model};
use crate::workload::{Kind, Query, Workload};

/// Times that measure and estimate have to be apart: less is what caches and widths of rows do.
const APART: f64 = 10.0;
/// Fewer blocks are read before anybody notices.
const LEAST_BLOCKS: f64 = 100.0;
/// Statements that a median needs: of fewer, one that is apart would move it.
const LEAST_WITNESSES: usize = 5;
/// Cost below which starting and ending a statement takes most of its time.
const LEAST_COST: f64 = 10.0;
/// Share of a statement's cost that the planner itself sees saved, from which its word is enough.
const SEEN: f64 = 0.5;

/// Who is believed about a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The planner.
    Planner,
    /// A LIMIT hides from the planner what is read: so many blocks by each call. The model judges.
    Limit(f64),
    /// It takes so many times longer than its cost, and reads so many blocks by each call. The model judges.
    Slower(f64, f64),
    /// It takes so many times less than its cost, and costs no more than this.
    Faster(f64, f64),
}

/// What a unit of cost takes on this server, ms: the median over statements that only read, each with its cost and what
/// a call takes.
pub fn rate(witnesses: &[(f64, f64)]) -> Option<f64> {
    let usable = witnesses.iter().filter(|(cost, mean_ms)| *cost >= LEAST_COST && *mean_ms > 0.0);
    let mut rates: Vec<f64> = usable.map(|(cost, mean_ms)| mean_ms / cost).collect();
    rates.sort_by(f64::total_cmp);
    (rates.len() >= LEAST_WITNESSES).then(|| rates[rates.len() / 2])
}

/// What a statement says of the rate: its cost as the server is, and what a call takes.
pub fn witness(query: &Query, before: &Answer) -> Option<(f64, f64)> {
    let planned = before.basis != Basis::Model && !before.plans.is_empty() && query.kind == Kind::Select;
    planned.then(|| (dearest(before), query.counters.mean_ms()))
}

/// Who is believed about a statement: by its answers to nothing and to all of its designs at once, and the rate.
pub fn verdict(query: &Query, before: &Answer, all: &Answer, rate: Option<f64>) -> Verdict {
    if before.basis == Basis::Model || before.plans.is_empty() || all.plans.is_empty() {
        return Verdict::Planner;
    }
    let counters = &query.counters;
    let blocks = (counters.shared_hit + counters.shared_read) as f64 / counters.calls.max(1) as f64;
    let unused = all.plans.iter().all(|plan| plan.used.is_empty());
    let limited = query.limit.is_some() && query.tables.len() == 1;
    if unused && limited && blocks >= LEAST_BLOCKS && blocks > dearest(before) * APART {
        return Verdict::Limit(blocks);
    }
    let Some(rate) = rate.filter(|_| query.kind == Kind::Select) else { return Verdict::Planner };
    let measured = counters.mean_ms() / rate;
    let cheapest = before.plans.iter().map(|plan| plan.cost).fold(f64::INFINITY, f64::min);
    let seen = before.plans.iter().zip(&all.plans).any(|(before, all)| all.cost < before.cost * (1.0 - SEEN));
    // a page read in order costs one: the planner did not count on so many. Waiting for a disk or a lock reads no more
    let unpaid = blocks >= LEAST_BLOCKS && blocks > dearest(before);
    if measured > dearest(before) * APART && unpaid && !seen {
        return Verdict::Slower(measured / dearest(before), blocks);
    }
    if cheapest > measured * APART {
        return Verdict::Faster(cheapest / measured.max(f64::MIN_POSITIVE), measured);
    }
    Verdict::Planner
}

fn dearest(answer: &Answer) -> f64 {
    answer.plans.iter().map(|plan| plan.cost).fold(f64::MIN_POSITIVE, f64::max)
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

/// What is said of a statement that takes so long.
pub fn note(verdict: Verdict, mean_ms: f64) -> Option<String> {
    let takes = Ms(mean_ms);
    match verdict {
        Verdict::Planner => None,
        Verdict::Limit(blocks) => Some(format!(
            "the planner believes that a LIMIT ends the scan early; each call reads {blocks:.0} blocks and takes {takes}, \
             so the counters were believed instead: run ANALYZE after creating it"
        )),
        Verdict::Slower(times, blocks) => Some(format!(
            "a call takes {takes}, {times:.0} times what the planner's cost stands for on this server, and reads \
             {blocks:.0} blocks, so the counters were believed instead: run ANALYZE after creating it"
        )),
        Verdict::Faster(times, _) => Some(format!(
            "a call takes {takes}, a {times:.0}th of what the planner's cost stands for on this server, so what it saves \
             was measured by the clock"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::Plan;
    use crate::workload::{Counters, Limit, TableUse};

    fn query(blocks: u64, limited: bool) -> Query {
        let counters = Counters { calls: 10, shared_hit: blocks * 10, total_ms: 10.0, ..Counters::default() };
        let limit = limited.then(Limit::default);
        Query { counters, limit, tables: vec![TableUse::default()], ..Query::default() }
    }

    fn taking(mean_ms: f64, blocks: u64) -> Query {
        let mut query = query(blocks, false);
        query.counters.total_ms = mean_ms * 10.0;
        query
    }

    fn answer(basis: Basis, cost: f64, used: &[usize]) -> Answer {
        Answer::one(basis, Plan { cost, used: used.to_vec(), ..Plan::default() })
    }

    #[test]
    fn the_counters_are_believed_where_a_limit_hides_what_is_really_read() {
        let cheap = answer(Basis::Lab, 5.0, &[]);
        for (case, query, all, expected) in [
            ("a scan that hardly ever ends early", query(20_000, true), cheap.clone(), Verdict::Limit(20_000.0)),
            ("a scan that ends early", query(6, true), cheap.clone(), Verdict::Planner),
            ("no limit", query(20_000, false), cheap.clone(), Verdict::Planner),
            ("a plan that uses an index", query(20_000, true), answer(Basis::Lab, 4.0, &[0]), Verdict::Planner),
        ] {
            assert_eq!(verdict(&query, &cheap, &all, None), expected, "{case}");
        }
        let modelled = answer(Basis::Model, 5.0, &[]);
        let judged = verdict(&query(20_000, true), &modelled, &modelled, None);
        assert_eq!(judged, Verdict::Planner, "the model knows the counters");
    }

    #[test]
    fn the_rate_is_the_median_of_enough_statements_that_are_no_trifles() {
        let usual = [(100.0, 1.0), (1_000.0, 10.0), (50.0, 0.6), (200.0, 1.8)];
        assert_eq!(rate(&usual), None, "too few");
        for odd in [(100.0, 900.0), (100_000.0, 0.1)] {
            let found = rate(&[&usual[..], &[odd]].concat()).expect("a rate");
            assert!((found - 0.01).abs() < 0.003, "one that is apart hardly moves it: {found}");
        }
        assert_eq!(rate(&[&usual[..], &[(0.01, 1.0), (8.3, 0.02)]].concat()), None, "trifles are no witnesses");
    }

    #[test]
    fn only_who_reads_is_a_witness_and_only_a_planners_cost() {
        let select = taking(3.0, 10);
        assert_eq!(witness(&select, &answer(Basis::Lab, 70.0, &[])), Some((70.0, 3.0)));
        assert_eq!(witness(&select, &answer(Basis::Model, 70.0, &[])), None);
        let update = Query { kind: Kind::Update, ..taking(3.0, 10) };
        assert_eq!(witness(&update, &answer(Basis::Lab, 70.0, &[])), None, "locks and triggers");
    }

    #[test]
    fn a_statement_far_from_the_median_has_the_clock_count() {
        let (cost, rate) = (500.0, Some(0.01));
        let same = answer(Basis::Lab, cost, &[]);
        let better = answer(Basis::Lab, 20.0, &[0]);
        let update = Query { kind: Kind::Update, ..taking(400.0, 9_000) };
        for (case, query, all, expected) in [
            ("as long as its cost", taking(5.0, 400), &same, Verdict::Planner),
            ("within the error of caches", taking(45.0, 9_000), &same, Verdict::Planner),
            ("80 times as long, and 9000 blocks", taking(400.0, 9_000), &same, Verdict::Slower(80.0, 9_000.0)),
            ("it waits for a disk: no more blocks than planned", taking(400.0, 450), &same, Verdict::Planner),
            ("it waits for a lock: hardly a block", taking(400.0, 3), &same, Verdict::Planner),
            ("an index saves most by the planner too", taking(400.0, 9_000), &better, Verdict::Planner),
            ("a write", update, &same, Verdict::Planner),
            ("a hundredth of its cost", taking(0.05, 5), &better, Verdict::Faster(100.0, 5.0)),
        ] {
            let before = answer(Basis::Lab, cost, &[]);
            assert_eq!(verdict(&query, &before, all, rate), expected, "{case}");
        }
        assert_eq!(verdict(&taking(400.0, 9_000), &same, &same, None), Verdict::Planner, "no rate");
    }

    #[test]
    fn the_report_says_why_the_clock_counts() {
        let slower = note(Verdict::Slower(80.0, 9_000.0), 400.0).expect("a note");
        assert!(slower.contains("80 times") && slower.contains("9000 blocks"), "{slower}");
        assert!(note(Verdict::Faster(100.0, 5.0), 0.05).is_some_and(|note| note.contains("100th")));
        assert_eq!(note(Verdict::Planner, 1.0), None);
    }
}
