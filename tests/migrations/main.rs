//! Emitted migrations do what they say on real servers, run by the real tools.

mod plan;
mod psql;
mod reports;
mod sqlx_migrate;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use pgassay::migration::{Context, Emitted, ExistingFile, Framework, emit};
use pgassay::report::Report;
use pgassay::server::scratch::Scratch;
use sqlx::PgConnection;
use time::macros::datetime;

/// The files for a report in a directory that holds `existing` already.
fn emitted(framework: Framework, report: &Report, existing: &[(&str, &str)]) -> Emitted {
    let existing = existing.iter().map(|(name, text)| ExistingFile { name: (*name).into(), contents: (*text).into() });
    let context = Context { now: datetime!(2026-11-22 12:00:00 UTC), existing: existing.collect() };
    emit(framework, &pgassay::migration::plan(report), &context).expect("migration files")
}

/// Writes them.
fn written(emitted: &Emitted, directory: &Path) {
    for file in &emitted.files {
        std::fs::write(directory.join(&file.path), &file.contents).expect("a file");
    }
}

/// A server with the schema of the reports.
async fn server(major: u32) -> (Scratch, PgConnection) {
    let server = support::server(major);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, &reports::schema()).await;
    (server, connection)
}

/// Every index of the schema's tables: validity, what it is attached to, definition.
async fn indexes(connection: &mut PgConnection) -> Vec<String> {
    let sql = "SELECT i.indisvalid || ' ' || coalesce(h.inhparent::regclass::text, '-') || ' ' || pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_inherits h ON h.inhrelid = c.oid
        WHERE c.relnamespace::regnamespace::text !~ '^pg_' AND i.indrelid::regclass::text <> '_sqlx_migrations'
        ORDER BY i.indexrelid::regclass::text COLLATE \"C\"";
    sqlx::query_scalar(sql).fetch_all(connection).await.expect("the indexes")
}

/// Whether an index is there and valid.
async fn valid(connection: &mut PgConnection, index: &str) -> Option<bool> {
    let sql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    sqlx::query_scalar(sql).bind(index).fetch_optional(connection).await.expect("an answer")
}

/// All created ones are there, all dropped ones are gone, and every index is valid.
async fn assert_up(connection: &mut PgConnection, major: u32) {
    let all = indexes(connection).await;
    assert!(all.iter().all(|index| index.starts_with("true ")), "PostgreSQL {major}: {all:#?}");
    for name in reports::created() {
        assert_eq!(valid(connection, &name).await, Some(true), "PostgreSQL {major}: {name} in {all:#?}");
    }
    for name in reports::gone() {
        assert_eq!(valid(connection, name).await, None, "PostgreSQL {major}: {name} in {all:#?}");
    }
}
