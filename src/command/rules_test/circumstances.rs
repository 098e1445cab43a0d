//! What an example needs around its database: a server with other settings, sessions that wait, slots and prepared
//! transactions that outlive it.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::task::JoinHandle;

use super::server::{Server, close, fetch, run};
use super::{ExampleError, statements};
use crate::rule::Example;
use crate::server::scratch::Scratch;
use crate::snapshot::Snapshot;

/// How a session that waits may be meant to end: by a deadlock, by an administrator, or its statement alone by one.
const MEANT: [&str; 3] = ["40P01", "57P01", "57014"];

/// Whether an example is for this version.
pub(super) fn fits(example: &Example, major: u32) -> bool {
    example.min_version.is_none_or(|version| version <= major)
        && example.max_version.is_none_or(|version| version >= major)
}

/// Sets what the example wants of the whole server, and waits until new sessions have it.
pub(super) async fn alter_system(server: &mut Server, example: &Example) -> Result<(), ExampleError> {
    if example.system.is_empty() {
        return Ok(());
    }
    for setting in &example.system {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let value = crate::ident::literal(value.trim());
        run(server.admin().await?, &format!("ALTER SYSTEM SET {} = {value}", name.trim())).await?;
    }
    reload(server).await
}

/// Takes that back.
pub(super) async fn reset_system(server: &mut Server, example: &Example) -> Result<(), ExampleError> {
    let said = [&example.schema, &example.traffic, &example.remedy].into_iter().any(|sql| sql.contains("ALTER SYSTEM"));
    if example.system.is_empty() && !said {
        return Ok(());
    }
    run(server.admin().await?, "ALTER SYSTEM RESET ALL").await?;
    reload(server).await
}

async fn reload(server: &mut Server) -> Result<(), ExampleError> {
    let before = loaded_at(server).await?;
    run(server.admin().await?, "SELECT pg_reload_conf()").await?;
    followed(server, before).await
}

/// When the postmaster last read its files, as a session that begins now is told.
pub(super) async fn loaded_at(server: &mut Server) -> Result<f64, ExampleError> {
    server.leave().await?;
    fetch(server.admin().await?, "SELECT extract(epoch FROM pg_conf_load_time())::float8").await
}

/// Waits until the postmaster has read its files again: a session that begins then has the new settings.
pub(super) async fn followed(server: &mut Server, before: f64) -> Result<(), ExampleError> {
    for _ in 0..1_000 {
        if loaded_at(server).await? > before {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Sessions whose statement is not waited for.
#[derive(Default)]
pub(super) struct Waiting(Vec<JoinHandle<Result<(), ExampleError>>>);

impl Waiting {
    /// Sends the statement, and gives it time to come to where it waits.
    pub async fn begin(
        &mut self,
        mut connection: PgConnection,
        server: &mut Server,
        sql: &str,
    ) -> Result<(), ExampleError> {
        let pid: i32 = fetch(&mut connection, "SELECT pg_backend_pid()").await?;
        let sql = sql.to_owned();
        self.0.push(tokio::spawn(async move {
            for statement in statements(&sql) {
                run(&mut connection, &statement).await?;
            }
            Ok(())
        }));
        let waits = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND state = 'active' AND wait_event_type IS NOT NULL"
        );
        for _ in 0..100 {
            if fetch::<i64>(server.admin().await?, &waits).await? > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// What one of them met that it was not meant to.
    pub async fn end(self) -> Result<(), ExampleError> {
        for task in self.0 {
            if !task.is_finished() {
                task.abort();
                continue;
            }
            if let Ok(Err(error)) = task.await
                && !is_meant(&error)
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

fn is_meant(error: &ExampleError) -> bool {
    let ExampleError::Statement { source, .. } = error else { return false };
    source.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| MEANT.contains(&&*code))
}

/// Removes what would keep the database of an example from being dropped, or outlive it.
pub(super) async fn clear(server: &Scratch, database: &str, example: &Example) -> Result<(), ExampleError> {
    let texts = [&example.schema, &example.traffic].into_iter().chain(&example.sessions);
    let text: String = texts.map(String::as_str).collect();
    if !["PREPARE TRANSACTION", "CREATE SUBSCRIPTION", "replication_slot"].iter().any(|word| text.contains(word)) {
        return Ok(());
    }
    let mut inside = server.connect(database).await?;
    if text.contains("PREPARE TRANSACTION") {
        let mine =
            "SELECT coalesce(string_agg(gid, ' '), '') FROM pg_prepared_xacts WHERE database = current_database()";
        let names: String = fetch(&mut inside, mine).await?;
        for name in names.split_whitespace() {
            run(&mut inside, &format!("ROLLBACK PREPARED {}", crate::ident::literal(name))).await?;
        }
    }
    if text.contains("CREATE SUBSCRIPTION") {
        let names: String =
            fetch(&mut inside, "SELECT coalesce(string_agg(subname, ' '), '') FROM pg_subscription").await?;
        for name in names.split_whitespace() {
            run(&mut inside, &format!("ALTER SUBSCRIPTION {name} DISABLE")).await?;
            run(&mut inside, &format!("ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")).await?;
            run(&mut inside, &format!("DROP SUBSCRIPTION {name}")).await?;
        }
    }
    if text.contains("replication_slot") {
        run(&mut inside, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
            .await?;
    }
    close(inside).await
}

/// What an example takes the snapshot to say, where a test cannot wait for it or have it.
pub(super) fn taken_as(example: &Example, snapshot: &mut Snapshot) {
    if let Some(age) = example.stats_age_s {
        snapshot.evidence.database_stats_age_s = age;
        snapshot.evidence.database_stats_reset = Some(snapshot.taken_at - age);
        snapshot.statements.stats_reset = snapshot.statements.stats_reset.map(|_| snapshot.taken_at - age);
        let counters = &mut snapshot.surroundings.counters;
        counters.checkpoint_age_s = counters.checkpoint_age_s.map(|_| age);
        counters.wal_age_s = counters.wal_age_s.map(|_| age);
    }
    if let Some(service) = &example.managed {
        snapshot.server.managed = Some(service.clone());
    }
}
