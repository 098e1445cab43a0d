//! What makes a statement slow, on real servers: by their counters, their logs and the plans of `auto_explain`.

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pgassay::report::{Report, StatementInfo};
use pgassay::server::scratch::Scratch;
use sqlx::{Connection, PgConnection};
use support::program::pgassay;
use support::{counters_arrive, run, server_with};

/// A value of a user, which no report may show.
const SECRET: &str = "anna@example.org";

const SCHEMA: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE node (id bigint PRIMARY KEY, parent_id bigint REFERENCES node, name text);
    CREATE INDEX ON node (parent_id);
    CREATE TABLE event (id bigint PRIMARY KEY, customer_id bigint NOT NULL, city text NOT NULL, country text NOT NULL,
                        amount int NOT NULL, reserved int NOT NULL, body text NOT NULL);
    INSERT INTO event SELECT g, CASE WHEN g <= 20 THEN g ELSE 0 END, 'c' || g % 50, 'k' || g % 50, g, 0, md5(g::text)
      FROM generate_series(1, 200000) g;
    CREATE INDEX ON event (customer_id);
    CREATE TABLE document (id bigint PRIMARY KEY, body text NOT NULL);
    ALTER TABLE document ALTER body SET STORAGE EXTERNAL;
    INSERT INTO document SELECT g, repeat(md5(g::text), 20000) FROM generate_series(1, 4) g;
    CREATE TABLE account (id bigint PRIMARY KEY, balance numeric NOT NULL, owner text NOT NULL);
    INSERT INTO account SELECT g, 100, 'anna@example.org' FROM generate_series(1, 1000) g;
    VACUUM ANALYZE; CHECKPOINT; SELECT pg_stat_statements_reset()";

const SETTINGS: [&str; 14] = [
    "logging_collector=on",
    "log_directory=log",
    "log_filename=start.log",
    "log_min_duration_statement=0",
    "log_line_prefix=%m [%p] %q%u@%d/%a ",
    "log_lock_waits=on",
    "deadlock_timeout=100ms",
    "log_temp_files=0",
    "track_io_timing=on",
    "pg_stat_statements.track_planning=on",
    "session_preload_libraries=auto_explain",
    "auto_explain.log_min_duration=0",
    "auto_explain.log_analyze=on",
    "max_parallel_workers_per_gather=0",
];

/// Any two of its tables can be joined, and each of them is empty.
const PLANNED: &str = "SELECT a.name FROM node a JOIN node b ON b.parent_id = a.id JOIN node c ON c.parent_id = a.id \
    JOIN node d ON d.parent_id = a.id JOIN node e ON e.parent_id = a.id JOIN node f ON f.parent_id = a.id \
    JOIN node g ON g.parent_id = a.id JOIN node h ON h.parent_id = a.id WHERE a.name <>";
const SPILLS: &str = "SELECT max(body) FROM (SELECT body FROM event ORDER BY body OFFSET 0) s";
const READS: &str = "SELECT id FROM event WHERE reserved > amount";
const FLIPS: &str = "SELECT count(body), max(body), min(body) FROM event WHERE customer_id =";
const MISTAKEN: &str = "SELECT e.id, e.amount FROM event e WHERE e.city = 'c7' AND e.country = 'k7' AND e.amount % 2 = 1 ORDER BY e.amount";
const WRITES: &str = "UPDATE document SET body = body || 'x' WHERE id <= 4";
const WAITS: &str = "UPDATE account SET balance = balance + 1 WHERE id =";
const QUICK: &str = "SELECT owner FROM account WHERE id =";

/// All that goes wrong, and what does not.
async fn traffic(server: &Scratch, connection: &mut PgConnection) {
    run(connection, "SET work_mem = '1MB'").await;
    for round in 0..6 {
        for id in 0..10 {
            run(connection, &format!("{PLANNED} '{id}'")).await;
        }
        let format = if round % 2 == 0 { "text" } else { "json" };
        run(connection, &format!("SET auto_explain.log_format = {format}")).await;
        for sql in [SPILLS, READS, MISTAKEN, WRITES] {
            run(connection, sql).await;
        }
        run(connection, &format!("{FLIPS} {}", round + 1)).await;
        run(connection, &format!("{FLIPS} 0")).await;
        requests(connection, round).await;
    }
    wait_for_a_row(server, connection).await;
}

