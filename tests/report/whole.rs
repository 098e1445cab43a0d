//! The report as a whole.

use pgassay::render::{Format, Look, render};
use pgassay::rule::{Outcome, Severity};
use pgassay::snapshot::Gap;
use pgassay::workload::{Counters, Unparsed};

use super::world::{EVENTS, ORDERS, World, index, missing, row, superfluous, unindexed};

fn busy() -> World {
    let mut world = World::new()
        .advised(ORDERS, &["customer_id"])
        .advised(EVENTS, &["at"])
        .foreign_key(ORDERS, &["a"])
        .foreign_key(ORDERS, &["b"])
        .index(index(11, "x", &["x"]))
        .index(index(12, "y", &["y"]))
        .index(index(13, "z", &["z"]))
        .found("missing-index", vec![missing(0, ORDERS), missing(1, EVENTS)])
        .found("unindexed-foreign-key", vec![unindexed(ORDERS, "a"), unindexed(ORDERS, "b")])
        .found("unused-index", vec![superfluous(11), superfluous(12), superfluous(13)])
        .clean("temp-spill")
        .not_evaluated("sequence-exhaustion", "hidden");
    for index in &mut world.snapshot.indexes {
        index.bytes = Some(8_192);
    }
    world
}

#[test]
fn the_order_in_which_facts_come_does_not_show() {
    let json = |world: &World| render(Format::Json, &world.report(), &Look { width: 80, colour: false, unicode: true });
    let expected = json(&busy());
    let mut turned = busy();
    turned.evaluated.reverse();
    for evaluated in &mut turned.evaluated {
        if let Outcome::Found(rows) = &mut evaluated.outcome {
            rows.reverse();
        }
    }
    turned.snapshot.tables.reverse();
    turned.snapshot.indexes.reverse();
    turned.snapshot.constraints.reverse();
    assert_eq!(json(&turned), expected);
}

#[test]
fn how_much_was_understood_is_counted() {
    let mut world = World::new();
    world.workload.queries[1].tables[0].table_oid = None;
    world.workload.unparsed = vec![Unparsed {
        fingerprint: "cc".to_owned(),
        text: "SELECT ???".to_owned(),
        why: "expected an expression".to_owned(),
        toplevel: true,
        counters: Counters { entries: 1, calls: 1, total_ms: 300.0, ..Counters::default() },
    }];
    world.workload.utility.total_ms = 100.0;
    world.snapshot.statements.hidden = 4;
    world.snapshot.statements.hidden_ms = 100.0;
    let report = world.report();
    let counts = &report.source.statements;
    assert_eq!((counts.parsed, counts.bound, counts.unparsed, counts.hidden), (2, 1, 1, 4));
    assert_eq!(counts.coverage, Some(0.5));
    assert_eq!(report.skipped[0].why, "1 of 3 statements (15 % of the time): cc: expected an expression");
    assert!(report.statements.iter().any(|statement| statement.statement == "cc"));
}

#[test]
fn gaps_and_outcomes_are_told() {
    let mut world = busy();
    let gap =
        Gap { what: "sequence-values".to_owned(), why: "hidden".to_owned(), remedy: Some("GRANT …".to_owned()) };
    world.snapshot.gaps = vec![gap];
    let report = world.report();
    assert_eq!(report.skipped[0].remedy.as_deref(), Some("GRANT …"));
    let rules: Vec<(&str, Option<&str>)> =
        report.rules.iter().map(|rule| (rule.rule.as_str(), rule.why.as_deref())).collect();
    let expected = [
        ("missing-index", None),
        ("sequence-exhaustion", Some("hidden")),
        ("temp-spill", None),
        ("unindexed-foreign-key", None),
        ("unused-index", None),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn the_twenty_busiest_statements_are_told_and_those_that_findings_name() {
    let mut world = World::new();
    let template = world.workload.queries[0].clone();
    let numbered = |number: u32| {
        let mut query = template.clone();
        query.fingerprint = format!("{number:02}");
        query.counters.total_ms = 100.0 - f64::from(number);
        query
    };
    world.workload.queries = (0..30).map(numbered).collect();
    let mut late = row("27", Severity::Info);
    late.statement_id = Some("27".to_owned());
    let report = world.found("slow-statement", vec![late]).report();
    assert_eq!(report.statements.len(), 21);
    assert_eq!(report.statements[20].statement, "27");
    assert_eq!(report.statements[20].findings, [report.findings[0].fingerprint.clone()]);
}
