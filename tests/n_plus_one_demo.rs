//! A whole system under traffic, watched for half a minute: its loops are found, and nothing that only looks like one.
//!
//! `PGASSAY_SHOW=1` prints every finding.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use pgassay::command::demo::client::{World, serve};
use pgassay::command::demo::traffic::Traffic;
use pgassay::report::Report;
use pgassay::server::scratch::Scratch;
use sqlx::PgConnection;
use support::program::pgassay;
use support::{run, server_with};
use tokio::task::JoinSet;

/// From this confidence on a loop counts as found.
const FOUND: f64 = 0.8;
/// Up to this one nothing is claimed.
const DOUBTED: f64 = 0.5;

/// Parts of the texts of the statements that a program repeats for each row of another one.
const ROADMAP: [&str; 3] = [
    r#"FROM "order_items" AS "OrderItem" WHERE "OrderItem"."order_id" = $1"#,
    r#"FROM "products" AS "Product" WHERE "Product"."id" = $1"#,
    r#"FROM "report_runs" AS "ReportRun" WHERE "ReportRun"."report_id" = $1"#,
];

/// Requests that come as they do to a web site: each connection rests between two of them, for no fixed time.
async fn users(server: &Scratch, traffic: &Arc<Traffic>) -> JoinSet<()> {
    let mut admin = server.connect("postgres").await.expect("a connection");
    let world = Arc::new(World::look(traffic, &mut admin).await.expect("the tables"));
    let mut users = JoinSet::new();
    for user in 0..traffic.connections as u64 {
        let connection = server.connect("postgres").await.expect("a connection");
        users.spawn(one_user(user, connection, Arc::clone(traffic), Arc::clone(&world)));
    }
    users
}

async fn one_user(user: u64, mut connection: PgConnection, traffic: Arc<Traffic>, world: Arc<World>) {
    let name = format!("SET application_name = '{}'", traffic.application_name);
    run(&mut connection, &name).await;
    let mut random = fastrand::Rng::with_seed(user);
    let schedule = traffic.schedule(1_000);
    for number in 0_u64.. {
        let request = random.choice(&schedule).expect("a request");
        serve(&traffic, &world, request, user * 1_000_000 + number, &mut connection)
            .await
            .expect("a request is served");
        tokio::time::sleep(Duration::from_millis(random.u64(200..1_200))).await;
    }
}

async fn watched(server: &Scratch) -> Report {
    let url = server.url("postgres");
    let audit = move || {
        let directory = tempfile::tempdir().expect("a directory");
        let run =
            pgassay(directory.path(), &["audit", &url, "--window", "30s", "--what-if", "model", "--format", "json"]);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr))
    };
    tokio::task::spawn_blocking(audit).await.expect("an audit")
}

fn judge(system: &str, report: &Report, loops: &[&str]) {
    let of_rule = report.findings.iter().filter(|finding| finding.rule == "n-plus-one");
    let found: Vec<(&str, f64, &str)> = of_rule
        .filter_map(|finding| {
            let statement = report.statement(finding.subject.statement.as_deref()?)?;
            Some((statement.text.as_str(), finding.confidence, finding.message.as_str()))
        })
        .collect();
    let told: Vec<String> = found.iter().map(|(text, sure, said)| format!("{sure:.2} {text}\n     {said}")).collect();
    let told = told.join("\n");
    if std::env::var_os("PGASSAY_SHOW").is_some() {
        eprintln!("== {system}\n{told}");
    }
    for part in loops {
        let sure = found.iter().filter(|(text, ..)| text.contains(part)).map(|(_, sure, _)| *sure);
        let surest = sure.fold(0.0, f64::max);
        assert!(surest >= FOUND, "{system}: {part} is found with {surest:.2}\n{told}");
    }
    for (text, sure, _) in &found {
        let is_loop = loops.iter().any(|part| text.contains(part));
        assert!(is_loop || *sure <= DOUBTED, "{system}: {text} is no loop, and claimed with {sure:.2}\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loops_of_three_services_are_found_and_their_worker_and_sessions_are_none() {
    let server = server_with(17, &[]);
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, "CREATE EXTENSION pg_stat_statements").await;
    run(&mut admin, include_str!("../fixtures/roadmap/schema.sql")).await;
    run(&mut admin, "VACUUM ANALYZE").await;
    run(&mut admin, "SELECT pg_stat_statements_reset()").await;
    let traffic = Arc::new(Traffic::parse(include_str!("../fixtures/roadmap/traffic.toml")).expect("the traffic"));
    let users = users(&server, &traffic).await;
    let report = watched(&server).await;
    drop(users);
    judge("roadmap", &report, &ROADMAP);
}