/// Pages that ask by key, each with its trace.
async fn requests(connection: &mut PgConnection, round: u32) {
    for page in 0..10 {
        let trace = format!("/*route='%2Faccounts',traceparent='00-{round:016x}{page:016x}-01-01'*/");
        for id in 1..=3 {
            run(connection, &format!("{QUICK} {id} AND owner = '{SECRET}' {trace}")).await;
        }
    }
}

/// Another session changes the row and thinks for half a second.
async fn wait_for_a_row(server: &Scratch, connection: &mut PgConnection) {
    for _ in 0..3 {
        let mut other = server.connect("postgres").await.expect("a connection");
        run(&mut other, &format!("BEGIN; UPDATE account SET owner = '{SECRET}' WHERE id = 5")).await;
        let ends = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            run(&mut other, "COMMIT").await;
            other.close().await.expect("closed");
        });
        run(connection, &format!("{WAITS} 5")).await;
        ends.await.expect("the other session");
    }
}

fn report(directory: &Path, args: &[&str]) -> Report {
    let audit = pgassay(directory, &[&["audit", "-f", "json"], args].concat());
    assert!(audit.code <= 1, "{}", audit.stderr);
    assert!(!audit.stdout.contains(SECRET), "a value of a user is in the report");
    serde_json::from_str(&audit.stdout).unwrap_or_else(|error| panic!("{error}\n{}", audit.stderr))
}

fn statement<'a>(report: &'a Report, text: &str) -> &'a StatementInfo {
    let begins = |one: &&StatementInfo| one.text.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(text);
    report.statements.iter().find(begins).unwrap_or_else(|| {
        panic!("no statement {text}: {:#?}", report.statements.iter().map(|one| &one.text).collect::<Vec<_>>())
    })
}

