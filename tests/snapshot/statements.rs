//! Only the workload of the audited database counts, and all of it.

use pgassay::snapshot::{Snapshot, Statement};

use crate::snapshot;
use crate::support::{MAJORS, run, server};

const WORKLOAD: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE t (a int);
    INSERT INTO t SELECT generate_series(1, 100);
    CREATE FUNCTION inner_one() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(a) FROM t); END $$;
    SELECT inner_one();
    ALTER ROLE postgres PASSWORD 'very secret';
    SET application_name = 'very secret';
    SELECT pg_stat_statements_reset();
    SELECT a FROM t WHERE a = 1;
    SELECT a FROM t WHERE a = 2;
    SELECT inner_one();
    ALTER ROLE postgres PASSWORD 'very secret';
";

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_this_database_are_kept_whole_and_the_others_are_counted() {
    for major in MAJORS {
        let server = server(major);
        let mut elsewhere = server.connect("template1").await.expect("a connection");
        let mut connection = server.connect("postgres").await.expect("a connection");
        for statement in WORKLOAD.split(";\n") {
            run(&mut connection, statement).await;
        }
        run(&mut elsewhere, "SELECT count(*) FROM pg_class").await;
        let first = snapshot(&server, "postgres", "postgres").await;
        let second = snapshot(&server, "postgres", "postgres").await;
        header(&second, major);
        let found = entry(&second, "SELECT a FROM t WHERE a = $1");
        assert_eq!((found.calls, found.rows, found.toplevel), (2, 2, true), "{major}");
        assert_eq!(found.user.as_deref(), Some("postgres"));
        assert!(found.queryid.is_some() && found.total_exec_time > 0.0);
        assert!(found.max_exec_time >= found.mean_exec_time && found.mean_exec_time >= found.min_exec_time);
        let inside = entry(&second, "(SELECT sum(a) FROM t)");
        assert_eq!(inside.toplevel, major < 14, "{major}");
        assert!(entry(&second, "SELECT inner_one()").toplevel);
        versions(found, major);
        let texts = format!("{:?} {:?}", first.statements, second.statements);
        assert!(!texts.contains("very secret") && texts.contains("PASSWORD '***'"), "{major}");
        own(&first, &second, major);
    }
}

fn header(read: &Snapshot, major: u32) {
    let statements = &read.statements;
    let version = ["1.8", "1.9", "1.10", "1.10", "1.11", "1.12"][major as usize - 13];
    assert_eq!(statements.version.as_deref(), Some(version));
    assert_eq!((statements.track.as_deref(), statements.track_planning), (Some("all"), Some(false)));
    assert_eq!((statements.max, statements.hidden), (Some(5000), 0));
    assert_eq!(statements.dealloc, (major >= 14).then_some(0));
    assert_eq!(statements.stats_reset.is_some_and(|at| (read.taken_at - at).abs() < 60.0), major >= 14);
    assert!(statements.other_databases > 0 && statements.other_databases_ms > 0.0, "{major}");
    assert!(!statements.entries.iter().any(|entry| entry.text.as_deref() == Some("SELECT count(*) FROM pg_class")));
    assert!(statements.entries.windows(2).all(|pair| pair[0].total_exec_time >= pair[1].total_exec_time));
}

fn versions(found: &Statement, major: u32) {
    assert_eq!(found.jit_functions.is_some(), major >= 15);
    assert_eq!(found.temp_blk_read_time.is_some(), major >= 15);
    assert_eq!(found.stats_since.is_some(), major >= 17);
    assert_eq!(found.local_blk_read_time.is_some(), major >= 17);
    assert_eq!(found.parallel_workers_to_launch.is_some(), major >= 18);
}

fn own(first: &Snapshot, second: &Snapshot, major: u32) {
    assert!(second.statements.own > first.statements.own, "{major}: what the first one ran is counted");
    let texts = |read: &Snapshot| -> Vec<Option<String>> {
        let mut texts: Vec<_> = read.statements.entries.iter().map(|entry| entry.text.clone()).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts(first), texts(second), "{major}: and it adds no entry");
}

fn entry<'a>(read: &'a Snapshot, end: &str) -> &'a Statement {
    let entries = &read.statements.entries;
    let found = entries.iter().find(|entry| entry.text.as_deref().is_some_and(|text| text.ends_with(end)));
    found.unwrap_or_else(|| panic!("no {end} in {entries:#?}"))
}
