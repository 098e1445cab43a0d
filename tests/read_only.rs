//! A snapshot of a live server changes nothing there.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use pgassay::source::live::{self, ReadOptions};
use sqlx::PgConnection;
use support::connecting::session_with;
use support::{MAJORS, run, server};

/// Everything that defines the server, and everything that a reset or a write would change.
const CONTENTS: [&str; 9] = [
    "SELECT md5(string_agg(t::text, '|' ORDER BY oid)) FROM (SELECT * FROM pg_class) t",
    "SELECT md5(string_agg(t::text, '|' ORDER BY indexrelid)) FROM pg_index t",
    "SELECT md5(string_agg(t::text, '|' ORDER BY attrelid, attnum)) FROM pg_attribute t",
    "SELECT md5(string_agg(t::text, '|' ORDER BY oid)) FROM pg_proc t",
    "SELECT md5(string_agg(t::text, '|' ORDER BY oid)) FROM pg_authid t",
    "SELECT md5(string_agg(name || coalesce(setting, '') || source, '|' ORDER BY name)) FROM pg_settings",
    "SELECT md5(string_agg(starelid || '.' || staattnum || stadistinct, '|' ORDER BY starelid, staattnum)) FROM pg_statistic",
    "SELECT concat_ws(',', stats_reset, xact_rollback, tup_inserted, tup_updated, tup_deleted, temp_files, deadlocks)
       FROM pg_stat_database WHERE datname = current_database()",
    "SELECT concat_ws(',', sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del), sum(seq_scan), sum(idx_scan), max(last_analyze))
       FROM pg_stat_user_tables",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_leaves_catalog_settings_counters_and_files_as_they_were() {
    for major in MAJORS {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        let schema = include_str!("snapshot/everything.sql");
        run(&mut connection, &format!("{schema}; CREATE EXTENSION pg_stat_statements")).await;
        // The first snapshot fills caches and relation maps as any first connection does.
        read(&server.url("postgres")).await;
        run(&mut connection, "CHECKPOINT").await;
        // a session tells its counters at the end of a transaction, once a second at most
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        run(&mut connection, "SELECT 1").await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let before = (contents(&mut connection).await, files(&server.data_directory()));
        read(&server.url("postgres")).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let after = (contents(&mut connection).await, files(&server.data_directory()));
        for (query, (one, other)) in CONTENTS.iter().zip(before.0.iter().zip(&after.0)) {
            assert_eq!(one, other, "{major}: {query}");
        }
        assert_eq!(before.1, after.1, "{major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read_may_make_a_snapshot() {
    for major in [13, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        run(&mut connection, "CREATE TABLE t (id serial PRIMARY KEY)").await;
        run(&mut connection, "CREATE ROLE reader LOGIN").await;
        run(&mut connection, "ALTER ROLE reader SET default_transaction_read_only = on").await;
        let read = read(&server.url("postgres").replace("user=postgres", "user=reader")).await;
        assert_eq!((read.tables.len(), read.server.role.as_str()), (1, "reader"), "{major}");
        assert!(!read.server.in_recovery && !read.server.superuser);
    }
}

async fn read(url: &str) -> pgassay::snapshot::Snapshot {
    let mut session = session_with(url, |_| ()).await.expect("a session");
    live::read(&mut session, &ReadOptions::default()).await.expect("a snapshot")
}

async fn contents(connection: &mut PgConnection) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for query in CONTENTS {
        all.push(sqlx::query_scalar(query).persistent(false).fetch_one(&mut *connection).await.expect(query));
    }
    all
}

/// Every file with its size. Left out is what an idle server writes by itself: WAL, statistics on their way to the
/// collector (before 15), transaction status, the texts of statements, caches made by any new connection.
fn files(data: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    collect(data, data, &mut found);
    assert!(found.len() > 500, "{} files", found.len());
    found
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<String, u64>) {
    const OWN: [&str; 6] = ["pg_wal", "pg_stat_tmp", "pg_stat", "pg_xact", "pg_subtrans", "postmaster.pid"];
    for entry in std::fs::read_dir(directory).expect("the data directory") {
        let entry = entry.expect("an entry");
        let name = entry.path().strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if OWN.contains(&name.as_str()) || name.ends_with("pg_internal.init") {
            continue;
        }
        let about = entry.metadata().expect("a file");
        if about.is_dir() {
            collect(root, &entry.path(), found);
        } else {
            found.insert(name, about.len());
        }
    }
}
