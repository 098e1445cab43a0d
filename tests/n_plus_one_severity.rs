//! From how many calls on a loop is told, and how loudly: by how it was seen and what it costs.
#![allow(missing_docs, reason = "tests")]

use pgassay::advisor::Recommendations;
use pgassay::analysis::{Analyses, NPlusOne};
use pgassay::facts::{Facts, Input};
use pgassay::rule::{Catalogue, Outcome, Override, run_one};
use pgassay::snapshot::{Snapshot, StatementsState};
use pgassay::workload::{Counters, Query, Workload};

const WEEK: f64 = 604_800.0;
const HOUR: f64 = 3_600.0;

/// A loop of twenty rows and what it costs.
#[derive(Debug, Clone, Copy)]
struct Loop {
    level: &'static str,
    calls: u64,
    ms: f64,
    /// Time of all other statements, ms.
    others_ms: f64,
    /// Age of the counters, seconds.
    age_s: f64,
}

fn query(name: &str, calls: u64, rows: u64, total_ms: f64) -> Query {
    let counters = Counters { entries: 1, calls, rows, total_ms, ..Counters::default() };
    Query { fingerprint: name.to_owned(), text: name.to_owned(), counters, toplevel: true, ..Query::default() }
}

/// The severity, or that nothing is said.
async fn said(one: Loop) -> &'static str {
    let body = query("body", one.calls, one.calls, one.ms);
    let list = query("list", one.calls / 20, one.calls, one.others_ms);
    let workload = Workload { queries: vec![body, list], ..Workload::default() };
    let confidence = if one.level == "snapshot" { 0.5 } else { 0.97 };
    let found = NPlusOne {
        child: 0,
        parent: Some(1),
        pattern: "lazy-many-to-one".to_owned(),
        calls_per_parent: Some(20.0),
        confidence,
        level: one.level.to_owned(),
        ..NPlusOne::default()
    };
    let mut snapshot = Snapshot { taken_at: 1e9, ..Snapshot::default() };
    snapshot.statements.state = StatementsState::Read;
    snapshot.statements.stats_reset = Some(1e9 - one.age_s);
    let (analyses, recommendations) =
        (Analyses { n_plus_one: vec![found], ..Analyses::default() }, Recommendations::default());
    let input =
        Input { snapshot: &snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await.expect("facts");
    let catalogue = Catalogue::builtin().expect("the rules");
    let rule = catalogue.rule("n-plus-one").expect("the rule");
    match run_one(rule, &mut facts, &Override::default()).await.expect("an outcome") {
        Outcome::Found(rows) => rows[0].severity.name(),
        Outcome::Clean => "nothing",
        Outcome::NotEvaluated(why) => panic!("{one:?}: {why}"),
    }
}

#[tokio::test]
async fn a_loop_that_was_measured_is_told_from_few_calls_on_and_for_information() {
    for (level, fewest) in [("snapshot", 40), ("window", 20), ("window and log", 20), ("log", 10), ("tags", 10)] {
        let of = |calls| Loop { level, calls, ms: 40.0, others_ms: 1.0, age_s: HOUR };
        assert_eq!(said(of(fewest - 1)).await, "nothing", "{level}");
        assert_eq!(said(of(fewest)).await, "info", "{level}");
        assert_eq!(said(of(100)).await, "warning", "{level}");
    }
}

#[tokio::test]
async fn an_error_takes_time_and_a_warning_of_a_suspicion_a_share_or_round_trips() {
    let measured = Loop { level: "tags", calls: 200_000, ms: 80_000.0, others_ms: 100_000.0, age_s: HOUR };
    let suspected = Loop { level: "snapshot", calls: 2_000, ms: 3.5, others_ms: 1e8, age_s: WEEK };
    for (case, one, expected) in [
        ("a minute of an hour", measured, "error"),
        ("forty milliseconds", Loop { ms: 40.0, others_ms: 50.0, calls: 200, ..measured }, "warning"),
        ("half a minute", Loop { ms: 30_000.0, ..measured }, "warning"),
        ("a minute of a year", Loop { age_s: 52.0 * WEEK, ..measured }, "warning"),
        ("hardly a share", Loop { others_ms: 1e7, ..measured }, "warning"),
        ("from counters", Loop { level: "snapshot", ..measured }, "warning"),
        ("a suspicion of nothing", suspected, "info"),
        ("with a share", Loop { others_ms: 100.0, ..suspected }, "warning"),
        ("with round trips", Loop { calls: 700_000, ..suspected }, "warning"),
        ("with as many, in a year", Loop { calls: 700_000, age_s: 52.0 * WEEK, ..suspected }, "info"),
        ("with many, in a moment", Loop { age_s: 60.0, ..suspected }, "info"),
    ] {
        assert_eq!(said(one).await, expected, "{case}: {one:?}");
    }
}
