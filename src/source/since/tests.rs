//! Two small snapshots and the time between them.

use super::*;
use crate::snapshot::Table;

/// `(queryid, calls)`; two ms a call.
fn snapshot(taken_at: f64, stats_reset: Option<f64>, counted: &[(i64, u64)]) -> Snapshot {
    let mut made = Snapshot { taken_at, ..Snapshot::default() };
    (made.server.version_num, made.server.database, made.server.started_at) = (150_000, "shop".to_owned(), 5.0);
    made.statements.state = StatementsState::Read;
    (made.statements.stats_reset, made.statements.max) = (stats_reset, Some(5_000));
    for (queryid, calls) in counted {
        made.statements.entries.push(Statement {
            queryid: Some(*queryid),
            user: Some("app".to_owned()),
            toplevel: true,
            calls: *calls,
            rows: *calls,
            total_exec_time: 2.0 * *calls as f64,
            ..Statement::default()
        });
    }
    made
}

fn earlier(name: &str, snapshot: Snapshot) -> Earlier {
    Earlier { path: PathBuf::from(name), snapshot }
}

fn calls(snapshot: &Snapshot) -> Vec<(i64, u64)> {
    snapshot.statements.entries.iter().map(|entry| (entry.queryid.expect("an id"), entry.calls)).collect()
}

fn changes(interval: &Interval) -> Vec<(i64, u64)> {
    interval.changes.iter().map(|change| (change.queryid, change.calls)).collect()
}

#[test]
fn the_period_holds_what_ran_in_it_the_busiest_first() {
    let before = earlier("a", snapshot(100.0, Some(1.0), &[(1, 50), (2, 50), (3, 50)]));
    let later = snapshot(160.0, Some(1.0), &[(1, 51), (2, 50), (3, 90), (4, 7), (5, 2)]);
    let period = since(later, vec![before]).expect("a period");
    assert_eq!(calls(&period), [(3, 40), (4, 7), (5, 2), (1, 1)]);
    assert_eq!((period.taken_at, period.statements.stats_reset), (160.0, Some(100.0)));
    let samples = period.samples.expect("one interval");
    assert_eq!((samples.began_at, samples.seconds()), (100.0, 60.0));
    assert_eq!(changes(&samples.intervals[0]), [(1, 1), (3, 40), (4, 7), (5, 2)]);
}

#[test]
fn several_snapshots_make_several_intervals_in_the_order_of_time() {
    let later = snapshot(130.0, Some(1.0), &[(1, 60), (2, 9)]);
    let files = vec![
        earlier("b", snapshot(110.0, Some(1.0), &[(1, 20)])),
        earlier("a", snapshot(100.0, Some(1.0), &[(1, 10)])),
    ];
    let period = since(later, files).expect("a period");
    assert_eq!(calls(&period), [(1, 50), (2, 9)]);
    let samples = period.samples.expect("two intervals");
    let found: Vec<_> = samples.intervals.iter().map(|one| (one.seconds, changes(one))).collect();
    assert_eq!(found, [(10.0, vec![(1, 10)]), (20.0, vec![(1, 40), (2, 9)])]);
}

#[test]
fn an_entry_that_was_evicted_in_between_counts_from_its_return_and_the_report_says_so() {
    let mut before = snapshot(100.0, Some(1.0), &[(1, 50), (2, 50)]);
    let mut later = snapshot(160.0, Some(1.0), &[(1, 60), (2, 3)]);
    (before.statements.dealloc, later.statements.dealloc) = (Some(2), Some(5));
    let period = since(later, vec![earlier("a", before)]).expect("a period");
    assert_eq!(calls(&period), [(1, 10), (2, 3)]);
    assert_eq!(period.statements.dealloc, Some(3));
    assert!(period.gaps[0].why.contains("3 times"), "{:?}", period.gaps);
}

#[test]
fn what_was_hidden_then_is_not_taken_for_new() {
    let mut before = snapshot(100.0, Some(1.0), &[(1, 50)]);
    before.statements.hidden = 1;
    let later = snapshot(160.0, Some(1.0), &[(1, 60), (2, 900)]);
    let period = since(later.clone(), vec![earlier("a", before.clone())]).expect("a period");
    assert_eq!(calls(&period), [(1, 10)]);
    assert!(period.gaps[0].why.starts_with("1 of 2 statements were hidden"), "{:?}", period.gaps);
    // from 17 on the entry says itself when it began
    let mut later = later;
    later.statements.entries[1].stats_since = Some(150.0);
    let period = since(later, vec![earlier("a", before)]).expect("a period");
    assert_eq!(calls(&period), [(2, 900), (1, 10)]);
}

#[test]
fn finer_samples_of_the_later_snapshot_are_kept() {
    let mut later = snapshot(160.0, Some(1.0), &[(1, 60)]);
    let fine = Samples { began_at: 130.0, intervals: vec![Interval::default(); 3], ..Samples::default() };
    later.samples = Some(fine.clone());
    let period = since(later, vec![earlier("a", snapshot(100.0, Some(1.0), &[(1, 50)]))]).expect("a period");
    assert_eq!(period.samples, Some(fine));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let later = || snapshot(160.0, Some(1.0), &[(1, 60)]);
    let of_13 = |calls: u64| {
        let mut made = snapshot(if calls > 9 { 100.0 } else { 160.0 }, None, &[(1, calls)]);
        made.server.version_num = 130_000;
        made
    };
    let mut elsewhere = snapshot(100.0, Some(1.0), &[]);
    elsewhere.server.database = "other".to_owned();
    let mut old = snapshot(100.0, Some(1.0), &[]);
    old.server.version_num = 140_000;
    let mut none = snapshot(100.0, Some(1.0), &[]);
    none.statements.state = StatementsState::LeftOut;
    let mut clone = snapshot(100.0, Some(0.5), &[]);
    clone.server.started_at = 4.0;
    refused(elsewhere, later(), "a is of another server or database: it is of database \"other\", not \"shop\"");
    refused(old, later(), "a is of another server or database: it is of PostgreSQL 14, not 15");
    refused(clone, later(), "a is of another server or database: its counters began at another time");
    refused(snapshot(170.0, Some(1.0), &[]), later(), "a was not taken before what it is compared with");
    refused(none, later(), "a holds no statements to compare");
    let reset = "the counters of pg_stat_statements were reset after a was taken";
    refused(snapshot(100.0, Some(1.0), &[]), snapshot(160.0, Some(120.0), &[]), reset);
    refused(of_13(50), of_13(3), reset);
}

fn refused(before: Snapshot, after: Snapshot, expected: &str) {
    let error = since(after, vec![earlier("a", before)]).expect_err(expected);
    assert_eq!(error.to_string(), expected);
}

#[test]
fn tables_made_anew_are_another_server_only_where_nothing_else_tells() {
    let with_table = |taken_at: f64, started_at: f64, oid: u32| {
        let mut made = snapshot(taken_at, None, &[]);
        (made.server.version_num, made.server.started_at) = (130_000, started_at);
        made.tables.push(Table { oid, schema: "public".to_owned(), name: "t".to_owned(), ..Table::default() });
        made
    };
    for (case, started_at, oid, same) in
        [("same", 5.0, 7, true), ("made anew", 5.0, 8, true), ("restarted", 90.0, 7, true), ("another", 90.0, 8, false)]
    {
        let period = since(with_table(160.0, started_at, oid), vec![earlier("a", with_table(100.0, 5.0, 7))]);
        assert_eq!(period.is_ok(), same, "{case}");
    }
}
