//! What is going on, and how old the counters are.

use std::time::{Duration, Instant};

use pgassay::server::scratch::Scratch;
use sqlx::Connection;

use crate::support::{run, server, server_with};
use crate::{gaps, snapshot, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_held_table_without_index_costs_its_size_and_nothing_else() {
    for major in [13, 14, 15, 16, 17, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        let schema = "CREATE EXTENSION pg_stat_statements;
             CREATE TABLE held (a int, b int DEFAULT 7); CREATE TABLE free (a int);
             INSERT INTO held VALUES (1); INSERT INTO free VALUES (1)";
        run(&mut connection, schema).await;
        let mut holder = server.connect("postgres").await.expect("a connection");
        run(&mut holder, "BEGIN; LOCK TABLE held").await;
        let mut waiter = server.connect("postgres").await.expect("a connection");
        let wait = tokio::spawn(async move {
            run(&mut waiter, "SET lock_timeout = '20s'; SELECT * FROM held").await;
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        let read = snapshot(&server, "postgres", "postgres").await;
        assert!(began.elapsed() < Duration::from_secs(5), "{major}: it waits for nobody");
        assert_eq!(gaps(&read), [("sizes", "try again when that transaction is over")], "{major}");
        assert_eq!(table(&read, "held").heap_bytes, None);
        assert_eq!(table(&read, "free").heap_bytes, Some(8192));
        let blocked: Vec<_> = read.sessions.iter().filter(|one| !one.blocked_by.is_empty()).collect();
        assert_eq!(blocked.len(), 1, "{major}");
        assert_eq!(blocked[0].wait_event_type.as_deref(), Some("Lock"));
        let idle = read.sessions.iter().find(|one| one.pid == blocked[0].blocked_by[0]).expect("the holder");
        assert_eq!(idle.state.as_deref(), Some("idle in transaction"));
        assert!(idle.xact_age_s > Some(0.2) && idle.state_age_s > Some(0.2) && idle.ssl == Some(false));
        run(&mut holder, "COMMIT").await;
        wait.await.expect("the waiter goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_table_with_an_index_is_left_out_with_all_that_refers_to_it() {
    for major in [13, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        let schema = "CREATE EXTENSION pg_stat_statements;
             CREATE TABLE held (a serial PRIMARY KEY, b int CHECK (b > 0), c int GENERATED ALWAYS AS (b + 1) STORED);
             CREATE INDEX ON held ((b + 2)) WHERE b > 3; CREATE TABLE child (a int) INHERITS (held);
             CREATE TABLE free (a int REFERENCES held); CREATE INDEX free_a ON free ((a + 1)); ANALYZE";
        for statement in schema.split("; ") {
            run(&mut connection, statement).await;
        }
        let mut holder = server.connect("postgres").await.expect("a connection");
        run(&mut holder, "BEGIN; LOCK TABLE ONLY held").await;
        let read = snapshot(&server, "postgres", "postgres").await;
        assert_eq!(gaps(&read), [("tables", "try again when that transaction is over")], "{major}");
        assert!(read.gaps[0].why.ends_with("left out: public.held"), "{}", read.gaps[0].why);
        let names: Vec<&str> = read.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["child", "free"], "{major}");
        let known: Vec<u32> = read.tables.iter().map(|table| table.oid).collect();
        assert!(read.tables.iter().all(|table| table.parents.is_empty()));
        assert!(read.columns.iter().all(|one| known.contains(&one.table_oid)));
        assert!(
            read.constraints.iter().all(|one| known.contains(&one.table_oid) && one.referenced_table_oid.is_none())
        );
        assert_eq!(read.indexes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["free_a"]);
        assert!(read.sequences.iter().flat_map(|one| &one.feeds).all(|feed| known.contains(&feed.table_oid)));
        run(&mut holder, "COMMIT").await;
        let whole = snapshot(&server, "postgres", "postgres").await;
        assert_eq!((gaps(&whole), whole.tables.len()), (vec![], 3), "{major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_lost_connection_ends_the_reading() {
    let server = server(17);
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements; REVOKE SELECT ON pg_stats FROM public").await;
    run(&mut connection, "CREATE ROLE reader LOGIN; GRANT pg_monitor, pg_read_all_data TO reader").await;
    run(&mut connection, "REVOKE SELECT ON pg_replication_slots FROM public; REVOKE pg_read_all_data FROM reader")
        .await;
    let read = snapshot(&server, "postgres", "reader").await;
    let denied =
        [("column-statistics", "GRANT pg_monitor TO reader"), ("replication-slots", "GRANT pg_monitor TO reader")];
    assert_eq!(gaps(&read)[..2], denied);
    assert!(read.gaps[0].why.contains("permission denied for view pg_stats"), "{:?}", read.gaps);
    let mut session = crate::session(&server, "postgres", "reader").await;
    run(&mut connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let ended = pgassay::source::live::read(&mut session, &pgassay::source::live::ReadOptions::default()).await;
    assert!(matches!(ended, Err(pgassay::source::SourceError::Server(_))), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_as_old_as_their_reset() {
    for major in [13, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let before = snapshot(&server, "postgres", "postgres").await.evidence;
        assert!(before.database_stats_age_s > 1.0 && before.database_stats_age_s < 300.0, "{major}: {before:?}");
        let at = Instant::now();
        run(&mut connection, "SELECT pg_stat_reset()").await;
        // before 15 the counters are another process's, which hears of it later
        tokio::time::sleep(Duration::from_millis(if major < 15 { 1500 } else { 0 })).await;
        let after = snapshot(&server, "postgres", "postgres").await.evidence;
        assert!(
            after.database_stats_reset.is_some() && after.database_stats_age_s <= at.elapsed().as_secs_f64(),
            "{major}: {after:?}"
        );
        assert_eq!((after.track_counts, after.standbys), (true, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_that_a_crash_threw_away_are_not_claimed_to_be_older_than_the_crash() {
    for major in [15, 16, 17, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        crash(&server).await;
        let read = snapshot(&server, "postgres", "postgres").await;
        assert_eq!(read.evidence.database_stats_reset, None);
        assert!(read.evidence.database_stats_age_s < 2.0, "{major}: {:?}", read.evidence);
        assert_eq!(table(&read, "t").usage.n_tup_ins, 0, "{major}");
    }
}

/// Kills one backend, so that the server starts over; returns when it answers again.
async fn crash(server: &Scratch) {
    let mut victim = server.connect("postgres").await.expect("a connection");
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut victim).await.expect("a pid");
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill");
    assert!(killed.success());
    let _ = victim.close().await;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if server.connect("postgres").await.is_ok() {
            return;
        }
    }
    panic!("the server did not come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_with_their_overrides_and_without_secrets() {
    let server = server_with(16, &["archive_command=curl --user me:secret", "archive_mode=on", "work_mem=5MB"]);
    let mut connection = server.connect("postgres").await.expect("a connection");
    for sql in [
        "CREATE ROLE app LOGIN; CREATE DATABASE other",
        "ALTER ROLE app SET statement_timeout = '5s'",
        "ALTER DATABASE postgres SET work_mem = '7MB'",
        "ALTER ROLE app IN DATABASE postgres SET search_path = a, b",
        "ALTER ROLE app IN DATABASE other SET work_mem = '9MB'",
        "ALTER DATABASE postgres SET app.token = 'secret'",
    ] {
        for statement in sql.split("; ") {
            run(&mut connection, statement).await;
        }
    }
    let read = snapshot(&server, "postgres", "postgres").await;
    let overrides: Vec<_> = read
        .role_settings
        .iter()
        .map(|one| (one.role.as_deref(), one.database.as_deref(), one.name.as_str(), one.value.as_str()))
        .collect();
    assert_eq!(
        overrides,
        [
            (None, Some("postgres"), "app.token", "(not kept)"),
            (None, Some("postgres"), "work_mem", "7MB"),
            (Some("app"), None, "statement_timeout", "5s"),
            (Some("app"), Some("postgres"), "search_path", "a, b"),
        ]
    );
    assert_eq!(read.setting("archive_command"), Some("(not kept)"));
    let work_mem = read.settings.iter().find(|one| one.name == "work_mem").expect("a setting");
    assert_eq!((work_mem.value.as_str(), work_mem.unit.as_deref()), ("7168", Some("kB")));
    assert_eq!((work_mem.source.as_str(), work_mem.boot_value.as_deref()), ("database", Some("4096")));
    assert!(!serde_json::to_string(&read).expect("JSON").contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_tables_are_read_in_seconds() {
    let server = server_with(18, &["max_locks_per_transaction=4000", "pg_stat_statements.track=none"]);
    let mut connection = server.connect("postgres").await.expect("a connection");
    let many = "DO $$ BEGIN FOR n IN 1..5000 LOOP
        EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, a int, b text, c timestamptz DEFAULT now())', n);
        EXECUTE format('CREATE INDEX ON t%s (a, b)', n);
        EXECUTE format('INSERT INTO t%s (a, b) SELECT i %% 7, ''row '' || i %% 60 FROM generate_series(1, 100) i', n);
        END LOOP; END $$";
    run(&mut connection, many).await;
    run(&mut connection, "ANALYZE").await;
    let began = Instant::now();
    let read = snapshot(&server, "postgres", "postgres").await;
    let taken = began.elapsed();
    assert_eq!((read.tables.len(), read.indexes.len(), read.sequences.len()), (5000, 10_000, 5000));
    assert!(taken < Duration::from_secs(30), "{taken:?}");
    let file = tempfile::NamedTempFile::with_suffix(".json.gz").expect("a file");
    pgassay::source::file::write(file.path(), &read).expect("written");
    let (plain, packed) =
        (serde_json::to_vec(&read).expect("JSON").len(), file.path().metadata().expect("a file").len());
    eprintln!("5,000 tables in {taken:?}, {plain} bytes, {packed} packed");
    assert!(
        plain < 80_000_000 && packed < 8_000_000,
        "docs/snapshot.md says how large a snapshot is: {plain}, {packed}"
    );
}
