//! A snapshot of a real server holds what is there, says what it could not see, and survives a file.

#[path = "../support/mod.rs"]
mod support;

mod catalog;
mod files;
mod moment;
mod planner;
mod roles;
mod statements;
mod tokens;

use std::time::Duration;

use pgassay::server::Session;
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Index, Snapshot, Table};
use pgassay::source::live::{self, ReadOptions};
use sqlx::{Connection, PgConnection};

/// A snapshot of `database` as `role`.
async fn snapshot(server: &Scratch, database: &str, role: &str) -> Snapshot {
    let mut session = session(server, database, role).await;
    let read = live::read(&mut session, &ReadOptions::default()).await;
    read.unwrap_or_else(|error| panic!("{role} at {database}: {error:?}"))
}

async fn session(server: &Scratch, database: &str, role: &str) -> Session {
    let url = server.url(database).replace("user=postgres", &format!("user={role}"));
    let session = support::connecting::session_with(&url, |_| ()).await;
    session.unwrap_or_else(|error| panic!("{role} at {database}: {error:?}"))
}

/// Ends a session and waits until what it did is counted, which the server does at its end.
async fn settle(connection: PgConnection) {
    connection.close().await.expect("a goodbye");
    tokio::time::sleep(Duration::from_millis(700)).await;
}

fn table<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Table {
    snapshot.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

fn index<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Index {
    snapshot.indexes.iter().find(|index| index.name == name).unwrap_or_else(|| panic!("no index {name}"))
}

/// What is missing and what shows it.
fn gaps(snapshot: &Snapshot) -> Vec<(&str, &str)> {
    snapshot.gaps.iter().map(|gap| (gap.what.as_str(), gap.remedy.as_deref().unwrap_or(""))).collect()
}
