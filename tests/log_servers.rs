//! Real servers write their logs in every form at once, under several prefixes: each tells the same.
#![allow(missing_docs, reason = "tests")]

#[path = "log/common.rs"]
#[allow(dead_code, reason = "the other log tests use the rest")]
mod common;
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pgassay::server::scratch::Scratch;
use pgassay::source::log::{Settings, Step};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::{MAJORS, run, server_with};

use common::{Ran, Told, try_told};

/// Prefixes, and whether they are recognised from the lines alone.
const PREFIXES: [(&str, bool); 9] = [
    ("%m [%p] %q%u@%d ", true),
    ("%t:%r:%u@%d:[%p]:", true),
    ("%t-%c-", true),
    ("%m [%p]: [%l-1] db=%d,user=%u ", true),
    ("%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", true),
    ("%n %c %l %x %v %e ", true),
    ("", true),
    ("<%m> %-12u|%10d| app=%a %i %b %h %s [%p] %P %% ", false),
    ("[%8p] %q%c %Q %a: ", false),
];

/// The last statement of a workload.
const END: &str = "SELECT 'the end of the workload'";

const SETTINGS: [&str; 10] = [
    "logging_collector=on",
    "log_directory=log",
    "log_min_duration_statement=0",
    "log_temp_files=0",
    "log_connections=on",
    "log_timezone=Europe/Vienna",
    "log_rotation_age=0",
    "log_rotation_size=0",
    "log_duration=off",
    "log_checkpoints=off",
];

async fn execute(connection: &mut PgConnection, sql: &str, parameters: &[Option<&str>]) {
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for parameter in parameters {
        query = query.bind(parameter.map(str::to_owned));
    }
    query.fetch_all(connection).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

/// Statements that are hard to read back.
async fn workload(connection: &mut PgConnection) {
    run(connection, "CREATE TEMP TABLE t (id int, \"odd \"\"name\"\", x\" text)").await;
    run(connection, "SELECT 1,\n\t'a tab',\n'it''s',\n\n  \"odd \"\"name\"\", x\"\r\nFROM t -- a comment\n\n").await;
    run(
        connection,
        "SELECT E'LOG:  duration: 1.0 ms  statement: x\\n', '2026-11-22 02:53:22.745 UTC [1] LOG:  \nLOG:  y'",
    )
    .await;
    run(connection, "INSERT INTO t VALUES (1, 'ä€😀 \\ {\"a\": [\"b\"]}'); INSERT INTO t VALUES (2, ',\",')").await;
    execute(
        connection,
        "SELECT * FROM t\nWHERE \"odd \"\"name\"\", x\" = $1 OR $2 IS NULL",
        &[Some("it's \"5\",\n$2 = '7'\\"), None],
    )
    .await;
    execute(connection, "SELECT $1 || ': ' AS x", &[Some(": execute a: ")]).await;
    execute(connection, "SELECT $1 || ': ' AS x", &[Some("again")]).await;
    run(connection, "PREPARE p(int) AS SELECT * FROM t\nWHERE id = $1").await;
    run(connection, "EXECUTE p(1)").await;
    run(connection, "BEGIN; DECLARE c CURSOR FOR SELECT * FROM t").await;
    run(connection, "FETCH 1 FROM c").await;
    run(connection, "COMMIT").await;
    run(connection, "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT g\nFROM generate_series(1, 30000) g ORDER BY g DESC OFFSET 0) x").await;
    run(connection, "SET statement_timeout = '20ms'").await;
    let cancelled = sqlx::raw_sql("SELECT\npg_sleep(9)").execute(&mut *connection).await;
    assert!(cancelled.is_err(), "the statement is stopped");
    run(connection, "SET statement_timeout = 0; LOAD 'auto_explain'").await;
    run(connection, "SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on").await;
    run(connection, "SELECT *\nFROM t WHERE id = 1").await;
    run(connection, "SET auto_explain.log_format = json").await;
    run(connection, "SELECT *\n\tFROM t WHERE \"odd \"\"name\"\", x\" = '\"'").await;
    run(connection, "SET auto_explain.log_min_duration = -1").await;
    run(connection, END).await;
}

/// Runs the workload under one prefix and waits until the files say that it ended.
async fn logged(server: &Scratch, prefix: &str, name: &str, kinds: &[&str]) -> Vec<PathBuf> {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, &format!("ALTER SYSTEM SET log_line_prefix = '{prefix}'")).await;
    run(&mut admin, &format!("ALTER SYSTEM SET log_filename = '{name}.log'")).await;
    run(&mut admin, "SELECT pg_reload_conf()").await;
    let directory = server.data_directory().join("log");
    let files: Vec<PathBuf> = kinds.iter().map(|kind| directory.join(format!("{name}.{kind}"))).collect();
    wait("a new log", || files.iter().all(|file| file.exists())).await;
    admin.close().await.expect("closed");
    let mut connection = server.connect("postgres").await.expect("a connection");
    workload(&mut connection).await;
    connection.close().await.expect("closed");
    wait("the end", || files.iter().all(|file| read(file).contains(END))).await;
    files
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned()
}

async fn wait(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come");
}

/// The session of the workload.
fn own(told: &Told) -> Vec<Ran> {
    let end = told.ran.iter().position(|ran| ran.text == END).expect("the end of the workload");
    let begin = told.ran.iter().position(|ran| ran.text.starts_with("CREATE TEMP TABLE t")).expect("its beginning");
    told.ran[begin..=end].to_vec()
}

