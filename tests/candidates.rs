//! The cases of `fixtures/index-cases.json` on a real PostgreSQL 15: is what they want among what would be tried?

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pgassay::advisor::{self, Candidates, MAX_OF_STATEMENT};
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Snapshot, Statement};
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::{Design, DesignKey};
use pgassay::workload::Workload;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::{connecting, run};

/// Cases whose index no normalised text gives away, and why.
const HIDDEN_BY_PARAMETERS: &[(&str, &str)] = &[("gap-08", "the key of meta ->> $1")];

/// Cases that want a reason rather than an index, and words of the reason.
const REASONS: &[(&str, &str)] = &[
    ("gap-06", "half-open range"),
    ("gap-08", "is a parameter"),
    ("gap-18", "already serves"),
    ("gap-20", "already serves"),
    ("gap-22", "already leaves"),
    ("gap-26", "small enough to scan"),
    ("gap-27", "hides id"),
    ("gap-33", "depends on $1"),
    ("online_advisor-04", "already serves"),
    ("pghero-43", "already serves"),
    ("postgres-mcp-12", "already serves"),
];

struct Case {
    id: String,
    tier: String,
    setup: String,
    queries: Vec<String>,
    expect: Value,
}

fn cases() -> Vec<Case> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/index-cases.json");
    let text = std::fs::read_to_string(file).expect("the cases");
    let all: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |case: &Value| Case {
        id: string(&case["id"]),
        tier: string(&case["tier"]),
        setup: string(&case["setup_sql"]),
        queries: case["queries"].as_array().into_iter().flatten().map(string).collect(),
        expect: case["expect"].clone(),
    };
    all.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_case_wants_is_among_the_candidates() {
    let server = support::server_with(15, &["autovacuum=off", "pg_stat_statements.track=top", "fsync=off"]);
    let (mut databases, mut table, mut wrong) = (BTreeMap::new(), String::new(), Vec::new());
    for case in cases().into_iter().filter(|case| !case.queries.is_empty()) {
        let count = databases.len();
        let database = databases.entry(case.setup.clone()).or_insert_with(|| format!("case_{count}")).clone();
        if databases.len() > count {
            fill(&server, &database, &case.setup).await;
        }
        let snapshot = counted(&server, &database, &case.queries).await;
        // as pg_stat_statements has them, and as a log has them
        let (normalised, written) = (found(&snapshot), found(&with_texts(&snapshot, &case.queries)));
        let hidden = HIDDEN_BY_PARAMETERS.iter().any(|(id, _)| *id == case.id);
        let verdicts = [&normalised, &written].map(|found| wanted(&snapshot, found, &case.expect));
        writeln!(table, "{}", line(&case, &normalised, verdicts)).expect("a line");
        let due = case.tier != "peer" && case.tier != "error";
        if due && (verdicts[1] == Some(false) || verdicts[0] == Some(false) && !hidden) {
            wrong.push(format!("{}: {}\n  {}", case.id, case.expect, shown(&snapshot, &normalised).join("\n  ")));
        }
        wrong.extend(unexplained(&case, &normalised));
        wrong.extend(beyond_bounds(&case, &normalised));
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}

fn line(case: &Case, found: &Candidates, verdicts: [Option<bool>; 2]) -> String {
    let says = |verdict| match verdict {
        Some(true) => "there",
        Some(false) => "MISSING",
        None => "none wanted",
    };
    let (designs, rejected) = (found.designs.len() + found.unseen.len(), found.rejected.len());
    let (normalised, written) = (says(verdicts[0]), says(verdicts[1]));
    format!("{:18} {:14} {normalised:12} {written:12} {designs:3} tried {rejected:3} refused", case.id, case.tier)
}

fn unexplained(case: &Case, found: &Candidates) -> Option<String> {
    let (_, words) = REASONS.iter().find(|(id, _)| *id == case.id)?;
    let said = found.rejected.iter().any(|(_, why)| why.contains(words));
    (!said).then(|| format!("{}: nothing was refused because \"{words}\": {:?}", case.id, found.rejected))
}

fn beyond_bounds(case: &Case, found: &Candidates) -> Option<String> {
    let longest = found.promise.values().map(Vec::len).max().unwrap_or_default();
    (longest > MAX_OF_STATEMENT).then(|| format!("{}: {longest} candidates for one statement", case.id))
}

fn found(snapshot: &Snapshot) -> Candidates {
    advisor::candidates(snapshot, &Workload::build(snapshot))
}

/// Whether every index of the first choice, or of an alternative, would be tried; `None` where none is wanted.
fn wanted(snapshot: &Snapshot, found: &Candidates, expect: &Value) -> Option<bool> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let choices: Vec<Vec<Value>> = std::iter::once(list(&expect["indexes"]))
        .chain(list(&expect["alternatives"]).iter().map(list))
        .filter(|choice| !choice.is_empty())
        .collect();
    let tried: Vec<&Design> = found.designs.keys().chain(found.unseen.keys()).collect();
    let is_there = |index: &Value| tried.iter().any(|design| is_it(snapshot, design, index));
    (!choices.is_empty()).then(|| choices.iter().any(|choice| choice.iter().all(is_there)))
}

