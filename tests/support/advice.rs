//! From a database to advice, for the tests.
#![allow(dead_code, missing_docs, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use pgassay::advisor::{self, Input, Options, Recommendations, Step};
use pgassay::server::Session;
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::{Answer, Design, Known, Question};
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
        let questions = questions(&snapshot, &workload);
        Self { snapshot, workload, questions, session }
    }

    /// The advice by the model.
    pub fn advice(&self) -> Recommendations {
        advisor::advise_by_model(&self.snapshot, &self.workload)
    }

    /// The advice by these answers.
    pub fn recommend(&self, answers: &[Answer]) -> Recommendations {
        let mut known = Known::default();
        known.learn(self.questions.clone(), answers.to_vec());
        let Step::Done(recommendations) = self.step(&known, true) else { panic!("the last step is the advice") };
        recommendations
    }

    fn step(&self, known: &Known, last: bool) -> Step {
        let (snapshot, workload) = (&self.snapshot, &self.workload);
        let candidates = advisor::candidates(snapshot, workload);
        let (sizes, options) = (BTreeMap::new(), Options::default());
        advisor::advise(&Input {
            snapshot,
            workload,
            candidates: &candidates,
            sizes: &sizes,
            known,
            options: &options,
            last,
        })
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

/// For each statement that has candidates: nothing, all of them at once, and each alone.
fn questions(snapshot: &Snapshot, workload: &Workload) -> Vec<Question> {
    let candidates = advisor::candidates(snapshot, workload).designs;
    let queries: BTreeSet<usize> = candidates.values().flatten().copied().collect();
    let mut questions = Vec::new();
    for query in queries {
        let of_query = candidates.iter().filter(|(_, from)| from.contains(&query));
        let own: Vec<Design> = of_query.map(|(design, _)| design.clone()).collect();
        let mut sets = vec![Vec::new(), own.clone()];
        sets.extend(own.iter().filter(|_| own.len() > 1).map(|design| vec![design.clone()]));
        questions.extend(sets.into_iter().map(|designs| Question { query, designs, without: Vec::new() }));
    }
    questions
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
