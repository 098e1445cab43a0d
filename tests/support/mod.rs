//! Real servers for the tests.
#![allow(dead_code, missing_docs, reason = "each test binary uses its part")]

pub mod advice;
pub mod certificates;
pub mod connecting;
pub mod pooler;
pub mod program;
pub mod standby;

use std::path::Path;

use pgassay::server::scratch::{Binaries, Scratch};
use sqlx::{AssertSqlSafe, PgConnection};

/// Every version that pgassay supports.
pub const MAJORS: [u32; 6] = [13, 14, 15, 16, 17, 18];

/// The binaries that `tests/setup/postgres.sh` installed.
pub fn binaries(major: u32) -> Binaries {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/postgres/{major}/bin"));
    assert!(
        directory.exists(),
        "PostgreSQL {major} is not in target/postgres: run tests/setup/postgres.sh, or `make test`"
    );
    Binaries { directory }
}

/// A fresh server with `pg_stat_statements` loaded.
pub fn server(major: u32) -> Scratch {
    server_with(major, &[])
}

/// The same with further settings.
pub fn server_with(major: u32, settings: &[&str]) -> Scratch {
    let mut all = vec!["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"];
    all.extend(settings);
    Scratch::start(&binaries(major), &all).unwrap_or_else(|error| panic!("PostgreSQL {major}: {error:?}"))
}

/// Debian's PostgreSQL 15, for which HypoPG is packaged.
pub fn server_with_hypopg() -> Scratch {
    let directory = Path::new("/usr/lib/postgresql/15/bin").to_path_buf();
    let extension = Path::new("/usr/share/postgresql/15/extension/hypopg.control");
    assert!(
        directory.join("postgres").exists() && extension.exists(),
        "PostgreSQL 15 with HypoPG is not in /usr/lib/postgresql/15: run tests/setup/hypopg.sh (Debian 12), or `make test`"
    );
    let settings = ["shared_preload_libraries=pg_stat_statements"];
    Scratch::start(&Binaries { directory }, &settings).unwrap_or_else(|error| panic!("PostgreSQL 15: {error:?}"))
}

/// Runs SQL, several statements at once, as the superuser.
pub async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

/// A generated file says what the program generates; `PGASSAY_UPDATE_DOCS=1` writes it instead.
pub fn is_fresh(path: &str, generated: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("PGASSAY_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        std::fs::write(&file, generated).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == generated, "{path} is out of date: run the tests with PGASSAY_UPDATE_DOCS=1, then commit it");
}

/// Runs statements that may not share a transaction, one by one, split at `; `.
pub async fn run_each(connection: &mut PgConnection, sql: &str) {
    for statement in sql.split("; ") {
        run(connection, statement).await;
    }
}

/// Waits until others see what a connection that ended has counted: its backend reports at its end, and before 15 a
/// collector passes that on twice a second.
pub async fn counters_arrive() {
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
}
