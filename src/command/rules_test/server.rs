//! The throwaway servers of examples, and the connections to them.
//!
//! Nobody but the example is connected while an audit looks: what is asked of the server beside it comes from an
//! administrator who leaves before.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use sqlx::{AssertSqlSafe, PgConnection};

use super::ExampleError;
use crate::server::scratch::{Binaries, Scratch, Setup};

/// What every server of an example is started with.
const SETTINGS: [&str; 2] = ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"];

/// How long a process may take to end.
const PATIENCE_MS: u32 = 20_000;

/// A throwaway server in whose databases `pg_stat_statements` is there from the beginning.
pub(super) struct Server {
    /// The server.
    pub scratch: Scratch,
    admin: Option<PgConnection>,
}

impl Server {
    /// The one that the others are copied from: making a cluster takes longer than most examples.
    pub async fn first(binaries: &Binaries) -> Result<Self, ExampleError> {
        let scratch = Scratch::start_with(binaries, &Setup { in_memory: true, ..Setup::default() })?;
        for database in ["template1", "postgres"] {
            let mut connection = scratch.connect(database).await?;
            run(&mut connection, "CREATE EXTENSION pg_stat_statements").await?;
            close(connection).await?;
        }
        scratch.shut_down()?;
        Ok(Self { scratch, admin: None })
    }

    /// Started with `settings` (`name=value`) over those that every example has.
    pub async fn like(first: &Arc<Self>, settings: &[String]) -> Result<Self, ExampleError> {
        let (first, settings) = (Arc::clone(first), settings.to_vec());
        let start = move || {
            let settings: Vec<&str> = SETTINGS.into_iter().chain(settings.iter().map(String::as_str)).collect();
            // memory flushes in no time, and an example that turns flushes on is about them
            let in_memory = !settings.contains(&"fsync=on");
            let setup = Setup { settings: &settings, like: Some(&first.scratch), in_memory, ..Setup::default() };
            Scratch::start_with(first.scratch.binaries(), &setup)
        };
        let scratch = tokio::task::spawn_blocking(start).await.map_err(|_| ExampleError::Lingers)??;
        Ok(Self { scratch, admin: None })
    }

    /// Stops it, while others go on.
    pub async fn end(self) -> Result<(), ExampleError> {
        tokio::task::spawn_blocking(move || drop(self)).await.map_err(|_| ExampleError::Lingers)
    }

    /// The administrator, in the database `postgres`.
    pub async fn admin(&mut self) -> Result<&mut PgConnection, ExampleError> {
        if self.admin.is_none() {
            self.admin = Some(self.scratch.connect("postgres").await?);
        }
        self.admin.as_mut().ok_or(ExampleError::Lingers)
    }

    /// The administrator goes.
    pub async fn leave(&mut self) -> Result<(), ExampleError> {
        match self.admin.take() {
            Some(admin) => close(admin).await,
            None => Ok(()),
        }
    }
}

/// Ends a connection and waits until its process is gone: it reports its counters at its end.
pub(super) async fn close(mut connection: PgConnection) -> Result<(), ExampleError> {
    let pid: i32 = fetch(&mut connection, "SELECT pg_backend_pid()").await?;
    drop(connection);
    for _ in 0..PATIENCE_MS {
        if Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid).is_err()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(ExampleError::Lingers)
}

/// Runs statements, several at once.
pub(super) async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), ExampleError> {
    let failed = |source| ExampleError::Statement { statement: sql.chars().take(200).collect(), source };
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map_err(failed)?;
    Ok(())
}

/// The only value of a query.
pub(super) async fn fetch<T>(connection: &mut PgConnection, sql: &str) -> Result<T, ExampleError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let failed = |source| ExampleError::Statement { statement: sql.to_owned(), source };
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await.map_err(failed)
}
