//! Framework `sql`, run by psql.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use pgassay::migration::{Emitted, Framework};
use pgassay::server::scratch::Scratch;

use crate::reports::{create, everything, partitioned, plain, report};
use crate::{assert_up, emitted, indexes, server, support, valid, written};

const INDEX: &str = "public.orders_customer_id_idx";

/// The newest psql of the usual places, or that on PATH.
fn psql() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|entry| entry.path().join("bin/psql")).filter(|one| one.exists()).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.splice(0..0, std::env::split_paths(&path).map(|place| place.join("psql")).filter(|one| one.exists()));
    found.pop().unwrap_or_else(|| panic!("no psql: install it (Debian/Ubuntu: `apt-get install postgresql-client`)"))
}

/// Runs one file; whether it succeeded, and what psql said.
fn run_file(server: &Scratch, file: &Path, further: &[&str]) -> (bool, String) {
    let mut command = Command::new(psql());
    // no locale: names that are not ASCII must survive it
    command.env("LC_ALL", "C").env("PGCONNECT_TIMEOUT", "10").stdin(Stdio::null());
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"]);
    let output = command.arg(server.socket_directory()).args(further).arg("-f").arg(file).output().expect("psql");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), text)
}

/// Writes the files and runs one way, in the order that the note asks for.
fn run_all(server: &Scratch, emitted: &Emitted, way: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    written(emitted, directory.path());
    let mut names: Vec<&str> = emitted.files.iter().map(|file| file.path.as_str()).collect();
    names.retain(|name| name.ends_with(way));
    names.sort_unstable();
    if way == ".down.sql" {
        names.reverse();
    }
    for name in names {
        let (succeeded, text) = run_file(server, &directory.path().join(name), &[]);
        assert!(succeeded, "{name}: {text}");
    }
}

