//! Running the examples of rules: each on a database of its own of a throwaway server, through
//! the same stages as an audit.

mod circumstances;
mod jit;
mod log;
mod result;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use self::circumstances::{Servers, Waiting};
pub use self::result::{ExampleError, ExampleResult, Verdict, summary};
use crate::advisor;
use crate::analysis::Analyses;
use crate::analysis::trace::Trace;
use crate::facts::{Facts, Input};
use crate::rule::{Catalogue, Example, Expected, Outcome, Override, Rule, run_one};
use crate::server::scratch::{Binaries, Scratch};
use crate::server::target::environment::Disk;
use crate::server::{Environment, Session, Target, TargetOptions};
use crate::snapshot::Snapshot;
use crate::source::live;
use crate::workload::Workload;

/// Runs every example of every rule that `filter` lets pass, on one throwaway server.
pub async fn run_examples(
    catalogue: &Catalogue,
    binaries: &Binaries,
    major: u32,
    filter: impl Fn(&Rule, &Example) -> bool,
) -> Result<Vec<ExampleResult>, ExampleError> {
    let mut servers = Servers::of(binaries);
    let mut results = Vec::new();
    for rule in catalogue.rules() {
        for example in rule.examples.iter().filter(|example| filter(rule, example)) {
            let verdict = if circumstances::fits(example, major) {
                Stage::new(servers.server(example)?, major).verdict(rule, example).await
            } else {
                Verdict::NotForThisVersion
            };
            results.push(ExampleResult { rule: rule.id.clone(), example: example.name.clone(), major, verdict });
        }
    }
    Ok(results)
}

/// A throwaway server and the database of one example.
struct Stage<'a> {
    server: &'a Scratch,
    major: u32,
    database: String,
}

impl<'a> Stage<'a> {
    fn new(server: &'a Scratch, major: u32) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self { server, major, database: format!("example_{}", COUNT.fetch_add(1, Ordering::Relaxed)) }
    }

