//! One example: a database, its traffic, its audit, its remedy, its end.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;

use super::circumstances::{self, Waiting};
use super::judge::{Offered, Seen, compared, judged};
use super::server::{Server, close, fetch, run};
use super::{ExampleError, Verdict, collector, jit, log, statements};
use crate::rule::{Example, Expected, Rule};
use crate::server::target::environment::Disk;
use crate::server::{Environment, Session, Target, TargetOptions};
use crate::snapshot::Snapshot;
use crate::source::live;

/// An example on its server.
pub(super) struct Stage<'a> {
    server: &'a mut Server,
    major: u32,
    database: String,
    rule: &'a Rule,
    example: &'a Example,
    open: Vec<PgConnection>,
    waiting: Waiting,
}

impl<'a> Stage<'a> {
    pub fn new(server: &'a mut Server, major: u32, database: String, rule: &'a Rule, example: &'a Example) -> Self {
        Self { server, major, database, rule, example, open: Vec::new(), waiting: Waiting::default() }
    }

    /// Runs it and leaves nothing behind.
    pub async fn verdict(mut self) -> Verdict {
        if let Some(verdict) = jit::in_the_way(self.server, self.example).await {
            return verdict;
        }
        let verdict = self.run().await;
        let removed = self.remove().await;
        match verdict.and_then(|verdict| removed.map(|()| verdict)) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Failed(Box::new(error)),
        }
    }

    async fn run(&mut self) -> Result<Verdict, ExampleError> {
        let seen = self.seen().await?;
        let mut verdict = compared(&self.example.expected, &seen.outcome);
        if matches!(verdict, Verdict::Agreed) {
            verdict = self.mended(seen.offered).await?;
        }
        std::mem::take(&mut self.waiting).end().await?;
        Ok(verdict)
    }

    /// Runs the remedy, where there is one, and looks again: nothing is left but what has no remedy in SQL.
    async fn mended(&mut self, offered: Offered) -> Result<Verdict, ExampleError> {
        let (remedy, left) = match (&self.example.remedy, &self.example.remedy_not_run) {
            (sql, None) if sql.is_empty() => (offered.sql, offered.words_alone),
            (sql, _) => (statements(sql), Vec::new()),
        };
        if remedy.is_empty() {
            return Ok(Verdict::Agreed);
        }
        self.mend(&remedy).await?;
        if self.example.traffic_again {
            self.traffic().await?;
        }
        let snapshot = self.snapshot().await?;
        let after = judged(self.rule, self.example, &snapshot, None).await?;
        Ok(match compared(&Expected::Finds(left), &after.outcome) {
            Verdict::Disagreed { expected, got } => {
                let expected = format!("{expected} after the remedy: {}", remedy.join("; "));
                Verdict::Disagreed { expected, got }
            }
            _ => Verdict::Mended,
        })
    }

    async fn mend(&mut self, remedy: &[String]) -> Result<(), ExampleError> {
        let reloads = remedy.iter().any(|statement| statement.contains("pg_reload_conf"));
        let before = if reloads { Some(circumstances::loaded_at(self.server).await?) } else { None };
        let mut connection = self.connect().await?;
        for statement in remedy {
            run(&mut connection, statement).await?;
        }
        close(connection).await?;
        match before {
            Some(before) => circumstances::followed(self.server, before).await,
            None => Ok(()),
        }
    }

    async fn seen(&mut self) -> Result<Seen, ExampleError> {
        self.create().await?;
        let tail = self.example.log.then(|| log::Tail::of(&self.server.scratch)).transpose()?;
        self.traffic().await?;
        for sql in &self.example.sessions {
            let mut connection = self.connect().await?;
            run(&mut connection, sql).await?;
            self.open.push(connection);
        }
        for sql in &self.example.waiting {
            self.waiting.begin(self.connect().await?, self.server, sql).await?;
        }
        let mut snapshot = self.snapshot().await?;
        let trace = tail.map(|tail| tail.read(&mut snapshot)).transpose()?;
        judged(self.rule, self.example, &snapshot, trace.as_ref()).await
    }

    /// The database with its schema and data.
    async fn create(&mut self) -> Result<(), ExampleError> {
        circumstances::alter_system(self.server, self.example).await?;
        let admin = self.server.admin().await?;
        run(admin, &format!("CREATE DATABASE {}", self.database)).await?;
        for setting in &self.example.settings {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let value = crate::ident::literal(value.trim());
            run(admin, &format!("ALTER DATABASE {} SET {} = {value}", self.database, name.trim())).await?;
        }
        let mut connection = self.connect().await?;
        for statement in statements(&self.example.schema) {
            run(&mut connection, &statement).await?;
        }
        run(&mut connection, self.example.as_role.as_deref().unwrap_or_default()).await?;
        close(connection).await
    }

    /// Counters at zero, statistics fresh, then the traffic. In this order: a reset forgets when tables were analyzed.
    async fn traffic(&mut self) -> Result<(), ExampleError> {
        let mut connection = self.connect().await?;
        run(&mut connection, "SELECT pg_stat_reset()").await?;
        if self.example.analyze {
            run(&mut connection, ANALYZE).await?;
        }
        let statements = statements(&self.example.traffic);
        if statements.is_empty() {
            close(connection).await?;
            return self.reset_statements().await;
        }
        self.reset_statements().await?;
        for _ in 0..self.example.repeat {
            for statement in &statements {
                run(&mut connection, statement).await?;
            }
        }
        close(connection).await
    }

    /// By the administrator: the extension may be left out of an example's database on purpose.
    async fn reset_statements(&mut self) -> Result<(), ExampleError> {
        run(self.server.admin().await?, "SELECT pg_stat_statements_reset()").await
    }

    async fn snapshot(&mut self) -> Result<Snapshot, ExampleError> {
        if self.major < 15 {
            collector::is_to_write(self.server, &self.database).await?;
        }
        self.server.leave().await?;
        let url = self.server.scratch.url(&self.database);
        let url = if self.example.as_role.is_some() { url.replace("user=postgres", "user=example") } else { url };
        let target = Target::resolve(Some(&url), &TargetOptions::default(), &Environment::new([], Arc::new(Disk)))?;
        let mut session = Session::open(&target).await?;
        let mut snapshot = live::read(&mut session, &live::ReadOptions::default()).await?;
        session.close().await;
        circumstances::taken_as(self.example, &mut snapshot);
        Ok(snapshot)
    }

    async fn connect(&self) -> Result<PgConnection, ExampleError> {
        Ok(self.server.scratch.connect(&self.database).await?)
    }

    async fn remove(&mut self) -> Result<(), ExampleError> {
        self.open.clear();
        circumstances::clear(&self.server.scratch, &self.database, self.example).await?;
        circumstances::reset_system(self.server, self.example).await?;
        self.empty().await?;
        let admin = self.server.admin().await?;
        run(admin, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database)).await?;
        if self.example.as_role.is_some() {
            run(admin, "DROP OWNED BY example; DROP ROLE example").await?;
        }
        Ok(())
    }

    /// Ends the sessions of the database. A DROP that meets one looks again only after a tenth of a second.
    async fn empty(&mut self) -> Result<(), ExampleError> {
        let database = crate::ident::literal(&self.database);
        let end = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = {database}");
        for _ in 0..100 {
            if fetch::<i64>(self.server.admin().await?, &end).await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// The catalogs' own statistics are of no interest, and take most of the time.
const ANALYZE: &str = "
DO $$
DECLARE one regclass;
BEGIN
  FOR one IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND oid >= 16384 LOOP
    EXECUTE format('ANALYZE %s', one);
  END LOOP;
END $$";
