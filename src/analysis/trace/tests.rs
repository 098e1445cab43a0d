//! Loops in a log, and what only looks like one.

use super::*;
use crate::snapshot::{Column, Constraint, ConstraintKind, Snapshot, Table};
use crate::workload::Workload;

const BOOKS: &str = "SELECT id, author_id FROM book ORDER BY id LIMIT 20";

fn catalog() -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.server.version_num = 150_000;
    for (oid, name, columns) in [
        (1, "book", &["id", "author_id"][..]),
        (2, "author", &["id", "name"]),
        (3, "review", &["id", "book_id"]),
        (4, "job", &["id", "state"]),
    ] {
        let (schema, name) = ("public".to_owned(), name.to_owned());
        snapshot.tables.push(Table { oid, schema, name, rows: Some(1_000.0), ..Table::default() });
        for column in columns {
            let (name, base_type) = ((*column).to_owned(), "int8".to_owned());
            snapshot.columns.push(Column { table_oid: oid, name, base_type, ..Column::default() });
        }
        let columns = vec!["id".to_owned()];
        let kind = ConstraintKind::PrimaryKey;
        snapshot.constraints.push(Constraint { table_oid: oid, kind, columns, ..Constraint::default() });
    }
    snapshot
}

/// A log that is written as the test goes.
#[derive(Default)]
struct Written {
    now: i64,
    lines: Vec<(i64, u64, String)>,
}

impl Written {
    /// `after` milliseconds later, in a session; it takes 0.1 ms.
    fn run(&mut self, after: i64, session: u64, text: impl Into<String>) {
        self.now += after * 1_000;
        self.lines.push((self.now, session, text.into()));
    }

    fn read(&self) -> Trace {
        let snapshot = catalog();
        let workload = Workload::default();
        let mut observer = Observer::of(&snapshot, &workload);
        for (at, session, text) in &self.lines {
            let (began, ended) = (Some(at - 100), Some(*at));
            observer.observe(&Ran { began, ended, took: Some(100), session: Some(*session), text, ..Ran::default() });
        }
        observer.finish()
    }
}

fn of<'a>(trace: &'a Trace, text: &str) -> &'a Traced {
    let is_it = |traced: &&Traced| traced.text.contains(text);
    trace.statements.values().find(is_it).unwrap_or_else(|| panic!("no {text} in {:#?}", trace.statements))
}

fn looped(trace: &Trace, text: &str) -> (u64, u64) {
    of(trace, text).looped.values().fold((0, 0), |(calls, loops), one| (calls + one.calls, loops + one.loops))
}

#[test]
fn a_list_and_its_look_ups_are_a_loop_whatever_stands_between_them() {
    let mut log = Written::default();
    for page in 0..3 {
        log.run(500, 1, BOOKS);
        for row in 0..5 {
            log.run(1, 1, "SELECT 1");
            log.run(1, 1, format!("SELECT id, name FROM author WHERE id = {}", page * 5 + row));
            log.run(1, 1, "DEALLOCATE pdo_stmt_1");
        }
    }
    assert_eq!(looped(&log.read(), "FROM author"), (15, 3));
}

#[test]
fn nested_loops_are_each_a_loop() {
    let mut log = Written::default();
    log.run(0, 1, "SELECT id FROM author ORDER BY name LIMIT 10");
    for author in 0..4 {
        log.run(1, 1, format!("SELECT id, author_id FROM book WHERE author_id = {author}"));
        for book in 0..3 {
            log.run(1, 1, format!("SELECT id FROM review WHERE book_id = {}", author * 3 + book));
        }
    }
    let trace = log.read();
    assert_eq!(looped(&trace, "FROM book").0, 4);
    assert_eq!(looped(&trace, "FROM review").0, 12);
    let reads: Vec<u64> = of(&trace, "FROM review").looped.values().map(|looped| looped.reads).collect();
    assert_eq!(reads, [4], "the books of four authors");
}

#[test]
fn a_row_on_the_way_to_another_is_no_list() {
    let mut log = Written::default();
    log.run(0, 1, "SELECT id, book_id FROM review ORDER BY id LIMIT 20");
    for row in 0..5 {
        log.run(1, 1, format!("SELECT id, author_id FROM book WHERE id = {row}"));
        log.run(1, 1, format!("SELECT id, name FROM author WHERE id = {row}"));
    }
    let trace = log.read();
    let of =
        |text: &str| of(&trace, text).looped.iter().map(|(list, looped)| (list.clone(), *looped)).collect::<Vec<_>>();
    assert_eq!(of("FROM author"), of("FROM book"), "both are of the reviews");
    assert_eq!(of("FROM author")[0].1, Looped { calls: 5, loops: 1, reads: 1 });
}

#[test]
fn a_loop_may_repeat_two_others_for_each_row_but_not_three_nor_many_times() {
    for (others, times, expected) in [(2, 3, (5, 1)), (2, 5, (0, 0)), (3, 1, (0, 0))] {
        let mut log = Written::default();
        log.run(0, 1, BOOKS);
        for row in 0..5 {
            log.run(1, 1, format!("SELECT id, name FROM author WHERE id = {row}"));
            for other in 0..others {
                (0..times).for_each(|_| log.run(1, 1, format!("SELECT count(*) AS c{other} FROM review WHERE id > 5")));
            }
        }
        assert_eq!(looped(&log.read(), "FROM author"), expected, "{others} others, {times} times each");
    }
}

