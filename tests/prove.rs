//! `pgassay audit --prove`: the advice is built and timed on a clone, and nothing stays there.

mod support;

use pgassay::report::Report;
use pgassay::server::scratch::Scratch;
use sqlx::Row;
use support::program::{Run, pgassay, pgassay_with};

const SCHEMA: &str = "CREATE TABLE public.parcels (id bigint, shelf int, weight int, note text);
    INSERT INTO parcels SELECT n, (n * 7919) % 20011, n % 90, repeat('x', 60) FROM generate_series(1, 200000) n;
    ANALYZE parcels;";

async fn with_parcels() -> Scratch {
    let server = support::server(15);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, SCHEMA).await;
    server
}

/// A server with traffic: one statement that an index helps, one that reads everything, and a write.
async fn audited() -> Scratch {
    let server = with_parcels().await;
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    // the load of the table is no part of the traffic that an index on it must pay for
    support::run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    for shelf in 0..40 {
        support::run(&mut connection, &format!("SELECT weight FROM parcels WHERE shelf = {shelf}")).await;
    }
    support::run(&mut connection, "SELECT sum(weight) FROM parcels WHERE shelf IS NOT NULL").await;
    support::run(&mut connection, "INSERT INTO parcels (id, shelf) VALUES (1, 2)").await;
    server
}

fn proved(audited: &Scratch, clone: &Scratch) -> Run {
    let here = tempfile::tempdir().expect("a directory");
    let (url, clone) = (audited.url("postgres"), clone.url("postgres"));
    pgassay(here.path(), &["audit", &url, "--what-if", "model", "--prove", &clone, "--format", "json"])
}

fn report(run: &Run) -> Report {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr))
}

