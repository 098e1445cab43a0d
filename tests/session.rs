//! What a session on the audited server does and leaves behind.

mod support;

use pgassay::server::{MARKER, ServerError};
use serde::Deserialize;
use support::connecting::{session, session_with};

#[derive(Debug, Deserialize, PartialEq)]
struct Row {
    n: i64,
    t: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_reads_every_version_in_read_only_transactions_and_marks_each_statement() {
    for major in support::MAJORS {
        let server = support::server(major);
        let mut admin = server.connect("postgres").await.expect("a connection");
        support::run(&mut admin, "CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()").await;
        let mut session = session(&server, "postgres").await;
        assert_eq!(session.major(), major);
        let rows: Vec<Row> = session.read("SELECT 1::bigint AS n, NULL AS t -- why not\n").await.expect("a row");
        assert_eq!(rows, [Row { n: 1, t: None }], "{major}");
        let plan = session.transaction(&["EXPLAIN SELECT 1".to_owned(), "SELECT 1".to_owned()]).await;
        let plan = plan.expect("two answers");
        assert!(plan[0][0].starts_with("Result"), "{major}: {plan:?}");
        assert_eq!(plan[1], ["1"]);
        let refused = session.read::<Row>("SELECT nextval('nowhere')").await.expect_err("no such sequence");
        assert_eq!((refused.sqlstate(), position(&refused)), (Some("42P01"), Some(16)), "{major}: {refused}");
        let written = session.transaction(&["CREATE TABLE public.t ()".to_owned()]).await.expect_err("read only");
        assert_eq!(written.sqlstate(), Some("25006"), "{major}: {written}");
        let unmarked: Vec<String> = sqlx::query_scalar(
            "SELECT query FROM pg_stat_statements WHERE strpos(query, $1) = 0 AND query !~ 'pg_stat_statements'",
        )
        .bind(MARKER)
        .fetch_all(&mut admin)
        .await
        .expect("statements");
        assert!(unmarked.is_empty(), "{major}: {unmarked:?}");
    }
}

fn position(error: &ServerError) -> Option<usize> {
    match error {
        ServerError::Statement { position, .. } => *position,
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stands_on_guard() {
    let server = support::server(17);
    let mut session = session_with(&server.url("postgres"), |target| {
        target.statement_timeout = std::time::Duration::from_secs(2);
    })
    .await
    .expect("a session");
    let settings = "SELECT count(*) AS n, string_agg(name || '=' || setting, ' ' ORDER BY name) AS t FROM pg_settings \
                    WHERE name IN ('statement_timeout', 'lock_timeout', 'search_path', 'application_name', \
                    'transaction_isolation', 'transaction_read_only', 'idle_in_transaction_session_timeout')";
    let expected = "application_name=pgassay idle_in_transaction_session_timeout=60000 lock_timeout=1000 \
                    search_path=pg_catalog, pg_temp statement_timeout=2000 transaction_isolation=read committed \
                    transaction_read_only=on";
    let found: Row = session.read_one(settings).await.expect("settings");
    assert_eq!(found.t.as_deref(), Some(expected));
    let slow = session.read::<Row>("SELECT 1 AS n, pg_sleep(5)::text AS t").await.expect_err("too slow");
    assert!(matches!(slow, ServerError::StatementTimeout { seconds: 2 }), "{slow:?}");
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, "CREATE TABLE t (a int)").await;
    support::run(&mut admin, "BEGIN; LOCK t").await;
    let locked = session.read::<Row>("SELECT a AS n, '' AS t FROM public.t").await.expect_err("locked");
    assert!(matches!(locked, ServerError::Locked { .. }), "{locked:?}");
    assert_eq!(session.read::<Row>("SELECT 7 AS n, 'goes on' AS t").await.expect("goes on").len(), 1);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_in_the_middle_is_an_error_that_says_so() {
    let server = support::server(16);
    let mut ended = session(&server, "postgres").await;
    let mut stopped = session(&server, "postgres").await;
    let mut admin = server.connect("postgres").await.expect("a connection");
    let row = ended.read::<Row>("SELECT pg_backend_pid() AS n, NULL AS t").await.expect("a row");
    support::run(&mut admin, &format!("SELECT pg_terminate_backend({})", row[0].n)).await;
    let error = ended.read::<Row>("SELECT 1 AS n, NULL AS t").await.expect_err("terminated");
    // the server's last words, where they arrived before the end of the stream
    let told = |message: &str| message.contains("administrator") || message.contains("closed");
    assert!(matches!(&error, ServerError::Lost { message, .. } if told(message)), "{error}");
    server.stop().expect("stopped");
    for attempt in 0..2 {
        let error = stopped.read::<Row>("SELECT 1 AS n, NULL AS t").await.expect_err("stopped");
        assert!(matches!(error, ServerError::Lost { .. }), "{attempt}: {error}");
    }
}
