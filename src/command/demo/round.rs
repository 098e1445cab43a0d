//! A round of traffic: the same requests in the same order, over several connections at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use sqlx::postgres::PgConnection;

use crate::server::scratch::{Scratch, ScratchError};

use super::client::{World, serve};
use super::traffic::Traffic;

/// What a round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Round {
    /// Requests served.
    pub requests: usize,
    /// Statements sent.
    pub statements: u64,
    /// From the first request to the last.
    pub took: Duration,
}

/// Serves `count` requests. Which connection takes which request depends on who is free, what it asks does not.
pub async fn drive(
    scratch: &Scratch,
    database: &str,
    traffic: &Arc<Traffic>,
    count: usize,
    progress: &ProgressBar,
) -> Result<Round, ScratchError> {
    let mut first = connect(scratch, database, &traffic.application_name).await?;
    let world = Arc::new(World::look(traffic, &mut first).await?);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    let mut connections = vec![first];
    while connections.len() < traffic.connections {
        connections.push(connect(scratch, database, &traffic.application_name).await?);
    }
    for connection in connections {
        let (traffic, world, next, progress) = (traffic.clone(), world.clone(), next.clone(), progress.clone());
        clients.spawn(async move { client(&traffic, &world, connection, count, &next, &progress).await });
    }
    let mut statements = 0;
    for sent in clients.join_all().await {
        statements += sent?;
    }
    Ok(Round { requests: count, statements, took: began.elapsed() })
}

async fn client(
    traffic: &Traffic,
    world: &World,
    mut connection: PgConnection,
    count: usize,
    next: &AtomicUsize,
    progress: &ProgressBar,
) -> Result<u64, sqlx::Error> {
    let schedule = traffic.schedule(count);
    let mut sent = 0;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = schedule.get(number) else { return Ok(sent) };
        sent += serve(traffic, world, request, number as u64, &mut connection).await?;
        progress.inc(1);
    }
}

async fn connect(scratch: &Scratch, database: &str, application: &str) -> Result<PgConnection, ScratchError> {
    let mut connection = scratch.connect(database).await?;
    let name = crate::ident::literal(application);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("SET application_name = {name}"))).execute(&mut connection).await?;
    Ok(connection)
}
