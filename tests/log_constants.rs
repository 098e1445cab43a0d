//! What a log tells of the constants that `pg_stat_statements` took out: a queue's index over its open rows alone.

mod support;

use pgassay::report::{Action, IndexAction, Report};
use support::program::{report, with_labs as run};

const MAJOR: u32 = 16;

const LOGGING: [&str; 5] = [
    "logging_collector=on",
    "log_directory=log",
    "log_filename=start.log",
    "log_min_duration_statement=0",
    "log_line_prefix=%m [%p] %q%u@%d/%a ",
];

/// One job in two hundred is open, and as many are of each kind.
const SCHEMA: &str = "CREATE EXTENSION pg_stat_statements; \
    CREATE TABLE jobs (id bigint PRIMARY KEY, state text NOT NULL, kind text NOT NULL, created_at timestamptz NOT NULL, body text); \
    INSERT INTO jobs SELECT g, CASE WHEN g % 200 = 7 THEN 'open' ELSE 'done' END, CASE WHEN g % 200 < 100 THEN 'mail' ELSE 'call' END, \
      now() - g * interval '1 minute', repeat('x', 60) FROM generate_series(1, 100000) g; \
    VACUUM ANALYZE jobs; SELECT pg_stat_statements_reset()";

const NEXT: &str = "SELECT id, body FROM jobs WHERE state = 'open' ORDER BY created_at LIMIT 20";

fn partial(report: &Report) -> Option<&IndexAction> {
    report.indexes.iter().find(|index| index.action == Action::Create && index.ddl.contains("WHERE"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_every_execution_asks_for_is_a_partial_index_and_one_that_changes_is_not() {
    let server = support::server_with(MAJOR, &LOGGING);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run_each(&mut connection, SCHEMA).await;
    for call in 0..80 {
        support::run(&mut connection, NEXT).await;
        let kind = ["mail", "call"][call % 2];
        let listed = format!("SELECT id, body FROM jobs WHERE kind = '{kind}' ORDER BY created_at LIMIT 20");
        support::run(&mut connection, &listed).await;
    }
    let here = tempfile::tempdir().expect("a directory");
    let log = here.path().join("server.log");
    std::fs::copy(server.data_directory().join("log/start.log"), &log).expect("a log");
    let url = server.url("postgres");
    let advise = |more: &[&str]| {
        report(&run(here.path(), MAJOR, &[&["audit", &url, "-f", "json", "--fail-on", "none"], more].concat()))
    };

    let blind = advise(&[]);
    assert!(partial(&blind).is_none(), "the server keeps parameters: {:#?}", blind.indexes);
    let told = advise(&["--log", "server.log"]);
    let index = partial(&told).unwrap_or_else(|| panic!("{:#?}", told.indexes));
    assert!(index.ddl.contains("(created_at) WHERE state = 'open'"), "{}", index.ddl);
    let note = |index: &IndexAction| format!("{:?}", index.notes);
    assert!(note(index).contains("the log has state = 'open' each time"), "{index:#?}");
    assert!(!told.indexes.iter().any(|index| index.ddl.contains("'mail'") || index.ddl.contains("'call'")));

    support::run(&mut connection, &index.ddl.replace("CONCURRENTLY ", "")).await;
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {NEXT}"));
    let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.expect("a plan");
    assert!(plan.iter().any(|line| line.contains(&format!("Index Scan using {}", index.name))), "{plan:#?}");
}
