//! From a database to advice, for the tests.
#![allow(dead_code, missing_docs, reason = "each test binary uses its part")]

use pgassay::advisor::{self, Recommendations};
use pgassay::server::Session;
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::{Answer, Question, model};
use pgassay::workload::Workload;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{connecting, run};

/// How often each statement of a case runs.
const TIMES: usize = 5;

/// A database with its workload read.
pub struct Case {
    pub snapshot: Snapshot,
    pub workload: Workload,
    pub questions: Vec<Question>,
    pub session: Session,
}

impl Case {
    /// Makes a database, fills it, runs the statements and reads it all back.
    pub async fn prepare(server: &Scratch, name: &str, extensions: &[&str], setup: &str, statements: &[&str]) -> Self {
        fill(server, name, extensions, setup).await;
        Self::run(server, name, statements).await
    }

    /// Runs the statements in a database that is filled already.
    pub async fn run(server: &Scratch, name: &str, statements: &[&str]) -> Self {
        let mut connection = server.connect(name).await.expect("a connection");
        run(&mut connection, "SELECT pg_stat_statements_reset()").await;
        for statement in statements {
            for _ in 0..TIMES {
                execute(&mut connection, statement).await;
            }
        }
        connection.close().await.expect("a goodbye");
        let mut session = connecting::session(server, name).await;
        let snapshot = live::read(&mut session, &ReadOptions::default()).await.expect("a snapshot");
        let workload = Workload::build(&snapshot);
        let questions = advisor::questions(&snapshot, &workload);
        Self { snapshot, workload, questions, session }
    }

    /// The advice by the model.
    pub fn advice(&self) -> Recommendations {
        let ask = |question: &Question| model::answer(&self.snapshot, &self.workload, question);
        self.recommend(&self.questions.iter().map(ask).collect::<Vec<_>>())
    }

    /// The advice by these answers.
    pub fn recommend(&self, answers: &[Answer]) -> Recommendations {
        advisor::recommend(&self.snapshot, &self.workload, &self.questions, answers)
    }

    /// `table USING …` of each index, sorted.
    pub fn indexes(&self, advice: &Recommendations) -> Vec<String> {
        let body = |one: &advisor::Advice| {
            let table = self.snapshot.table(one.design.table_oid).expect("a table");
            format!("{} {}", table.name, one.design.body())
        };
        let mut indexes: Vec<String> = advice.create.iter().map(body).collect();
        indexes.sort();
        indexes
    }
}

/// Makes a database and fills it.
pub async fn fill(server: &Scratch, name: &str, extensions: &[&str], setup: &str) {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, &format!("CREATE DATABASE {name}")).await;
    let mut connection = server.connect(name).await.expect("a connection");
    for extension in extensions.iter().chain(&["pg_stat_statements"]) {
        run(&mut connection, &format!("CREATE EXTENSION {extension}")).await;
    }
    run(&mut connection, setup).await;
    run(&mut connection, "VACUUM ANALYZE").await;
    connection.close().await.expect("a goodbye");
}

/// The simple protocol would keep its literals in the text, were it not for `pg_stat_statements`.
async fn execute(connection: &mut PgConnection, statement: &str) {
    let sql = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(sql).execute(connection).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
}