/// Names of the indexes on the clone.
async fn indexes(server: &Scratch) -> Vec<String> {
    let mut connection = server.connect("postgres").await.expect("a connection");
    let rows = sqlx::raw_sql("SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'");
    let rows = rows.fetch_all(&mut connection).await.expect("rows");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn rows(server: &Scratch) -> i64 {
    let mut connection = server.connect("postgres").await.expect("a connection");
    sqlx::raw_sql("SELECT count(*) FROM parcels").fetch_one(&mut connection).await.expect("a row").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_helps_carries_what_was_measured_and_leaves_the_clone_as_it_was() {
    let (audited, clone) = (audited().await, with_parcels().await);
    let mut connection = clone.connect("postgres").await.expect("a connection");
    // as a killed run leaves it
    support::run(&mut connection, "CREATE INDEX pgassay_prove_parcels_left ON parcels (note)").await;
    let report = report(&proved(&audited, &clone));
    let [index] = &report.indexes[..] else {
        panic!("{:#?}\n{:#?}\n{:#?}\n{:#?}", report.indexes, report.skipped, report.suppressed, report.considered)
    };
    let proof = index.proof.as_ref().unwrap_or_else(|| panic!("no proof: {:#?}", report.skipped));
    assert!(proof.after_ms * 5.0 < proof.before_ms, "{proof:#?}");
    assert!(proof.blocks_after * 5 < proof.blocks_before, "{proof:#?}");
    assert_eq!(proof.statements.iter().filter(|one| one.helped).count(), 1, "{proof:#?}");
    assert!(proof.statements.len() >= 3, "the read of everything and the write are timed too: {proof:#?}");
    assert_eq!(indexes(&clone).await, [""; 0]);
    assert_eq!(rows(&clone).await, 200_000);
    let table = pgassay::render::render(
        pgassay::render::Format::Table,
        &report,
        &pgassay::render::Look { width: 140, colour: false, unicode: true },
    );
    assert!(table.contains("built on the clone: "), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_misleads_the_planner_is_taken_back_with_the_reason() {
    let (audited, clone) = (audited().await, with_parcels().await);
    let mut connection = clone.connect("postgres").await.expect("a connection");
    support::run(&mut connection, "ALTER DATABASE postgres SET enable_seqscan = off").await;
    support::run(&mut connection, "ALTER DATABASE postgres SET enable_bitmapscan = off").await;
    let report = report(&proved(&audited, &clone));
    assert!(report.indexes.is_empty(), "{:#?}", report.indexes);
    let why = report.skipped.iter().find(|one| one.what.contains("parcels")).map(|one| one.why.as_str());
    assert!(why.is_some_and(|why| why.contains("slower")), "{:#?}", report.skipped);
    assert!(report.suppressed.iter().any(|one| one.why.contains("slower")), "{:#?}", report.suppressed);
    assert_eq!(indexes(&clone).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audited_server_is_no_clone_of_itself() {
    let audited = audited().await;
    let run = proved(&audited, &audited);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("is the audited server"), "{}", run.stderr);
    assert_eq!(indexes(&audited).await, [""; 0]);
}

const PARTITIONED: &str =
    "CREATE TABLE public.events (id bigint, day int, shelf int, note text) PARTITION BY HASH (shelf);
    CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 3, REMAINDER 0);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 3, REMAINDER 1) PARTITION BY RANGE (day);
    CREATE TABLE events_1_old PARTITION OF events_1 FOR VALUES FROM (MINVALUE) TO (45);
    CREATE TABLE events_1_new PARTITION OF events_1 FOR VALUES FROM (45) TO (MAXVALUE);
    CREATE TABLE events_2 PARTITION OF events FOR VALUES WITH (MODULUS 3, REMAINDER 2);
    INSERT INTO events SELECT n, n % 90, (n * 7919) % 20011, repeat('x', 60) FROM generate_series(1, 200000) n;
    ANALYZE events;";

async fn with_events(major: u32) -> Scratch {
    let server = support::server(major);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, PARTITIONED).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_on_a_partitioned_table_is_shown_by_the_planner_and_proved_on_all_partitions() {
    for major in [15, 18] {
        let (audited, clone) = (with_events(major).await, with_events(major).await);
        let mut connection = audited.connect("postgres").await.expect("a connection");
        support::run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        support::run(&mut connection, "SELECT pg_stat_statements_reset()").await;
        for shelf in 0..40 {
            support::run(&mut connection, &format!("SELECT day FROM events WHERE shelf = {shelf}")).await;
        }
        // of one partition alone: an index on the whole is an index on it
        for _ in 0..5 {
            support::run(&mut connection, "SELECT count(*) FROM events_1_old WHERE note LIKE 'x%'").await;
        }
        let here = tempfile::tempdir().expect("a directory");
        let binaries = support::binaries(major).directory.display().to_string();
        let (url, clone_url) = (audited.url("postgres"), clone.url("postgres"));
        let arguments = ["audit", &url, "--what-if", "lab", "--prove", &clone_url, "--format", "json"];
        let report = report(&pgassay_with(here.path(), &arguments, &[("PGASSAY_PG_BIN", &binaries)]));
        let of_events = |index: &&pgassay::report::IndexAction| index.table == "events";
        let index = report.indexes.iter().find(of_events);
        let index = index.unwrap_or_else(|| panic!("{major}: {:#?}\n{:#?}", report.considered, report.skipped));
        assert!(index.partitioned && index.ddl.contains("(shelf)"), "{major}: {index:#?}");
        let what_if = index.what_if.as_ref().expect("a judgement");
        let after = what_if.statements[0].plan_after.as_deref().unwrap_or_default();
        assert!(after.contains("a new index on events (shelf)"), "{major}: {after}");
        let proof = index.proof.as_ref().unwrap_or_else(|| panic!("{major}: no proof: {:#?}", report.skipped));
        assert!(proof.blocks_after * 5 < proof.blocks_before, "{major}: {proof:#?}");
        assert_eq!(proof.statements.len(), 2, "{major}: that of the partition is timed too: {proof:#?}");
        assert_eq!(indexes(&clone).await, [""; 0], "{major}");
    }
}

const EITHER: &str = "CREATE TABLE public.crates (a int, b int, note text);
    INSERT INTO crates SELECT (n * 7919) % 20011, (n * 6037) % 19997, repeat('x', 60) FROM generate_series(1, 100000) n;
    ANALYZE crates;";

async fn with_crates() -> Scratch {
    let server = support::server(16);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, EITHER).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_help_only_together_are_proved_together_and_stay() {
    let (audited, clone) = (with_crates().await, with_crates().await);
    let mut connection = audited.connect("postgres").await.expect("a connection");
    support::run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    support::run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    for value in 0..40 {
        let either = format!("SELECT note FROM crates WHERE a = {value} OR b = {value}");
        support::run(&mut connection, &either).await;
    }
    let here = tempfile::tempdir().expect("a directory");
    let binaries = support::binaries(16).directory.display().to_string();
    let (url, clone_url) = (audited.url("postgres"), clone.url("postgres"));
    let arguments = ["audit", &url, "--what-if", "lab", "--prove", &clone_url, "--format", "json"];
    let report = report(&pgassay_with(here.path(), &arguments, &[("PGASSAY_PG_BIN", &binaries)]));
    for column in ["(a)", "(b)"] {
        let index = report.indexes.iter().find(|index| index.table == "crates" && index.ddl.contains(column));
        let index = index.unwrap_or_else(|| panic!("{column}: {:#?}\n{:#?}", report.indexes, report.skipped));
        let proof = index.proof.as_ref().unwrap_or_else(|| panic!("{column}: no proof: {:#?}", report.skipped));
        assert!(proof.blocks_after * 5 < proof.blocks_before, "{column}: {proof:#?}");
    }
    assert_eq!(indexes(&clone).await, [""; 0]);
}