fn is_it(snapshot: &Snapshot, design: &Design, index: &Value) -> bool {
    let table = snapshot.table(design.table_oid).expect("a table");
    let keys: Vec<String> = design.keys.iter().map(key).collect();
    let columns: Vec<String> =
        index["columns"].as_array().expect("columns").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    format!("{}.{}", table.schema, table.name) == index["table"].as_str().unwrap_or_default()
        && keys == columns
        && design.method == index["method"].as_str().unwrap_or("btree")
        && design.predicate.as_deref() == index["predicate"].as_str()
}

fn key(key: &DesignKey) -> String {
    let what = key.column.clone().or_else(|| key.expression.clone()).unwrap_or_default();
    let class = key.opclass.as_ref().map(|class| format!(" {class}")).unwrap_or_default();
    format!("{what}{class}{}", if key.descending { " DESC" } else { "" })
}

fn shown(snapshot: &Snapshot, found: &Candidates) -> Vec<String> {
    let one =
        |design: &Design| format!("{} {}", snapshot.table(design.table_oid).expect("a table").name, design.body());
    let tried = found.designs.keys().chain(found.unseen.keys()).map(one);
    tried.chain(found.rejected.iter().map(|(design, why)| format!("not {}: {why}", one(design)))).collect()
}

async fn fill(server: &Scratch, name: &str, setup: &str) {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, &format!("CREATE DATABASE {name}")).await;
    let mut connection = server.connect(name).await.expect("a connection");
    run(&mut connection, &format!("CREATE EXTENSION pg_stat_statements; {setup}")).await;
    connection.close().await.expect("a goodbye");
}

/// Runs what has no parameter, and reads it back as if it had run often and slowly.
async fn counted(server: &Scratch, database: &str, queries: &[String]) -> Snapshot {
    let mut connection = server.connect(database).await.expect("a connection");
    run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    for query in queries.iter().filter(|query| !query.contains('$') || query.contains("'a;b $1'")) {
        attempt(&mut connection, query).await;
    }
    connection.close().await.expect("a goodbye");
    let mut session = connecting::session(server, database).await;
    let mut snapshot = live::read(&mut session, &ReadOptions::default()).await.expect("a snapshot");
    let is_read = |text: &str| !["BEGIN", "ROLLBACK"].contains(&text) && !text.contains("pg_stat_statements_reset");
    snapshot.statements.entries.retain(|entry| entry.text.as_deref().is_some_and(is_read));
    for entry in &mut snapshot.statements.entries {
        (entry.calls, entry.rows) = (entry.calls * 10, entry.rows * 10);
        entry.shared_blks_hit *= 10;
        entry.shared_blks_read *= 10;
        entry.total_exec_time = entry.calls as f64 * 20.0;
    }
    let parameters = queries.iter().filter(|query| query.contains('$') && !query.contains("'a;b $1'"));
    snapshot.statements.entries.extend(parameters.map(|query| entry(query)));
    snapshot
}

/// A statement that fails is the business of the case that has it.
async fn attempt(connection: &mut PgConnection, query: &str) {
    run(connection, "BEGIN").await;
    let _ = sqlx::raw_sql(AssertSqlSafe(query.to_owned())).execute(&mut *connection).await;
    run(connection, "ROLLBACK").await;
}

/// The same server with the texts as they were written.
fn with_texts(snapshot: &Snapshot, queries: &[String]) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.statements.entries = queries.iter().map(|query| entry(query)).collect();
    snapshot
}

fn entry(text: &str) -> Statement {
    Statement {
        text: Some(text.to_owned()),
        user: Some("app".to_owned()),
        toplevel: true,
        calls: 10,
        total_exec_time: 200.0,
        shared_blks_hit: 100_000,
        ..Statement::default()
    }
}
