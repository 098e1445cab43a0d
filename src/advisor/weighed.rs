//! Statements that were never measured at the size at which they are judged, weighed by what the model expects of them.
//!
//! On the handful of rows of a test database every statement is fast. What it will take in production follows from its
//! cost there and from what a unit of cost takes of the statements that are known; how often it will run nobody knows,
//! so it counts as often as the middling known one.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{candidate, clock};
use crate::snapshot::Snapshot;
use crate::what_if::{Question, model};
use crate::workload::{Kind, Query, Workload};

/// What a unit of cost takes where too few statements are known, ms: a page in memory, read in order.
const MS_OF_COST: f64 = 0.01;

/// The workload with an estimate in place of what `unmeasured` statements, by fingerprint, took elsewhere. The statements
/// keep their places.
pub fn weighed<'a>(snapshot: &Snapshot, workload: &'a Workload, unmeasured: &BTreeSet<String>) -> Cow<'a, Workload> {
    let is_new = |query: &Query| unmeasured.contains(&query.fingerprint);
    if !workload.queries.iter().any(is_new) {
        return Cow::Borrowed(workload);
    }
    let mut weighed = workload.clone();
    for query in weighed.queries.iter_mut().filter(|query| is_new(query)) {
        let counters = &mut query.counters;
        counters.rows_unknown = true;
        (counters.shared_hit, counters.shared_read, counters.temp_written) = (0, 0, 0);
    }
    let known = || workload.queries.iter().filter(|query| !is_new(query));
    let calls = middling(known().map(|query| query.counters.calls).collect());
    let rate = rate(snapshot, workload, unmeasured);
    for position in 0..weighed.queries.len() {
        if !is_new(&weighed.queries[position]) {
            continue;
        }
        let cost = cost(snapshot, &weighed, position);
        let counters = &mut weighed.queries[position].counters;
        // what a test asks once is no statement of the application yet
        if counters.calls >= candidate::MIN_CALLS {
            counters.calls = calls.unwrap_or(counters.calls);
        }
        counters.total_ms = counters.calls as f64 * cost * rate;
    }
    Cow::Owned(weighed)
}

fn rate(snapshot: &Snapshot, workload: &Workload, unmeasured: &BTreeSet<String>) -> f64 {
    let known = |query: &Query| query.kind == Kind::Select && !unmeasured.contains(&query.fingerprint);
    let places = (0..workload.queries.len()).filter(|place| known(&workload.queries[*place]));
    let witness = |place: usize| (cost(snapshot, workload, place), workload.queries[place].counters.mean_ms());
    clock::rate(&places.map(witness).collect::<Vec<_>>()).unwrap_or(MS_OF_COST)
}

fn cost(snapshot: &Snapshot, workload: &Workload, query: usize) -> f64 {
    let question = Question { query, designs: Vec::new(), without: Vec::new() };
    model::answer(snapshot, workload, &question).plans.first().map_or(0.0, |plan| plan.cost)
}

fn middling(mut numbers: Vec<u64>) -> Option<u64> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Column, Statement, Statements, Table};

    fn entry(text: &str, calls: u64) -> Statement {
        let (text, total_exec_time) = (Some(text.to_owned()), calls as f64 * 0.02);
        Statement { text, calls, rows: calls, total_exec_time, toplevel: true, ..Statement::default() }
    }

    fn orders(entries: Vec<Statement>) -> (Snapshot, Workload) {
        let table = Table { oid: 1, schema: "public".into(), name: "orders".into(), ..Table::default() };
        let column = Column { table_oid: 1, position: 1, name: "id".into(), ..Column::default() };
        let snapshot = Snapshot {
            tables: vec![Table { rows: Some(1e6), pages: 10_000, ..table }],
            columns: vec![Column { base_type: "int8".into(), type_name: "bigint".into(), ..column }],
            statements: Statements { entries, ..Statements::default() },
            ..Snapshot::default()
        };
        let workload = Workload::build(&snapshot);
        (snapshot, workload)
    }

    #[test]
    fn a_new_statement_takes_what_its_cost_stands_for_and_one_that_is_known_what_was_measured() {
        let [known, new, once] =
            ["SELECT 1 FROM orders", "SELECT id FROM orders WHERE id = $1", "SELECT max(id) FROM orders"];
        let (snapshot, workload) = orders(vec![entry(known, 700), entry(new, 5), entry(once, 1)]);
        let of = |text: &str| workload.queries.iter().position(|query| query.text == text).expect("a statement");
        let unmeasured: BTreeSet<String> =
            [new, once].iter().map(|text| workload.queries[of(text)].fingerprint.clone()).collect();
        let weighed = weighed(&snapshot, &workload, &unmeasured);
        assert_eq!(weighed.queries[of(known)].counters, workload.queries[of(known)].counters);
        let counters = &weighed.queries[of(new)].counters;
        assert_eq!((counters.calls, counters.measured_rows()), (700, None));
        assert!(counters.mean_ms() > 100.0, "ten thousand pages take more than a blink: {counters:?}");
        assert_eq!(weighed.queries[of(once)].counters.calls, 1);
    }

    #[test]
    fn a_workload_that_was_measured_stays_as_it_is() {
        let (snapshot, workload) = orders(vec![entry("SELECT id FROM orders WHERE id = $1", 5)]);
        assert!(matches!(weighed(&snapshot, &workload, &BTreeSet::new()), Cow::Borrowed(_)));
    }
}
