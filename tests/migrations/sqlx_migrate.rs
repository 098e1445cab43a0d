//! Framework `sqlx`, run by sqlx itself.

use std::path::Path;

use pgassay::migration::Framework;
use pgassay::server::scratch::Scratch;
use sqlx::migrate::{MigrateError, Migrator};

use crate::reports::{create, everything, partitioned, plain, report};
use crate::{assert_up, emitted, indexes, server, support, valid, written};

const INDEX: &str = "public.orders_customer_id_idx";

/// Runs all on a connection of its own: a failed run keeps its advisory lock.
async fn run(server: &Scratch, directory: &Path) -> Result<(), MigrateError> {
    let mut connection = server.connect("postgres").await.expect("a connection");
    Migrator::new(directory).await?.run(&mut connection).await
}

async fn undo(server: &Scratch, directory: &Path) {
    let mut connection = server.connect("postgres").await.expect("a connection");
    Migrator::new(directory).await.expect("migrations").undo(&mut connection, 0).await.expect("undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_index_is_built_valid_and_undo_leads_back() {
    for major in support::MAJORS {
        let (server, mut connection) = server(major).await;
        let before = indexes(&mut connection).await;
        let directory = tempfile::tempdir().expect("a directory");
        written(&emitted(Framework::Sqlx, &everything(), &[]), directory.path());
        for _ in 0..2 {
            run(&server, directory.path()).await.unwrap_or_else(|error| panic!("PostgreSQL {major}: {error:?}"));
            assert_up(&mut connection, major).await;
            undo(&server, directory.path()).await;
            assert_eq!(indexes(&mut connection).await, before, "PostgreSQL {major}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_build_a_rerun_fails_until_the_leftover_is_dropped_as_the_comment_says() {
    for major in [13, 15, 18] {
        let (server, mut connection) = server(major).await;
        let mut wanted = create("public", "orders", "orders_customer_id_idx", "USING btree (customer_id)");
        wanted.ddl = wanted.ddl.replace("CREATE INDEX", "CREATE UNIQUE INDEX");
        let files = emitted(Framework::Sqlx, &report(vec![wanted]), &[]);
        let directory = tempfile::tempdir().expect("a directory");
        written(&files, directory.path());
        for message in ["could not create unique index", "already exists"] {
            let error = run(&server, directory.path()).await.expect_err("not yet");
            assert!(format!("{error:?}").contains(message), "PostgreSQL {major}: {error:?}");
            assert_eq!(valid(&mut connection, INDEX).await, Some(false));
        }
        let recovery =
            files.files[0].contents.lines().find_map(|line| line.strip_prefix("-- Recovery: if a run fails here: "));
        let statement = recovery.and_then(|line| line.split(';').next()).expect("a recovery line");
        support::run(
            &mut connection,
            "DELETE FROM orders o USING orders p WHERE o.customer_id = p.customer_id AND o.id > p.id",
        )
        .await;
        support::run(&mut connection, statement).await;
        run(&server, directory.path()).await.expect("it runs now");
        assert_eq!(valid(&mut connection, INDEX).await, Some(true), "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_to_be_had_stops_the_attaching_and_a_rerun_finishes_it() {
    for major in [13, 18] {
        let (server, mut connection) = server(major).await;
        let wanted = partitioned(create("public", "ev", "ev_k_idx", "USING btree (k)"));
        let directory = tempfile::tempdir().expect("a directory");
        written(&emitted(Framework::Sqlx, &report(vec![wanted]), &[]), directory.path());
        let mut reader = server.connect("postgres").await.expect("a reader");
        let version: i64 = 20_261_122_120_003;
        let mut migrator = server.connect("postgres").await.expect("a connection");
        let migrations = Migrator::new(directory.path()).await.expect("migrations");
        migrations.run_to(version - 1, &mut migrator).await.expect("the leaves");
        // whoever has read a leaf keeps a lock on its indexes until the transaction ends
        support::run(&mut reader, "BEGIN; SELECT count(*) FROM ev_2_b").await;
        let error = run(&server, directory.path()).await.expect_err("the lock is held");
        assert!(format!("{error:?}").contains("lock timeout"), "PostgreSQL {major}: {error:?}");
        assert_eq!(valid(&mut connection, "ev_k_idx").await, Some(false), "PostgreSQL {major}: begun, not done");
        support::run(&mut reader, "COMMIT").await;
        run(&server, directory.path()).await.expect("finished");
        assert_eq!(valid(&mut connection, "ev_k_idx").await, Some(true), "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_ways_back_gets_none_and_a_counted_one_is_counted_on() {
    let (server, mut connection) = server(18).await;
    let first = ("0001_first.sql", "SELECT 1");
    let files = emitted(Framework::Sqlx, &plain(), &[first]);
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join(first.0), first.1).expect("a file");
    written(&files, directory.path());
    assert_eq!(
        files.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["0002_orders_customer_id_idx.sql"]
    );
    assert!(files.files[0].contents.contains("-- Way back: DROP INDEX CONCURRENTLY IF EXISTS \"public\""));
    run(&server, directory.path()).await.expect("run");
    assert_eq!(valid(&mut connection, INDEX).await, Some(true));
}