#[test]
fn a_pause_another_request_and_the_same_key_again_are_no_loop() {
    let mut log = Written::default();
    log.run(0, 1, BOOKS);
    for row in 0..6 {
        log.run(200, 1, format!("SELECT id, name FROM author WHERE id = {row}"));
    }
    assert_eq!(looped(&log.read(), "FROM author"), (0, 0), "somebody thinks between them");

    let mut log = Written::default();
    for row in 0..6 {
        log.run(5, 1, BOOKS);
        log.run(5, 1, format!("SELECT id, name FROM author WHERE id = {row}"));
    }
    assert_eq!(looped(&log.read(), "FROM author"), (0, 0), "a list and one detail each time");

    let mut log = Written::default();
    log.run(0, 1, BOOKS);
    (0..9).for_each(|_| log.run(5, 1, "SELECT id, name FROM author WHERE id = 7"));
    assert_eq!(looped(&log.read(), "FROM author"), (0, 0), "the same author again and again");
}

#[test]
fn a_run_without_a_list_counts_alone_but_not_as_one_of_several_statements_of_requests() {
    let mut alone = Written::default();
    (0..8).for_each(|row| alone.run(2, 1, format!("SELECT id FROM review WHERE book_id = {row}")));
    assert_eq!(of(&alone.read(), "FROM review").headless, 8);

    let mut requests = Written::default();
    for row in 0..8 {
        requests.run(2, 1, format!("SELECT id, name FROM author WHERE id = {row}"));
        requests.run(2, 1, format!("UPDATE book SET author_id = 1 WHERE id = {row}"));
    }
    assert_eq!(of(&requests.read(), "FROM author").headless, 0);

    let mut upsert = Written::default();
    for row in 0..8 {
        upsert.run(2, 1, format!("SELECT id FROM review WHERE id = {row}"));
        upsert.run(2, 1, format!("INSERT INTO review (id, book_id) VALUES ({row}, 1)"));
    }
    let trace = upsert.read();
    assert!(of(&trace, "INSERT").headless + of(&trace, "SELECT").headless >= 8, "{trace:#?}");
}

#[test]
fn look_ups_over_several_connections_at_once_are_a_burst() {
    let mut log = Written::default();
    log.run(0, 1, BOOKS);
    (0..6).for_each(|row| log.run(1, 10 + row, format!("SELECT id, name FROM author WHERE id = {row}")));
    assert_eq!(of(&log.read(), "FROM author").bursts, 6);

    let mut strangers = Written::default();
    (0..6).for_each(|row| strangers.run(1, 10 + row, format!("SELECT id, name FROM author WHERE id = {row}")));
    assert_eq!(of(&strangers.read(), "FROM author").bursts, 0, "no list before them");
}

#[test]
fn what_follows_a_claim_is_a_worker_s() {
    let mut log = Written::default();
    for job in 0..6 {
        log.run(5, 1, "SELECT id FROM job WHERE state = 1 LIMIT 1 FOR UPDATE SKIP LOCKED");
        log.run(1, 1, format!("SELECT id, author_id FROM book WHERE id = {job}"));
    }
    assert_eq!(of(&log.read(), "FROM book").after_claim, 6);
}

#[test]
fn a_trace_that_repeats_a_statement_names_its_route() {
    let mut log = Written::default();
    for request in 0..3 {
        for row in 0..4 {
            let tags = format!("/*route='%2Fbooks',traceparent='00-{request:032x}-0000000000000001-01'*/");
            log.run(1, row, format!("SELECT id, name FROM author WHERE id = {row} {tags}"));
        }
    }
    let trace = log.read();
    let tagged = of(&trace, "FROM author").traced.as_ref().expect("traces");
    assert_eq!((tagged.traces, tagged.calls, tagged.of, tagged.worker_calls), (3, 12, 12, 0));
    assert_eq!(tagged.routes.get("/books"), Some(&12));
}

#[test]
fn a_log_without_times_or_sessions_still_has_its_statements() {
    let (snapshot, workload) = (catalog(), Workload::default());
    let mut observer = Observer::of(&snapshot, &workload);
    for text in [BOOKS, "SELECT id, name FROM author WHERE id = 1", "BEGIN", "COMMIT"] {
        observer.observe(&Ran { text, ..Ran::default() });
    }
    let trace = observer.finish();
    assert_eq!((trace.executions, trace.seconds, trace.sessions, trace.whole_seconds), (4, None, false, false));
    assert_eq!(trace.statements.len(), 2);
    assert_eq!(of(&trace, "FROM author").calls, 1);
}

#[test]
fn where_the_log_names_no_database_only_what_binds_is_counted() {
    let snapshot = catalog();
    let workload = Workload::default();
    let read = |anywhere| {
        let mut observer = Observer::of(&snapshot, &workload);
        for text in [
            "BEGIN",
            "SELECT id FROM book WHERE id = 1",
            "SELECT id FROM invoice WHERE id = 1",
            "SELECT b.id FROM book b JOIN invoice i ON i.id = b.id WHERE b.id = 1",
            "SELECT now()",
            "UPDATE author SET name = 'x' WHERE id = 1",
            "INSERT INTO review (id) VALUES (1)",
        ] {
            observer.observe(&Ran { text, anywhere, ..Ran::default() });
        }
        observer.finish()
    };
    let of_anywhere = read(true);
    assert_eq!((of_anywhere.executions, of_anywhere.anywhere, of_anywhere.elsewhere), (7, 7, 3));
    assert_eq!(of_anywhere.statements.len(), 3, "{:#?}", of_anywhere.statements);
    let of_here = read(false);
    assert_eq!((of_here.anywhere, of_here.elsewhere, of_here.statements.len()), (0, 0, 6));
}
