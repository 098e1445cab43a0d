//! Parts that are there, and parts that only look as if they were.

use super::*;
use crate::snapshot::Setting;
use crate::source::log::{Event, LockWait, Plan, PlanFormat};
use crate::workload::Query;

fn busy(change: impl Fn(&mut Counters)) -> Counters {
    let mut counters = Counters {
        entries: 1,
        calls: 100,
        rows: 100,
        total_ms: 2_000.0,
        max_ms: 40.0,
        min_ms: 10.0,
        stddev_ms: 5.0,
        min_max_whole: true,
        ..Counters::default()
    };
    change(&mut counters);
    counters
}

fn workload(counters: Counters) -> Workload {
    let query = Query { fingerprint: "f".to_owned(), counters, ..Query::default() };
    Workload { queries: vec![query], ..Workload::default() }
}

fn causes(snapshot: &Snapshot, counters: Counters, cv: Option<f64>) -> Vec<(CauseKind, String)> {
    let latency = [Latency { cv, ..Latency::default() }];
    let found = find(snapshot, &workload(counters), &latency, None);
    found.into_iter().map(|cause| (cause.kind, cause.words)).collect()
}

fn timed() -> Snapshot {
    let timed = Setting { name: "track_io_timing".to_owned(), value: "on".to_owned(), ..Setting::default() };
    Snapshot { settings: vec![timed], ..Snapshot::default() }
}

fn blocks(hit: u64, read: u64, rows: u64) -> Counters {
    busy(|one| (one.shared_hit, one.shared_read, one.rows) = (hit, read, rows))
}

/// Exactly this part, or none.
fn assert_cause(case: &str, snapshot: &Snapshot, counters: Counters, cv: f64, expected: Option<(CauseKind, &str)>) {
    let found = causes(snapshot, counters, Some(cv));
    match (expected, &found[..]) {
        (None, []) => {}
        (Some((kind, words)), [(found, said)]) => {
            assert_eq!(*found, kind, "{case}");
            assert!(said.contains(words), "{case}: {said}");
        }
        _ => panic!("{case}: {found:?}"),
    }
}

#[test]
fn planning_and_compiling_count_where_they_are_a_large_share() {
    let jit = |ms, functions| busy(|one| (one.jit_ms, one.jit_functions) = (Some(ms), Some(functions)));
    let planned = |ms| busy(|one| one.plan_ms = ms);
    let compiled = "10 ms a call for 8 functions, beside 20 ms";
    for (case, counters, expected) in [
        ("nothing", busy(|_| {}), None),
        ("planning", planned(2_000.0), Some((CauseKind::Planning, "planning takes 50 %"))),
        ("some planning", planned(500.0), None),
        ("jit", jit(1_000.0, 800), Some((CauseKind::Jit, compiled))),
        ("little jit", jit(100.0, 8), None),
    ] {
        assert_cause(case, &Snapshot::default(), counters, 0.3, expected);
    }
}

#[test]
fn reads_count_beside_the_rows_and_the_time() {
    let (plain, timed) = (Snapshot::default(), timed());
    let waits = Counters { total_ms: 900_000.0, ..blocks(30_000, 0, 100) };
    let misses = busy(|one| one.read_ms = 1_000.0);
    for (case, snapshot, counters, expected) in [
        ("reads", &plain, blocks(100_000, 0, 100), Some((CauseKind::Reads, "reads 1,000 blocks (7.8 MB) a call"))),
        ("many rows", &plain, blocks(100_000, 0, 10_000), None),
        ("waits, does not read", &plain, waits, None),
        ("misses", &timed, misses, Some((CauseKind::CacheMisses, "takes 50 % of its time"))),
        ("timed and quick", &timed, blocks(0, 150_000, 100_000), None),
        ("not timed", &plain, blocks(0, 150_000, 100_000), Some((CauseKind::CacheMisses, "track_io_timing is off"))),
    ] {
        assert_cause(case, snapshot, counters, 0.3, expected);
    }
}

#[test]
fn spills_wal_and_uneven_times_count_from_their_thresholds() {
    let (spilled, wal) = (|blocks| busy(|one| one.temp_written = blocks), |bytes| busy(|one| one.wal_bytes = bytes));
    for (case, counters, cv, expected) in [
        ("spill", spilled(25_600), 0.3, Some((CauseKind::Spill, "writes 2 MB of temporary"))),
        ("small spill", spilled(1_000), 0.3, None),
        ("wal", wal(100 << 20), 0.3, Some((CauseKind::Wal, "writes 1 MB of WAL a call"))),
        ("little wal", wal(1 << 20), 0.3, None),
        ("uneven", busy(|_| {}), 1.5, Some((CauseKind::Uneven, "very uneven, from 10 ms to 40 ms"))),
        ("quick at worst", busy(|one| one.max_ms = 5.0), 1.5, None),
    ] {
        assert_cause(case, &Snapshot::default(), counters, cv, expected);
    }
}