fn told(file: &Path, prefix: Option<&str>) -> Told {
    let settings = Settings { log_line_prefix: prefix.map(str::to_owned), ..Settings::default() };
    let told = try_told(&[file.to_owned()], &settings).unwrap_or_else(|error| panic!("{error}\n{}", read(file)));
    // the session that changes the prefix ends under the old one
    let old = told.tally.skipped.get("not in the form of the rest of the log").copied().unwrap_or(0);
    let skipped: u64 = told.tally.skipped.values().sum();
    assert!(skipped == old && old <= 2, "{prefix:?}: {:?}\n{}", told.tally.skipped, read(file));
    told
}

/// What the prefix says, and the parameters and texts whatever it says.
fn assert_same(found: &[Ran], expected: &[Ran], prefix: &str) {
    for (found, expected) in found.iter().zip(expected) {
        let mut expected = expected.clone();
        expected.query_id = expected.query_id.filter(|_| prefix.contains("%Q"));
        expected.user = expected.user.filter(|_| prefix.contains('u'));
        expected.database = expected.database.filter(|_| prefix.contains('d'));
        expected.application = expected.application.filter(|_| prefix.contains("%a"));
        let has_id = prefix.contains("%c") || prefix.contains("%s");
        expected.session = expected.session.filter(|_| prefix.contains("%p") || has_id);
        if !has_id {
            expected.session = expected.session.map(|session| session & 0xffff_ffff);
        }
        assert!(found.at.is_some() || !prefix.contains("%t"), "{prefix}: {found:?}");
        expected.at = match prefix {
            prefix if prefix.contains("%m") || prefix.contains("%n") => expected.at,
            // the server asks another, coarser clock for it
            prefix if prefix.contains("%t") => {
                found.at.filter(|at| expected.at.is_some_and(|expected| (0..1_020_000).contains(&(expected - at))))
            }
            _ => None,
        };
        assert_eq!(*found, expected, "{prefix}");
    }
    assert_eq!(found.len(), expected.len(), "{prefix}");
}

fn check_workload(ran: &[Ran], others: &[String], major: u32) {
    let texts: Vec<&str> = ran.iter().map(|ran| ran.text.as_str()).collect();
    assert!(
        texts.contains(&"SELECT 1,\n\t'a tab',\n'it''s',\n\n  \"odd \"\"name\"\", x\"\r\nFROM t -- a comment\n\n"),
        "{texts:#?}"
    );
    assert!(
        texts.contains(&"INSERT INTO t VALUES (1, 'ä€😀 \\ {\"a\": [\"b\"]}'); INSERT INTO t VALUES (2, ',\",')"),
        "{texts:#?}"
    );
    let bound = ran.iter().find(|ran| ran.step == Step::Execute && ran.text.contains("IS NULL")).expect("an execution");
    assert_eq!(bound.parameters.as_deref(), Some("$1 = 'it''s \"5\",\n$2 = ''7''\\', $2 = NULL"), "PostgreSQL {major}");
    assert_eq!(ran.iter().filter(|ran| ran.step == Step::Execute && ran.text.ends_with("AS x")).count(), 2);
    let (session, begin) = (ran[0].session, ran[0].at);
    assert!(ran.iter().all(|ran| ran.duration.is_some() && ran.session == session && ran.at >= begin));
    let count = |kind: &str| others.iter().filter(|event| event.starts_with(kind)).count();
    assert_eq!(count("Cancelled"), 1, "{others:#?}");
    assert!(count("TempFile") >= 1, "{others:#?}");
    assert!(count("Plan") >= 2, "{others:#?}");
    for text in [
        "text: Some(\"SELECT *\\nFROM t WHERE id = 1\")",
        "text: Some(\"SELECT *\\n\\tFROM t WHERE",
        "text: Some(\"SELECT\\npg_sleep(9)\")",
    ] {
        assert!(others.iter().any(|event| event.contains(text)), "{text}: {others:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_every_version_tells_the_same_run() {
    for major in MAJORS {
        let kinds: &[&str] = if major >= 15 { &["log", "csv", "json"] } else { &["log", "csv"] };
        let destination = format!("log_destination=stderr,csvlog{}", if major >= 15 { ",jsonlog" } else { "" });
        let server = server_with(major, &[&SETTINGS[..], &[destination.as_str()]].concat());
        for (number, (prefix, recognised)) in PREFIXES.into_iter().enumerate() {
            let files = logged(&server, prefix, &format!("run{number}"), kinds).await;
            let csv = told(&files[1], None);
            let expected = own(&csv);
            check_workload(&expected, &csv.others, major);
            if let Some(json) = files.get(2) {
                assert_eq!(own(&told(json, None)), expected, "PostgreSQL {major}");
            }
            let found = told(&files[0], Some(prefix));
            assert_same(&own(&found), &expected, prefix);
            assert_eq!(found.others.len(), csv.others.len(), "{prefix}: {:#?}", found.others);
            if recognised {
                let alone = told(&files[0], None);
                assert_eq!(alone.tally.sources[0].prefix.as_deref(), Some(prefix));
                assert_eq!(alone.ran, found.ran);
            }
        }
    }
}
