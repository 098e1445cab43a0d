//! `--window`: what is seen while a real server works, what ends it early, and what it costs the server.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use pgassay::server::Session;
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Gap, Samples, Snapshot};
use pgassay::source::live::{self, ReadOptions};
use pgassay::source::window::{self, WindowError};
use sqlx::PgConnection;
use support::connecting::{session, session_with};
use support::{run, server};
use tokio::time::sleep;

/// The oldest, one in the middle, the newest.
const MAJORS: [u32; 3] = [13, 15, 18];

const SETUP: &str = "CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int PRIMARY KEY, b int);
                     INSERT INTO t SELECT g, g FROM generate_series(1, 100) g; SELECT b FROM t WHERE a = 3";

async fn prepared(server: &Scratch) -> PgConnection {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, SETUP).await;
    admin
}

/// Watches for so long, while something else happens.
async fn watched(
    session: &mut Session,
    length: Duration,
    meanwhile: impl Future<Output = ()>,
) -> (Samples, Vec<Gap>, Snapshot) {
    let window = window::watch(session, length, std::future::pending(), |_| ());
    let (watched, ()) = tokio::join!(window, meanwhile);
    let (samples, gaps) = watched.expect("a window").finish(session).await.expect("what is its own");
    let snapshot = live::read(session, &ReadOptions::default()).await.expect("a snapshot");
    (samples, gaps, snapshot)
}

/// Calls and rows by statement.
fn sums(samples: &Samples) -> BTreeMap<i64, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for change in samples.intervals.iter().flat_map(|interval| &interval.changes) {
        let sum: &mut (u64, u64) = sums.entry(change.queryid).or_default();
        *sum = (sum.0 + change.calls, sum.1 + change.rows);
    }
    sums
}

/// Calls, rows and id of the statement that ends so.
fn counted(snapshot: &Snapshot, end: &str) -> (i64, u64, u64) {
    let entries = &snapshot.statements.entries;
    let entry = entries.iter().find(|entry| entry.text.as_deref().is_some_and(|text| text.ends_with(end)));
    let entry = entry.unwrap_or_else(|| panic!("no {end} in {entries:#?}"));
    (entry.queryid.expect("an id"), entry.calls, entry.rows)
}