fn causes(report: &Report, text: &str) -> Vec<(String, String)> {
    let told = &statement(report, text).causes;
    told.iter().map(|cause| (format!("{}/{}", cause.cause, cause.seen), cause.words.clone())).collect()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A server with all its traffic done, and its log.
async fn busy(major: u32) -> (Scratch, PathBuf) {
    let server = server_with(major, &SETTINGS);
    let mut admin = server.connect("postgres").await.expect("a connection");
    for sql in SCHEMA.split(';') {
        run(&mut admin, sql).await;
    }
    admin.close().await.expect("closed");
    let mut connection = server.connect("postgres").await.expect("a connection");
    traffic(&server, &mut connection).await;
    connection.close().await.expect("closed");
    counters_arrive().await;
    let log = server.data_directory().join("log/start.log");
    (server, log)
}

fn assert_causes(report: &Report, major: u32) {
    for (sql, cause, words) in [
        (PLANNED, "planning/counters", "of its time"),
        ("SELECT max(body)", "spill/plan", "Sort writes"),
        (READS, "reads/counters", "to return no row"),
        (READS, "slow-node/plan", "Seq Scan on event takes"),
        (READS, "rows-removed/plan", "Seq Scan on event reads 200,000 rows and throws 200,000 of them away"),
        (FLIPS, "plan-flip/plan", "plans that take turns"),
        ("SELECT e.id, e.amount", "misestimate/plan", "the planner expected 1 row and got 4,000"),
        (WRITES.split(" ||").next().expect("words"), "wal/counters", "of WAL a call"),
        (WAITS.split(" +").next().expect("words"), "lock-waits/log", "waited 3 times for a row"),
    ] {
        let found = causes(report, sql);
        let one = found.iter().find(|(name, _)| name == cause);
        let (_, said) = one.unwrap_or_else(|| panic!("{major}: {sql} lacks {cause}: {found:#?}"));
        assert!(said.contains(words), "{major}: {sql}: {said}");
    }
    assert_eq!(causes(report, QUICK), [], "{major}: a look-up by key");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_is_named_where_it_is_and_by_what_shows_it() {
    let directory = tempfile::tempdir().expect("a directory");
    for major in [13, 18] {
        let (server, log) = busy(major).await;
        let (url, log) = (server.url("postgres"), text(&log));
        let logged = report(directory.path(), &[&url, "--log", &log]);
        assert_causes(&logged, major);
        let rules = |id: &str| logged.findings.iter().filter(|finding| finding.rule == id).count();
        assert_eq!(rules("plan-flips"), 1, "{major}");
        let counted = report(directory.path(), &[&url]);
        assert!(causes(&counted, READS).iter().all(|(name, _)| name.ends_with("/counters")), "{major}");
        let outcome = counted.rules.iter().find(|outcome| outcome.rule == "plan-flips").expect("the rule");
        assert!(outcome.why.as_ref().is_some_and(|why| why.contains("no log was read")), "{outcome:?}");
        shown(directory.path(), &url, &log);
    }
}

/// What a user sees: the parts below the statement, within the page.
fn shown(directory: &Path, url: &str, log: &str) {
    for (format, marks) in [
        ("table", ["What makes busy statements slow", "no index was found that helps"]),
        ("markdown", ["- reads ", "no index was found that helps"]),
    ] {
        let seen = pgassay(directory, &["audit", "-f", format, url, "--log", log]);
        assert!(!seen.stdout.contains(SECRET), "{format}");
        for mark in marks {
            let ascii = mark.replace('•', "-");
            assert!(
                seen.stdout.contains(mark) || seen.stdout.contains(&ascii),
                "{format} lacks {mark}:\n{}",
                seen.stdout
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_judged_where_the_log_has_their_traces() {
    let directory = tempfile::tempdir().expect("a directory");
    let targets = "[targets]\nrequest-p95 = '1h'\nrequest-p99 = '1h'\nstatements-per-request = 2\n";
    std::fs::write(directory.path().join("pgassay.toml"), targets).expect("a file");
    let (server, log) = busy(15).await;
    let (url, log) = (server.url("postgres"), text(&log));
    let met = |report: &Report| report.scorecard.iter().map(|score| score.met).collect::<Vec<_>>();
    let logged = report(directory.path(), &[&url, "--log", &log]);
    // sixty requests have no 99th percentile
    assert_eq!(met(&logged), [Some(true), None, Some(false)], "{:#?}", logged.scorecard);
    assert_eq!(logged.scorecard[2].observed.as_deref(), Some("3"));
    assert!(logged.scorecard[2].how.contains("60 requests (by traceparent)"), "{:#?}", logged.scorecard);
    assert!(logged.scorecard[2].how.contains("most on /accounts with 3"), "{:#?}", logged.scorecard);
    let counted = report(directory.path(), &[&url]);
    assert_eq!(met(&counted), [None, None, None]);
    assert!(counted.scorecard.iter().all(|score| score.how.contains("not observed, because no log was read")));
}

const SHOP: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE item (id bigint PRIMARY KEY, place bigint NOT NULL, kind text NOT NULL, low int NOT NULL, high int NOT NULL,
                       note text NOT NULL);
    INSERT INTO item SELECT g, g, CASE WHEN g % 10 = 0 THEN 'b' ELSE 'a' END, 0, g, repeat('x', 300)
      FROM generate_series(1, 100000) g;
    VACUUM ANALYZE; SELECT pg_stat_statements_reset()";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_index_does_is_said_before_and_after_or_why_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server_with(16, &[]);
    let mut admin = server.connect("postgres").await.expect("a connection");
    for sql in SHOP.split(';') {
        run(&mut admin, sql).await;
    }
    for round in 0..5 {
        for sql in [
            format!("SELECT id FROM item WHERE place = {round}"),
            "SELECT id FROM item WHERE low > high".to_owned(),
            "SELECT id, note FROM item WHERE kind = 'a'".to_owned(),
            format!("SELECT note FROM item WHERE id BETWEEN {round} AND 90000"),
        ] {
            run(&mut admin, &sql).await;
        }
    }
    counters_arrive().await;
    let bin = text(&support::binaries(16).directory);
    let report = report(directory.path(), &[&server.url("postgres"), "--what-if", "lab", "--pg-bin", &bin]);
    let judged = |sql: &str| {
        let one = statement(&report, sql);
        one.index.clone().unwrap_or_else(|| panic!("{sql} was not judged: {one:#?}"))
    };
    let helped = judged("SELECT id FROM item WHERE place");
    assert!(helped.helped && helped.basis.as_deref() == Some("lab"), "{helped:#?}");
    let (before, after) = helped.cost_before.zip(helped.cost_after).expect("costs");
    assert!(after < before / 100.0, "{before} to {after}");
    let created = report.indexes.iter().any(|index| helped.names.contains(&index.name));
    assert!(created, "{helped:#?} is among the indexes to create");
    for (sql, why) in [
        ("SELECT id FROM item WHERE low", "none of its conditions leads to an index worth trying"),
        ("SELECT id, note FROM item WHERE kind", "none of its conditions leads to an index worth trying"),
        ("SELECT note FROM item WHERE id BETWEEN", "public.item (id): its conditions let 90 % of the rows pass"),
    ] {
        let found = judged(sql);
        let told = found.why.as_deref().unwrap_or_default();
        assert!(!found.helped && told.contains(why), "{sql}: {found:#?}");
    }
}
