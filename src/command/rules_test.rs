//! Running the examples of rules: each on a database of its own of a throwaway server, through
//! the same stages as an audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use miette::Diagnostic;
use sqlx::{AssertSqlSafe, PgConnection};
use thiserror::Error;

use crate::advisor;
use crate::analysis::Analyses;
use crate::facts::{Facts, FactsError, Input};
use crate::rule::{Catalogue, Example, Expected, Outcome, Override, Rule, RuleError, run_one};
use crate::server::scratch::{Binaries, Scratch, ScratchError};
use crate::server::target::environment::Disk;
use crate::server::{Environment, ServerError, Session, Target, TargetError, TargetOptions};
use crate::snapshot::Snapshot;
use crate::source::{SourceError, live};
use crate::workload::Workload;

/// Why an example could not be run to its end.
#[derive(Debug, Error, Diagnostic)]
pub enum ExampleError {
    /// The throwaway server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scratch(#[from] ScratchError),
    /// A statement of the example.
    #[error("a statement of the example failed: {statement}")]
    #[diagnostic(code(example::statement))]
    Statement {
        /// Its beginning.
        statement: String,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The connection that audits.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The connection that audits.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] ServerError),
    /// Reading the snapshot.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    /// Loading the facts.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// The rule.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rule(#[from] RuleError),
}

/// How an example ended.
#[derive(Debug)]
pub struct ExampleResult {
    /// Id of the rule.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// Major version of the server.
    pub major: u32,
    /// Agreed with what it says, or not.
    pub verdict: Verdict,
}

impl ExampleResult {
    /// Whether it did not disagree and did not fail.
    pub fn agreed(&self) -> bool {
        matches!(self.verdict, Verdict::Agreed | Verdict::NotForThisVersion)
    }

    fn told(&self) -> String {
        let head = format!("{}, \"{}\", PostgreSQL {}", self.rule, self.example, self.major);
        match &self.verdict {
            Verdict::Agreed => format!("ok    {head}\n"),
            Verdict::NotForThisVersion => format!("other version  {head}\n"),
            Verdict::Disagreed { expected, got } => {
                format!("FAIL  {head}\n      expected: {expected}\n      got:      {got}\n")
            }
            Verdict::Failed(error) => format!("FAIL  {head}\n      {error:?}\n"),
        }
    }
}

/// Every result on a line, what disagreed in full, then the counts.
pub fn summary(results: &[ExampleResult]) -> String {
    let failed = results.iter().filter(|result| !result.agreed()).count();
    let lines: String = results.iter().map(ExampleResult::told).collect();
    format!("{lines}{} examples agreed, {failed} did not\n", results.len() - failed)
}

/// Whether an example agreed with what it says.
#[derive(Debug)]
pub enum Verdict {
    /// It did.
    Agreed,
    /// It is for other versions.
    NotForThisVersion,
    /// It did not.
    Disagreed {
        /// What it says.
        expected: String,
        /// What the rule said.
        got: String,
    },
    /// It could not be run.
    Failed(Box<ExampleError>),
}

/// Runs every example of every rule that `filter` lets pass, on one throwaway server.
pub async fn run_examples(
    catalogue: &Catalogue,
    binaries: &Binaries,
    major: u32,
    filter: impl Fn(&Rule, &Example) -> bool,
) -> Result<Vec<ExampleResult>, ExampleError> {
    let server =
        Scratch::start(binaries, &["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"])?;
    let mut results = Vec::new();
    for rule in catalogue.rules() {
        for example in rule.examples.iter().filter(|example| filter(rule, example)) {
            let verdict = Stage::new(&server, major).verdict(rule, example).await;
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
        let too_old = example.min_version.is_some_and(|version| self.major < version);
        if too_old || example.max_version.is_some_and(|version| self.major > version) {
            return Verdict::NotForThisVersion;
        }
        let outcome = self.outcome(rule, example).await;
        let removed = self.remove(example).await;
        match outcome.and_then(|outcome| removed.map(|()| outcome)) {
            Ok(outcome) => compared(&example.expected, &outcome),
            Err(error) => Verdict::Failed(Box::new(error)),
        }
    }

    async fn outcome(&self, rule: &Rule, example: &Example) -> Result<Outcome, ExampleError> {
        self.create(example).await?;
        self.traffic(example).await?;
        let mut open = Vec::new();
        for sql in &example.sessions {
            let mut connection = self.connect().await?;
            run(&mut connection, sql).await?;
            open.push(connection);
        }
        if self.major < 15 {
            // the statistics collector writes what others read at most twice a second
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let snapshot = self.snapshot(example).await?;
        drop(open);
        judged(rule, example, &snapshot).await
    }

    /// The database with its schema and data, its counters at zero and its statistics fresh.
    async fn create(&self, example: &Example) -> Result<(), ExampleError> {
        let mut admin = self.server.connect("postgres").await?;
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
        if let Some(age) = example.stats_age_s {
            snapshot.evidence.database_stats_age_s = age;
            snapshot.evidence.database_stats_reset = Some(snapshot.taken_at - age);
            snapshot.statements.stats_reset = snapshot.statements.stats_reset.map(|_| snapshot.taken_at - age);
        }
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

async fn judged(rule: &Rule, example: &Example, snapshot: &Snapshot) -> Result<Outcome, ExampleError> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload, None);
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