#[test]
fn what_nobody_waits_for_has_no_causes() {
    let mut workload = workload(busy(|one| (one.total_ms, one.plan_ms) = (20.0, 20.0)));
    let other = Query { fingerprint: "g".to_owned(), counters: busy(|one| one.total_ms = 1e6), ..Query::default() };
    workload.queries.push(other);
    let latency = vec![Latency::default(); 2];
    assert_eq!(find(&Snapshot::default(), &workload, &latency, None), []);
}

const UPDATE: &str = "UPDATE t SET a = 'secret' WHERE id = 1";

fn wait(pid: u64, acquired: bool, ms: u64, database: &'static str) -> Event<'static> {
    Event::Wait(LockWait {
        at_us: None,
        session: Some(pid),
        database: Some(database),
        pid,
        acquired,
        mode: "ShareLock",
        object: "transaction 7",
        waited_us: ms * 1_000,
        queue: None,
        text: Some(UPDATE),
    })
}

#[test]
fn a_wait_is_counted_once_with_its_whole_time_and_its_statement() {
    let mut snapshot = Snapshot::default();
    snapshot.server.database = "shop".to_owned();
    let workload = Workload::default();
    let mut witness = Witness::of(&snapshot, &workload);
    for event in [
        wait(1, false, 1_000, "shop"),
        wait(2, false, 1_000, "shop"),
        wait(1, true, 4_000, "shop"),
        wait(3, false, 1_000, "other"),
    ] {
        witness.observe(&event);
    }
    let evidence = witness.finish();
    let [(statement, told)] = &evidence.statements.iter().collect::<Vec<_>>()[..] else { panic!("{evidence:?}") };
    let waits = &told.waits;
    assert_eq!((waits.count, waits.total_ms, waits.longest_ms, waits.without_end), (2, 5_000.0, 4_000.0, 1));
    let counters = busy(|_| {});
    let query = Query { fingerprint: (*statement).clone(), counters, ..Query::default() };
    let workload = Workload { queries: vec![query], ..Workload::default() };
    let trace = Trace { evidence: evidence.clone(), ..Trace::default() };
    let found = find(&snapshot, &workload, &[Latency::default()], Some(&trace));
    let [cause] = &found[..] else { panic!("{found:?}") };
    assert_eq!((cause.kind, cause.amount, cause.share), (CauseKind::LockWaits, 5_000.0, None));
    assert!(
        cause.words.starts_with("waited 2 times for a row that another transaction had changed"),
        "{}",
        cause.words
    );
    assert!(!format!("{found:?}").contains("secret"));
}

#[test]
fn plans_of_one_statement_with_other_values_are_told_together() {
    let snapshot = Snapshot::default();
    let workload = Workload::default();
    let mut witness = Witness::of(&snapshot, &workload);
    let texts: Vec<String> = (0..6).map(|value| format!("SELECT * FROM t WHERE a = {value}")).collect();
    for (number, text) in texts.iter().enumerate() {
        let slow = number % 2 == 0;
        let kind = if slow { "Seq Scan" } else { "Index Scan using i" };
        let body = format!("{kind} on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = 'secret')");
        witness.observe(&Event::Plan(Plan {
            at_us: None,
            session: None,
            database: None,
            duration_us: if slow { 50_000 } else { 100 },
            query_id: None,
            text: Some(text),
            format: PlanFormat::Text,
            body: &body,
        }));
    }
    let evidence = witness.finish();
    assert_eq!((evidence.plans, evidence.statements.len()), (6, 1));
    let (statement, _) = evidence.statements.first_key_value().expect("a statement");
    let query = Query { fingerprint: statement.clone(), counters: busy(|_| {}), ..Query::default() };
    let workload = Workload { queries: vec![query], ..Workload::default() };
    let trace = Trace { evidence: evidence.clone(), ..Trace::default() };
    let found = find(&snapshot, &workload, &[Latency::default()], Some(&trace));
    let words: Vec<&str> = found.iter().map(|cause| cause.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "runs by 2 plans that take turns: Index Scan using i on t in 3 runs, 0.1 ms each; and Seq Scan on t in 3 runs, \
          50 ms each"
        ]
    );
}
