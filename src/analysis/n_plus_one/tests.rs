//! The list page of a shop, and what only looks like it.

use super::*;
use crate::analysis::window::Series;
use crate::snapshot::{Column, Constraint, ConstraintKind, Index, IndexKey, Table};
use crate::workload::{Counters, JoinPair, Limit, Lock, Operand, Predicate, SortKey, TableUse};

const LIST: u32 = 1;
const SCHOOL: u32 = 2;
const PRICE: u32 = 3;
const VOTE: u32 = 4;
const ITEM: u32 = 5;
const SESSION: u32 = 6;

fn catalog(declared: bool) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (oid, name, columns) in [
        (LIST, "packing_list", &["id", "school_id"][..]),
        (SCHOOL, "school", &["id"]),
        (PRICE, "price", &["id", "item_id", "ip_address"]),
        (VOTE, "vote", &["id", "price_id"]),
        (ITEM, "item", &["id"]),
        (SESSION, "django_session", &["id"]),
    ] {
        snapshot.tables.push(Table { oid, name: name.to_owned(), ..Table::default() });
        for column in columns {
            let base_type = "int8".to_owned();
            snapshot.columns.push(Column {
                table_oid: oid,
                name: (*column).to_owned(),
                base_type,
                ..Column::default()
            });
        }
        snapshot.constraints.push(constraint(oid, ConstraintKind::PrimaryKey, "id", None));
    }
    if declared {
        for (table, column, target) in
            [(LIST, "school_id", SCHOOL), (PRICE, "item_id", ITEM), (VOTE, "price_id", PRICE)]
        {
            snapshot.constraints.push(constraint(table, ConstraintKind::ForeignKey, column, Some(target)));
        }
    }
    let keys = vec![IndexKey { column: Some("ip_address".to_owned()), ..IndexKey::default() }];
    snapshot.indexes.push(Index { table_oid: PRICE, keys, valid: true, ready: true, live: true, ..Index::default() });
    snapshot
}

fn constraint(table_oid: u32, kind: ConstraintKind, column: &str, target: Option<u32>) -> Constraint {
    let columns = vec![column.to_owned()];
    Constraint { table_oid, kind, columns, referenced_table_oid: target, ..Constraint::default() }
}

fn query(text: &str, table: u32, keys: &[&str], calls: u64, rows: u64) -> Query {
    let operand = |column: &&str| Operand { table_oid: table, column: (*column).to_owned(), ..Operand::default() };
    Query {
        text: text.to_owned(),
        tables: vec![TableUse { table_oid: Some(table), ..TableUse::default() }],
        predicates: keys
            .iter()
            .map(|key| Predicate { operand: operand(key), conjunct: true, ..Predicate::default() })
            .collect(),
        counters: Counters { calls, rows, ..Counters::default() },
        toplevel: true,
        ..Query::default()
    }
}

fn found(queries: Vec<Query>) -> Vec<(usize, Option<usize>, String, f64)> {
    found_in(&catalog(true), queries)
}

fn found_in(snapshot: &Snapshot, queries: Vec<Query>) -> Vec<(usize, Option<usize>, String, f64)> {
    let found = find(snapshot, &Workload { queries, ..Workload::default() }, Watched::default());
    found.into_iter().map(|one| (one.child, one.parent, one.pattern, one.confidence)).collect()
}

fn all_lists() -> Query {
    query("SELECT … FROM packing_list ORDER BY id", LIST, &[], 100, 2_000)
}

fn prices_of_an_item() -> Query {
    query("SELECT … FROM price WHERE item_id = $1", PRICE, &["item_id"], 400, 6_400)
}

#[test]
fn the_rows_of_a_list_fetched_one_by_one_are_suspected() {
    let school = query("SELECT … FROM school WHERE id = $1 LIMIT 21", SCHOOL, &["id"], 1_400, 1_400);
    for declared in [true, false] {
        let found = found_in(&catalog(declared), vec![school.clone(), all_lists()]);
        assert_eq!(found, [(0, Some(1), "lazy-many-to-one".to_owned(), 0.5)], "declared: {declared}");
    }
}

#[test]
fn a_count_for_each_row_is_suspected_with_the_list_of_those_rows() {
    let text = r#"SELECT COUNT(*) AS "__count" FROM vote WHERE price_id = $1"#;
    let votes =
        Query { single_row_aggregate: true, aggregates: true, ..query(text, VOTE, &["price_id"], 6_100, 6_100) };
    assert_eq!(found(vec![votes, prices_of_an_item()]), [(0, Some(1), "count-per-row".to_owned(), 0.5)]);
}