async fn traffic(mut connection: PgConnection) {
    sleep(Duration::from_millis(400)).await;
    for round in 0..60 {
        run(&mut connection, "SELECT b FROM t WHERE a = 7").await;
        if round % 20 == 0 {
            for key in 1..=10 {
                run(&mut connection, &format!("UPDATE t SET b = 1 WHERE a = {key}")).await;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intervals_of_a_window_add_up_to_the_counters() {
    for major in MAJORS {
        let server = server(major);
        let admin = prepared(&server).await;
        let mut session = session(&server, "postgres").await;
        let before = live::read(&mut session, &ReadOptions::default()).await.expect("a snapshot");
        let (samples, gaps, after) = watched(&mut session, Duration::from_secs(3), traffic(admin)).await;
        assert_eq!((samples.cut_short.as_deref(), gaps.len()), (None, 0), "{major}: {gaps:?}");
        assert!((2.9..3.5).contains(&samples.seconds()), "{major}: {}", samples.seconds());
        assert!((10..=16).contains(&samples.intervals.len()), "{major}: {}", samples.intervals.len());
        let sums = sums(&samples);
        // it had run once before the window
        let (id, calls, rows) = counted(&after, "SELECT b FROM t WHERE a = $1");
        assert_eq!(counted(&before, "SELECT b FROM t WHERE a = $1").1, 1);
        assert_eq!((sums[&id], (calls, rows)), ((60, 60), (61, 61)), "{major}");
        // it is new
        let (id, calls, rows) = counted(&after, "UPDATE t SET b = $1 WHERE a = $2");
        assert_eq!((sums[&id], (calls, rows)), ((30, 30), (30, 30)), "{major}");
        let bursts =
            samples.intervals.iter().flat_map(|interval| &interval.changes).filter(|change| change.queryid == id);
        assert!(bursts.count() <= 6, "{major}: three bursts of ten");
        assert!(sums.len() <= 4, "{major}: nothing of pgassay itself: {sums:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_tells_what_it_costs_and_changes_nothing() {
    for major in MAJORS {
        let server = server(major);
        let mut admin = prepared(&server).await;
        let mut session = session(&server, "postgres").await;
        // a backend passes its counts on when it next has something to do
        support::counters_arrive().await;
        run(&mut admin, "SELECT 1").await;
        support::counters_arrive().await;
        let before = contents(&mut admin).await;
        let (samples, ..) = watched(&mut session, Duration::from_secs(2), std::future::ready(())).await;
        sleep(Duration::from_millis(700)).await;
        assert_eq!(contents(&mut admin).await, before, "{major}");
        let polls: (i64, f64) = sqlx::query_as(
            "SELECT calls, total_exec_time FROM pg_stat_statements WHERE query LIKE 'SELECT /*pgassay*/%array_agg(g.queryid)%'",
        )
        .fetch_one(&mut admin)
        .await
        .expect("its own row");
        assert_eq!(polls.0 as usize, samples.intervals.len() + 1, "{major}");
        let own = samples.own_ms.expect("its own time");
        assert!(own >= polls.1 * 0.9 && own < 200.0, "{major}: {own} ms, of which the server counts {}", polls.1);
    }
}

/// What a write or a reset would change.
async fn contents(admin: &mut PgConnection) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for query in [
        "SELECT md5(string_agg(t::text, '|' ORDER BY oid)) FROM (SELECT oid, relname, relfilenode, reltuples FROM pg_class) t",
        "SELECT md5(string_agg(name || coalesce(setting, '') || source, '|' ORDER BY name)) FROM pg_settings",
        "SELECT concat_ws(',', stats_reset, xact_rollback, tup_inserted, tup_updated, tup_deleted, temp_files, deadlocks)
           FROM pg_stat_database WHERE datname = current_database()",
        "SELECT concat_ws(',', sum(n_tup_ins), sum(n_tup_upd), sum(seq_scan), sum(idx_scan)) FROM pg_stat_user_tables",
        "SELECT count(*)::text FROM pg_stat_statements WHERE query LIKE 'INSERT INTO t%'",
    ] {
        found.push(sqlx::query_scalar(query).fetch_one(&mut *admin).await.unwrap_or_else(|error| panic!("{error}")));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_the_middle_ends_the_window_with_what_was_seen() {
    for major in MAJORS {
        let server = server(major);
        let mut admin = prepared(&server).await;
        let mut session = session(&server, "postgres").await;
        let reset = async {
            for _ in 0..10 {
                run(&mut admin, "SELECT b FROM t WHERE a = 7").await;
                sleep(Duration::from_millis(100)).await;
            }
            run(&mut admin, "SELECT pg_stat_statements_reset()").await;
        };
        let (samples, gaps, _) = watched(&mut session, Duration::from_secs(20), reset).await;
        assert_eq!(samples.cut_short.as_deref(), Some("reset"), "{major}");
        assert!((0.5..5.0).contains(&samples.seconds()), "{major}: {}", samples.seconds());
        assert!(gaps[0].why.ends_with("of 20 s: the counters were reset"), "{major}: {gaps:?}");
        let calls: u64 = sums(&samples).values().map(|sum| sum.0).max().expect("what ran before the reset");
        assert!((5..=10).contains(&calls), "{major}: {calls}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_cannot_be_read_is_an_error_that_says_what_to_do() {
    for major in MAJORS {
        let server = server(major);
        let mut admin = server.connect("postgres").await.expect("a connection");
        run(&mut admin, "CREATE ROLE auditor LOGIN; CREATE ROLE seer LOGIN; GRANT pg_read_all_stats TO seer").await;
        refused(&server, "auditor", "is not installed in database", "CREATE EXTENSION").await;
        run(&mut admin, SETUP).await;
        run(&mut admin, "REVOKE EXECUTE ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC").await;
        refused(&server, "seer", "role seer may not read \"public\".pg_stat_statements", "GRANT EXECUTE ON FUNCTION")
            .await;
        run(&mut admin, "GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO PUBLIC").await;
        run(&mut admin, "ALTER DATABASE postgres SET pg_stat_statements.track = 'none'").await;
        refused(&server, "seer", "track is none", "ALTER SYSTEM SET pg_stat_statements.track").await;
        run(&mut admin, "ALTER DATABASE postgres RESET ALL").await;
        for (role, expected) in [("seer", 0), ("auditor", 1)] {
            let mut session = as_role(&server, role).await;
            let (_, gaps, _) = watched(&mut session, Duration::from_secs(1), std::future::ready(())).await;
            assert_eq!(gaps.len(), expected, "{major}: {role}: {gaps:?}");
            let remedy = gaps.first().and_then(|gap| gap.remedy.as_deref());
            assert!(remedy.is_none_or(|remedy| remedy == "GRANT pg_read_all_stats TO auditor"), "{gaps:?}");
        }
    }
}

async fn refused(server: &Scratch, role: &str, why: &str, help: &str) {
    let mut session = as_role(server, role).await;
    let window = window::watch(&mut session, Duration::from_secs(1), std::future::pending(), |_| ()).await;
    let error = window.map(|_| ()).expect_err(why);
    assert!(matches!(error, WindowError::NotReadable { .. }), "{error:?}");
    let helped = miette::Diagnostic::help(&error).map(|help| help.to_string()).unwrap_or_default();
    assert!(error.to_string().contains(why) && helped.contains(help), "{error}\n{helped}");
}

async fn as_role(server: &Scratch, role: &str) -> Session {
    let url = server.url("postgres").replace("user=postgres", &format!("user={role}"));
    session_with(&url, |_| ()).await.unwrap_or_else(|error| panic!("{role}: {error:?}"))
}

/// 70 columns taken by twos.
fn many_statements(table: &str) -> (String, String) {
    let columns: Vec<String> = (0..70).map(|column| format!("c{column}")).collect();
    let create = format!("CREATE TABLE {table} ({} int)", columns.join(" int, "));
    let pairs = columns.iter().flat_map(|one| columns.iter().map(move |other| (one, other)));
    let statements = pairs.map(|(one, other)| format!("SELECT {one}, {other} FROM {table}"));
    (create, statements.collect::<Vec<_>>().join("; "))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_five_thousand_entries_a_window_is_slower_and_costs_the_server_little() {
    let server = server(15);
    let mut admin = prepared(&server).await;
    let (create, statements) = many_statements("wide");
    run(&mut admin, &create).await;
    run(&mut admin, &statements).await;
    let mut session = session(&server, "postgres").await;
    let (samples, gaps, after) = watched(&mut session, Duration::from_secs(20), async {
        sleep(Duration::from_secs(3)).await;
        run(&mut admin, &statements).await;
    })
    .await;
    assert!(after.statements.entries.len() > 4_900, "{}", after.statements.entries.len());
    let own = samples.own_ms.expect("its own time");
    let counted: f64 = sqlx::query_scalar(
        "SELECT total_exec_time FROM pg_stat_statements WHERE query LIKE 'SELECT /*pgassay*/%array_agg(g.queryid)%'",
    )
    .fetch_one(&mut admin)
    .await
    .expect("its own row");
    // packing and sending the answer come after the clock
    assert!(own >= counted * 0.7, "{own} ms, of which the server counts {counted}");
    let reading = own / (samples.intervals.len() + 1) as f64;
    println!("{} intervals, {own:.1} ms, {reading:.2} ms a reading, {counted:.1} ms counted", samples.intervals.len());
    assert!((20..=24).contains(&samples.intervals.len()), "{}", samples.intervals.len());
    assert!(own / 1_000.0 < 0.05 * samples.seconds(), "{own} ms");
    let once = sums(&samples).values().filter(|(calls, _)| *calls == 1).count();
    assert_eq!(once, 4_900, "{gaps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_in_the_window_is_told_and_counts_no_call_twice() {
    for major in MAJORS {
        let server = support::server_with(major, &["pg_stat_statements.max=200"]);
        let mut admin = prepared(&server).await;
        let (create, statements) = many_statements("wide");
        run(&mut admin, &create).await;
        let mut session = session(&server, "postgres").await;
        let (samples, gaps, _) = watched(&mut session, Duration::from_secs(4), async {
            for some in statements.split("; ").take(600).collect::<Vec<_>>().chunks(20) {
                run(&mut admin, &some.join("; ")).await;
                run(&mut admin, "SELECT b FROM t WHERE a = 7").await;
                sleep(Duration::from_millis(80)).await;
            }
        })
        .await;
        assert_eq!(samples.cut_short, None, "{major}: {gaps:?}");
        assert_eq!(gaps.iter().any(|gap| gap.why.contains("was full")), major >= 14, "{major}: {gaps:?}");
        let sums = sums(&samples);
        let (once, often): (Vec<u64>, Vec<u64>) = sums.values().map(|sum| sum.0).partition(|calls| *calls == 1);
        assert!(once.len() > 300 && often.iter().all(|calls| *calls <= 30), "{major}: {} and {often:?}", once.len());
    }
}