/// Runs the first file alone.
fn run_first(server: &Scratch, emitted: &Emitted, further: &[&str]) -> (bool, String) {
    let directory = tempfile::tempdir().expect("a directory");
    written(emitted, directory.path());
    run_file(server, &directory.path().join(&emitted.files[0].path), further)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_index_is_built_valid_and_the_way_back_leads_back() {
    for major in support::MAJORS {
        let (server, mut connection) = server(major).await;
        let before = indexes(&mut connection).await;
        let files = emitted(Framework::Sql, &everything(), &[]);
        run_all(&server, &files, ".up.sql");
        assert_up(&mut connection, major).await;
        run_all(&server, &files, ".up.sql"); // each can be run again
        assert_up(&mut connection, major).await;
        run_all(&server, &files, ".down.sql");
        assert_eq!(indexes(&mut connection).await, before, "PostgreSQL {major}");
        run_all(&server, &files, ".up.sql");
        assert_up(&mut connection, major).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_leftover_is_replaced_and_a_valid_index_is_kept() {
    for major in [13, 15, 18] {
        let (server, mut connection) = server(major).await;
        let files = emitted(Framework::Sql, &plain(), &[]);
        let planted = "CREATE UNIQUE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id)";
        sqlx::query(planted).execute(&mut connection).await.expect_err("customers have several orders");
        assert_eq!(valid(&mut connection, INDEX).await, Some(false));
        run_all(&server, &files, ".up.sql");
        assert_eq!(valid(&mut connection, INDEX).await, Some(true));
        let oid = "SELECT to_regclass($1)::oid::int8";
        let built: i64 = sqlx::query_scalar(oid).bind(INDEX).fetch_one(&mut connection).await.expect("an oid");
        run_all(&server, &files, ".up.sql");
        let kept: i64 = sqlx::query_scalar(oid).bind(INDEX).fetch_one(&mut connection).await.expect("an oid");
        assert_eq!(built, kept, "PostgreSQL {major}: a valid index was built anew");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_that_name_on_another_table_is_an_error_and_stays() {
    let (server, mut connection) = server(15).await;
    support::run(&mut connection, "CREATE TABLE other (a int); CREATE INDEX orders_customer_id_idx ON other (a)").await;
    for validity in [true, false] {
        sqlx::query("UPDATE pg_index SET indisvalid = $1 WHERE indexrelid = to_regclass($2)")
            .bind(validity)
            .bind(INDEX)
            .execute(&mut connection)
            .await
            .expect("a planted state");
        let (succeeded, text) = run_first(&server, &emitted(Framework::Sql, &plain(), &[]), &[]);
        assert!(!succeeded && text.contains("there is no valid index"), "{text}");
        assert_eq!(valid(&mut connection, INDEX).await, Some(validity));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_around_the_file_gives_the_servers_error_and_no_damage() {
    for major in [13, 15, 18] {
        let (server, mut connection) = server(major).await;
        for leftover in [false, true] {
            if leftover {
                let planted = "CREATE UNIQUE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id)";
                sqlx::query(planted).execute(&mut connection).await.expect_err("duplicates");
            }
            let before = indexes(&mut connection).await;
            let files = emitted(Framework::Sql, &plain(), &[]);
            let (succeeded, text) = run_first(&server, &files, &["--single-transaction"]);
            assert!(!succeeded && text.contains("cannot run inside a transaction block"), "{text}");
            assert_eq!(indexes(&mut connection).await, before, "PostgreSQL {major}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timeouts_of_the_role_do_not_interrupt_a_build() {
    for major in [13, 15, 18] {
        let (server, mut connection) = server(major).await;
        let timeouts = if major >= 17 { &["lock", "statement", "transaction"][..] } else { &["lock", "statement"] };
        for timeout in timeouts {
            support::run(&mut connection, &format!("ALTER ROLE postgres SET {timeout}_timeout = '50ms'")).await;
        }
        let mut reader = server.connect("postgres").await.expect("a reader");
        let old = "SET statement_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM hidden.t";
        support::run(&mut reader, &format!("{}{old}", if major >= 17 { "SET transaction_timeout = 0;" } else { "" }))
            .await;
        let files = emitted(Framework::Sql, &plain(), &[]);
        let unset = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(&unset, "CREATE INDEX CONCURRENTLY unguarded ON orders (created)").expect("written");
        let (succeeded, text) = run_file(&server, unset.path(), &[]);
        assert!(!succeeded && text.contains("timeout"), "the timeouts bite: {text}");
        assert_eq!(valid(&mut connection, "unguarded").await, Some(false), "PostgreSQL {major}");
        std::thread::scope(|scope| {
            let build = scope.spawn(|| run_first(&server, &files, &[]));
            std::thread::sleep(Duration::from_secs(1));
            assert!(!build.is_finished(), "PostgreSQL {major}: the build did not wait for the reader");
            let end = async { support::run(&mut reader, "COMMIT").await };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(end));
            let (succeeded, text) = build.join().expect("psql");
            assert!(succeeded, "PostgreSQL {major}: {text}");
        });
        assert_eq!(valid(&mut connection, INDEX).await, Some(true), "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_in_progress_on_the_table_is_not_disturbed() {
    let (server, mut connection) = server(18).await;
    let mut reader = server.connect("postgres").await.expect("a reader");
    support::run(&mut reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM hidden.t").await;
    let mut builder = server.connect("postgres").await.expect("a builder");
    let other = tokio::spawn(async move {
        support::run(&mut builder, "CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id)").await;
    });
    let seen = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'";
    while sqlx::query_scalar::<_, i64>(seen).fetch_one(&mut connection).await.expect("an answer") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (succeeded, text) = run_first(&server, &emitted(Framework::Sql, &plain(), &[]), &[]);
    assert!(!succeeded && text.contains("is being built"), "{text}");
    support::run(&mut reader, "COMMIT").await;
    other.await.expect("the other build");
    assert_eq!(valid(&mut connection, INDEX).await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_added_since_is_named_and_the_file_can_be_finished() {
    for major in [13, 18] {
        let (server, mut connection) = server(major).await;
        let late = "CREATE TABLE hidden.\"ev Late\" PARTITION OF ev FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')";
        support::run(&mut connection, late).await;
        let wanted = partitioned(create("public", "ev", "ev_k_idx", "USING btree (k)"));
        let mut files = emitted(Framework::Sql, &report(vec![wanted]), &[]);
        files.files.retain(|file| file.path.ends_with(".up.sql"));
        let last = files.files.pop().expect("the parent's file");
        run_all(&server, &files, ".up.sql");
        files.files = vec![last];
        let (succeeded, text) = run_first(&server, &files, &[]);
        assert!(!succeeded && text.contains("without a valid index: hidden.\"ev Late\""), "{text}");
        let mend = [
            "CREATE INDEX CONCURRENTLY late_k ON hidden.\"ev Late\" (k)",
            "ALTER INDEX ev_k_idx ATTACH PARTITION hidden.late_k",
        ];
        for statement in mend {
            support::run(&mut connection, statement).await;
        }
        run_all(&server, &files, ".up.sql");
        assert_eq!(valid(&mut connection, "ev_k_idx").await, Some(true), "PostgreSQL {major}");
    }
}