    async fn verdict(&self, rule: &Rule, example: &Example) -> Verdict {
        if let Some(verdict) = jit::in_the_way(self.server, example).await {
            return verdict;
        }
        let verdict = self.run(rule, example).await;
        let removed = self.remove(example).await;
        match verdict.and_then(|verdict| removed.map(|()| verdict)) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Failed(Box::new(error)),
        }
    }

    async fn run(&self, rule: &Rule, example: &Example) -> Result<Verdict, ExampleError> {
        let verdict = compared(&example.expected, &self.outcome(rule, example).await?);
        if example.remedy.is_empty() || !matches!(verdict, Verdict::Agreed) {
            return Ok(verdict);
        }
        let mut connection = self.connect().await?;
        for statement in statements(&example.remedy) {
            run(&mut connection, &statement).await?;
        }
        self.close(connection).await?;
        let after = judged(rule, example, &self.snapshot(example).await?, None).await?;
        Ok(match compared(&Expected::Finds(Vec::new()), &after) {
            Verdict::Disagreed { got, .. } => {
                Verdict::Disagreed { expected: "nothing after the remedy".to_owned(), got }
            }
            silent => silent,
        })
    }

    async fn outcome(&self, rule: &Rule, example: &Example) -> Result<Outcome, ExampleError> {
        self.create(example).await?;
        let tail = example.log.then(|| log::Tail::of(self.server)).transpose()?;
        self.traffic(example).await?;
        let mut open = Vec::new();
        for sql in &example.sessions {
            let mut connection = self.connect().await?;
            run(&mut connection, sql).await?;
            open.push(connection);
        }
        let mut waiting = Waiting::default();
        for sql in &example.waiting {
            waiting.begin(self.connect().await?, self.server, sql).await?;
        }
        if self.major < 15 {
            // the statistics collector writes what others read at most twice a second
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let mut snapshot = self.snapshot(example).await?;
        waiting.end().await?;
        drop(open);
        let trace = tail.map(|tail| tail.read(&mut snapshot)).transpose()?;
        judged(rule, example, &snapshot, trace.as_ref()).await
    }

    /// The database with its schema and data, its counters at zero and its statistics fresh.
    async fn create(&self, example: &Example) -> Result<(), ExampleError> {
        let mut admin = self.server.connect("postgres").await?;
        circumstances::alter_system(self.server, example).await?;
        run(&mut admin, &format!("CREATE DATABASE {}", self.database)).await?;
        for setting in &example.settings {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let value = crate::ident::literal(value.trim());
            run(&mut admin, &format!("ALTER DATABASE {} SET {} = {value}", self.database, name.trim())).await?;
        }
        let mut connection = self.connect().await?;
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await?;
        for statement in statements(&example.schema) {
            run(&mut connection, &statement).await?;
        }
        run(&mut connection, example.as_role.as_deref().unwrap_or_default()).await?;
        self.close(connection).await?;
        self.reset(example).await
    }

    /// In this order: a reset forgets when tables were analyzed.
    async fn reset(&self, example: &Example) -> Result<(), ExampleError> {
        let mut connection = self.connect().await?;
        run(&mut connection, "SELECT pg_stat_reset()").await?;
        if example.analyze {
            run(&mut connection, ANALYZE).await?;
        }
        self.close(connection).await?;
        // the extension may be left out of an example's database on purpose; the counters are the server's
        let mut admin = self.server.connect("postgres").await?;
        run(&mut admin, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()").await
    }

    async fn traffic(&self, example: &Example) -> Result<(), ExampleError> {
        if example.traffic.trim().is_empty() {
            return Ok(());
        }
        let mut connection = self.connect().await?;
        let statements = statements(&example.traffic);
        for _ in 0..example.repeat {
            for statement in &statements {
                run(&mut connection, statement).await?;
            }
        }
        self.close(connection).await
    }

    async fn snapshot(&self, example: &Example) -> Result<Snapshot, ExampleError> {
        let url = self.server.url(&self.database);
        let url = if example.as_role.is_some() { url.replace("user=postgres", "user=example") } else { url };
        let target = Target::resolve(Some(&url), &TargetOptions::default(), &Environment::new([], Arc::new(Disk)))?;
        let mut session = Session::open(&target).await?;
        let mut snapshot = live::read(&mut session, &live::ReadOptions::default()).await?;
        circumstances::taken_as(example, &mut snapshot);
        Ok(snapshot)
    }

    async fn connect(&self) -> Result<PgConnection, ExampleError> {
        Ok(self.server.connect(&self.database).await?)
    }

    /// Ends a connection and waits for its counters: a backend reports them when it ends.
    async fn close(&self, mut connection: PgConnection) -> Result<(), ExampleError> {
        let pid: i32 = fetch(&mut connection, "SELECT pg_backend_pid()").await?;
        drop(connection);
        let mut admin = self.server.connect("postgres").await?;
        let running = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
        for _ in 0..500 {
            if fetch::<i64>(&mut admin, &running).await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn remove(&self, example: &Example) -> Result<(), ExampleError> {
        circumstances::clear(self.server, &self.database, example).await?;
        circumstances::reset_system(self.server, example).await?;
        let mut admin = self.server.connect("postgres").await?;
        run(&mut admin, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database)).await?;
        if example.as_role.is_some() {
            run(&mut admin, "DROP OWNED BY example; DROP ROLE example").await?;
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

async fn judged(
    rule: &Rule,
    example: &Example,
    snapshot: &Snapshot,
    trace: Option<&Trace>,
) -> Result<Outcome, ExampleError> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload, trace);
    let recommendations = advisor::advise_by_model(snapshot, &workload);
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await?;
    let change = Override { params: example.params.clone(), ..Override::default() };
    let mut outcome = run_one(rule, &mut facts, &change).await?;
    if let Outcome::Found(rows) = &mut outcome {
        for row in rows {
            row.subject = in_words(&workload, &row.subject);
        }
    }
    Ok(outcome)
}

/// An example names a statement by its text; nobody can write its fingerprint.
fn in_words(workload: &Workload, subject: &str) -> String {
    let parsed = workload.queries.iter().map(|query| (&query.fingerprint, &query.text));
    let unparsed = workload.unparsed.iter().map(|statement| (&statement.fingerprint, &statement.text));
    let text = parsed.chain(unparsed).find(|(fingerprint, _)| *fingerprint == subject).map(|(_, text)| text);
    text.map_or(subject.to_owned(), |text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn compared(expected: &Expected, outcome: &Outcome) -> Verdict {
    let subjects = match outcome {
        Outcome::Found(rows) => {
            let mut subjects: Vec<String> = rows.iter().map(|row| row.subject.clone()).collect();
            subjects.sort();
            Some(subjects)
        }
        Outcome::Clean => Some(Vec::new()),
        Outcome::NotEvaluated(_) => None,
    };
    let agreed = match (expected, outcome) {
        (Expected::Finds(wanted), _) => subjects.as_ref() == Some(wanted),
        (Expected::NotEvaluated(words), Outcome::NotEvaluated(why)) => why.contains(words),
        (Expected::NotEvaluated(_), _) => false,
    };
    if agreed {
        return Verdict::Agreed;
    }
    let got = match outcome {
        Outcome::NotEvaluated(why) => format!("not evaluated, because {why}"),
        _ => format!("finds {:?}", subjects.unwrap_or_default()),
    };
    let expected = match expected {
        Expected::Finds(subjects) => format!("finds {subjects:?}"),
        Expected::NotEvaluated(words) => format!("not evaluated, because … {words} …"),
    };
    Verdict::Disagreed { expected, got }
}

/// SQL as a client sends it: a statement ends with a line that ends in a semicolon, outside `$$`.
fn statements(sql: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in sql.lines() {
        let Some(statement) = statements.last_mut() else { break };
        statement.push_str(line.trim_end());
        statement.push('\n');
        let inside_function = !statement.matches("$$").count().is_multiple_of(2);
        if line.trim_end().ends_with(';') && !inside_function {
            statements.push(String::new());
        }
    }
    let trimmed = statements.iter().map(|statement| statement.trim().trim_end_matches(';').to_owned());
    trimmed.filter(|statement| !statement.is_empty()).collect()
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), ExampleError> {
    let failed = |source| ExampleError::Statement { statement: sql.chars().take(200).collect(), source };
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map_err(failed)?;
    Ok(())
}

async fn fetch<T>(connection: &mut PgConnection, sql: &str) -> Result<T, ExampleError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let failed = |source| ExampleError::Statement { statement: sql.to_owned(), source };
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_a_line_that_ends_in_a_semicolon() {
        let traffic = "SELECT 1;\nSELECT ';',\n  2;\n\n  BEGIN; \nSELECT 3";
        assert_eq!(statements(traffic), ["SELECT 1", "SELECT ';',\n  2", "BEGIN", "SELECT 3"]);
        assert_eq!(statements("DO $$\nBEGIN;\nEND $$;\nSELECT 1;"), ["DO $$\nBEGIN;\nEND $$", "SELECT 1"]);
        assert!(statements(" \n").is_empty());
    }
}