#[test]
fn a_value_of_each_row_looked_up_is_suspected_weakly() {
    let text = "SELECT COUNT(*) FROM price WHERE ip_address = $1";
    let same = Query { single_row_aggregate: true, ..query(text, PRICE, &["ip_address"], 12_200, 12_200) };
    assert_eq!(found(vec![same.clone(), prices_of_an_item()]), [(0, Some(1), "lookup-loop".to_owned(), 0.15)]);
    let first = query("SELECT … FROM price WHERE ip_address = $1 LIMIT 1", PRICE, &["ip_address"], 12_200, 12_200);
    assert_eq!(found(vec![same, first, prices_of_an_item()]).len(), 2, "the block's own statements are no detail page");
}

#[test]
fn patterns_have_the_name_of_what_the_loop_does() {
    let base = |text: &str| query(text, VOTE, &["price_id"], 6_100, 6_100);
    let sorted = SortKey { operand: Operand { table_oid: VOTE, ..Operand::default() }, ..SortKey::default() };
    let insert = Query {
        kind: Kind::Insert,
        target: Some(VOTE),
        set_columns: vec!["price_id".to_owned()],
        single_row_insert: true,
        ..query("INSERT INTO vote …", VOTE, &[], 6_100, 6_100)
    };
    for (expected, confidence, child) in [
        ("lazy-one-to-many", 0.5, base("SELECT … FROM vote WHERE price_id = $1")),
        ("exists-per-row", 0.5, base(r#"SELECT $1 AS "a" FROM vote WHERE price_id = $2 LIMIT 1"#)),
        (
            "aggregate-per-row",
            0.5,
            Query { single_row_aggregate: true, ..base("SELECT max(created) FROM vote WHERE price_id = $1") },
        ),
        (
            "latest-per-row",
            0.5,
            Query { limit: Some(Limit::default()), sorts: vec![sorted], ..base("SELECT … ORDER BY created LIMIT 1") },
        ),
        ("update-loop", 0.5, Query { kind: Kind::Update, ..base("UPDATE vote SET …") }),
        ("delete-loop", 0.5, Query { kind: Kind::Delete, ..base("DELETE FROM vote …") }),
        ("insert-loop", 0.3, insert),
    ] {
        assert_eq!(
            found(vec![child, prices_of_an_item()]),
            [(0, Some(1), expected.to_owned(), confidence)],
            "{expected}"
        );
    }
}

#[test]
fn what_runs_often_for_another_reason_is_not_suspected() {
    let school = |calls| query("SELECT … FROM school WHERE id = $1", SCHOOL, &["id"], calls, calls);
    let votes = |calls| query("SELECT … FROM vote WHERE price_id = $1", VOTE, &["price_id"], calls, calls * 3);
    let price = |calls| query("SELECT … FROM price WHERE id = $1", PRICE, &["id"], calls, calls);
    let claim = Query {
        lock: Some(Lock { exclusive: true, skip_locked: true }),
        ..query("SELECT … FROM price FOR UPDATE SKIP LOCKED", PRICE, &[], 6_100, 6_100)
    };
    let range = Predicate { comparison: crate::workload::Comparison::Range, ..votes(1).predicates[0].clone() };
    let ranged = Query { predicates: vec![votes(1).predicates[0].clone(), range], ..votes(6_100) };
    let distinct = Query { distinct: true, select_columns: Some(1), ..all_lists() };
    let checked = Query { lock: Some(Lock::default()), ..votes(6_100) };
    let inside = Query { toplevel: false, ..votes(6_100) };
    let locked = Query { lock: claim.lock, ..votes(6_100) };
    let insert = Query {
        kind: Kind::Insert,
        target: Some(VOTE),
        set_columns: vec!["price_id".to_owned()],
        single_row_insert: true,
        ..query("INSERT INTO vote …", VOTE, &[], 900, 900)
    };
    let mut session = query("SELECT … FROM django_session", SESSION, &["id"], 1_400, 1_400);
    session.joins = vec![JoinPair::default()];
    for (case, queries) in [
        ("no list gives its keys", vec![school(1_400)]),
        ("two or three a page", vec![school(250), all_lists()]),
        ("too few to tell", vec![school(19), query("…", LIST, &[], 1, 20)]),
        ("a detail page", vec![votes(6_100), prices_of_an_item(), price(6_100)]),
        ("a queue worker", vec![votes(6_100), prices_of_an_item(), claim]),
        ("a range as well", vec![ranged, prices_of_an_item()]),
        ("a row that is locked", vec![locked, prices_of_an_item()]),
        ("inside a function, or for a foreign key", vec![inside, prices_of_an_item()]),
        ("the check of a foreign key", vec![checked, prices_of_an_item()]),
        ("distinct values", vec![school(1_400), distinct]),
        ("an insert that nobody loops over", vec![insert, query("…", PRICE, &["id"], 900, 900)]),
        ("a session", vec![session, all_lists()]),
        ("the list is itself looked up by the key", vec![school(1_400), query("…", LIST, &["school_id"], 100, 2_000)]),
    ] {
        assert_eq!(found(queries), [], "{case}");
    }
}

/// The calls of votes, prices of an item, and one more, in seconds of which some have more than others.
fn watched(queries: Vec<Query>) -> Option<NPlusOne> {
    let rows: Vec<f64> = (0..30).map(|second| f64::from(second * second % 7) * 16.0).collect();
    let series = |each: f64| Series { calls: rows.iter().map(|rows| rows / each).collect(), rows: rows.clone() };
    let series = vec![series(1.0), series(16.0), series(1.0)];
    // the swing of the traffic is as great, so how the calls come says nothing
    let window = Window { seconds: vec![1.0; 30], series, swing: 1.0 };
    let workload = Workload { queries, ..Workload::default() };
    let found = find(&catalog(true), &workload, Watched { window: Some(&window), trace: None });
    found.into_iter().find(|one| one.child == 0)
}

#[test]
fn calls_that_follow_the_rows_of_a_list_are_its_loop_unless_a_page_reads_one_row_each_time() {
    let votes = || query("SELECT … FROM vote WHERE price_id = $1", VOTE, &["price_id"], 6_100, 18_300);
    let price = || query("SELECT … FROM price WHERE id = $1", PRICE, &["id"], 900, 900);
    let school = || query("SELECT … FROM school WHERE id = $1", SCHOOL, &["id"], 900, 900);
    for (case, third, expected) in [("alone", school(), true), ("with the price that it is for", price(), false)] {
        let found = watched(vec![votes(), prices_of_an_item(), third]).unwrap_or_else(|| panic!("{case}"));
        assert_eq!(found.confidence >= 0.9, expected, "{case}: {found:?}");
        assert_eq!((found.parent, found.level.as_str()), (Some(1), "window"), "{case}");
        assert!(expected || found.confidence < 0.1, "{case}: {found:?}");
        assert!(!expected || found.calls_per_parent == Some(16.0), "{case}: {found:?}");
    }
}

#[test]
fn the_data_file_is_whole() {
    assert!(WEIGHTS.confidence.cap <= 0.5);
}

/// A statement in a log that tells sessions apart; `after_list` of its executions come in loops over the list.
fn traced(calls: u64, after_list: u64, headless: u64) -> Traced {
    let looped = crate::analysis::trace::Looped { calls: after_list, loops: after_list / 20, reads: after_list / 20 };
    let looped = (after_list > 0).then(|| ("list".to_owned(), looped)).into_iter().collect();
    Traced { calls, looped, headless, ..Traced::default() }
}

fn logged(partial: bool, body: Traced) -> Trace {
    Trace { statements: [("body".to_owned(), body)].into(), sessions: true, partial, ..Trace::default() }
}

/// What is said of the first of the statements; the second is its list.
fn with_log(snapshot: &Snapshot, mut queries: Vec<Query>, trace: Option<&Trace>) -> Option<(String, f64)> {
    "body".clone_into(&mut queries[0].fingerprint);
    "list".clone_into(&mut queries[1].fingerprint);
    let workload = Workload { queries, ..Workload::default() };
    let found = find(snapshot, &workload, Watched { window: None, trace });
    found.into_iter().find(|one| one.child == 0).map(|one| (one.level, one.confidence))
}

fn schools() -> Query {
    query("SELECT … FROM school WHERE id = $1", SCHOOL, &["id"], 1_400, 1_400)
}

#[test]
fn a_log_that_lacks_executions_or_sessions_may_show_a_loop_and_not_that_there_is_none() {
    let suspected = Some(("snapshot".to_owned(), 0.5));
    let said = |trace: &Trace| with_log(&catalog(true), vec![schools(), all_lists()], Some(trace));
    assert_eq!(with_log(&catalog(true), vec![schools(), all_lists()], None), suspected);
    assert!(said(&logged(false, traced(40, 0, 0))).is_some_and(|(level, sure)| level == "log" && sure < 0.2));
    for (case, trace) in [
        ("slow ones alone", logged(true, traced(40, 0, 0))),
        ("no sessions", Trace { sessions: false, ..logged(false, traced(40, 0, 0)) }),
        // what stood between the executions of a run is not in it
        ("a run", logged(true, traced(40, 0, 40))),
        ("a worker, of the slow ones", logged(true, Traced { after_claim: 40, ..traced(40, 0, 0) })),
        ("a worker, twice", logged(false, Traced { after_claim: 2, ..traced(2, 0, 0) })),
        ("hardly in a whole one", logged(false, traced(5, 0, 0))),
    ] {
        assert_eq!(said(&trace), suspected, "{case}");
    }
    for (partial, marked) in [(false, 40), (true, 40)] {
        let (level, sure) = said(&logged(partial, traced(40, marked, 0))).expect("a loop");
        assert!(level == "log" && sure > 0.9, "{partial}: {level} {sure}");
    }
}

#[test]
fn what_only_looks_like_a_loop_by_counts_is_none_until_a_log_that_could_show_it_does() {
    let votes = || query("SELECT … FROM vote WHERE price_id = $1", VOTE, &["price_id"], 6_100, 18_300);
    let claim = || Query {
        lock: Some(Lock { exclusive: true, skip_locked: true }),
        ..query("SELECT … FROM price FOR UPDATE SKIP LOCKED", PRICE, &[], 6_100, 6_100)
    };
    let said =
        |trace: &Trace| with_log(&catalog(true), vec![votes(), prices_of_an_item(), claim()], Some(trace)).is_some();
    assert!(!said(&logged(true, traced(40, 0, 0))), "slow ones alone");
    assert!(!said(&logged(false, traced(5, 0, 0))), "hardly in it");
    assert!(said(&logged(false, traced(40, 40, 0))), "the log shows it");
}

#[test]
fn a_window_in_which_it_hardly_ran_does_not_know_who_runs_with_whom() {
    let votes = query("SELECT … FROM vote WHERE price_id = $1", VOTE, &["price_id"], 6_100, 18_300);
    let claim = Query {
        lock: Some(Lock { exclusive: true, skip_locked: true }),
        ..query("SELECT … FROM price FOR UPDATE SKIP LOCKED", PRICE, &[], 6_100, 6_100)
    };
    let quiet = Series { calls: vec![0.0; 30], rows: vec![0.0; 30] };
    let window = Window { seconds: vec![1.0; 30], series: vec![quiet; 3], swing: 1.0 };
    let workload = Workload { queries: vec![votes, prices_of_an_item(), claim], ..Workload::default() };
    assert_eq!(find(&catalog(true), &workload, Watched { window: Some(&window), trace: None }), []);
}

#[test]
fn the_name_of_a_table_is_no_veto_where_the_loop_is_seen() {
    let mut snapshot = catalog(true);
    let school = snapshot.tables.iter_mut().find(|table| table.oid == SCHOOL).expect("a table");
    "training_sessions".clone_into(&mut school.name);
    let said = |trace: Option<&Trace>| with_log(&snapshot, vec![schools(), all_lists()], trace);
    let repeated = |traces, calls, of| Traced {
        traced: Some(Tagged { traces, calls, of, ..Tagged::default() }),
        ..traced(200, 0, 0)
    };
    assert_eq!(said(None), None, "counters");
    assert_eq!(said(Some(&logged(false, repeated(0, 0, 200)))), None, "once in each request");
    assert_eq!(said(Some(&logged(false, traced(200, 0, 200)))), None, "one request after another");
    assert_eq!(said(Some(&logged(true, traced(200, 200, 0)))), None, "slow ones alone");
    assert_eq!(said(Some(&logged(false, repeated(10, 200, 200)))).map(|(level, _)| level), Some("tags".to_owned()));
    let by_order = said(Some(&logged(false, traced(200, 200, 0))));
    assert!(by_order.is_some_and(|(level, sure)| level == "log" && sure > 0.9));
    // nor do three executions of one request prove anything of any table
    assert_eq!(said(Some(&logged(false, repeated(1, 3, 3)))), None);
}
