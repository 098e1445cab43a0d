//! Whole systems under traffic, watched for half a minute or read from their logs: their loops are found, and nothing that
//! only looks like one.
//!
//! `PGASSAY_SHOW=1` prints every finding.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use pgassay::command::demo::client::{World, serve};
use pgassay::command::demo::system;
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

/// The loops of a system, by parts of the texts of their statements.
struct Loops {
    system: &'static str,
    /// What a program repeats for each row of another statement, again and again in half a minute.
    often: &'static [&'static str],
    /// The same, but of rare requests.
    seldom: &'static [&'static str],
}

const ROADMAP: Loops = Loops {
    system: "roadmap",
    often: &[
        r#"FROM "order_items" AS "OrderItem" WHERE "OrderItem"."order_id" = $1"#,
        r#"FROM "products" AS "Product" WHERE "Product"."id" = $1"#,
        r#"FROM "report_runs" AS "ReportRun" WHERE "ReportRun"."report_id" = $1"#,
    ],
    seldom: &[],
};

/// Its list page lasts for seconds: prices of each item, votes on each price, ten statements about its address, twice.
const CPL: Loops = Loops {
    system: "cpl",
    often: &[
        r#"WHERE "packing_lists_price"."item_id" = $1 ORDER BY"#,
        r#""packing_lists_vote"."price_id" = $1 AND "packing_lists_vote"."is_correct_price")"#,
        r#""packing_lists_vote"."price_id" = $1 AND NOT "packing_lists_vote"."is_correct_price")"#,
        r#"AS "__count" FROM "packing_lists_price" WHERE "packing_lists_price"."ip_address" = $1::inet"#,
        r#""packing_lists_price"."ip_address" = $1::inet ORDER BY "packing_lists_price"."created_at" ASC"#,
        r#"U0."ip_address" = $1::inet))"#,
        r#"FROM "packing_lists_school" WHERE "packing_lists_school"."id" = $1"#,
    ],
    seldom: &[
        r#"U0."ip_address" = $1::inet) AND "packing_lists_vote"."is_correct_price")"#,
        r#""packing_lists_price"."ip_address" = $1::inet) subquery"#,
        // a list is cloned row by row
        r#"FROM "packing_lists_item" WHERE "packing_lists_item"."id" = $1"#,
        r#"INSERT INTO "packing_lists_packinglistitem""#,
    ],
};

/// Statements in half a minute below which a machine is too busy: its pages need a longer window, and in its log they have
/// pauses, as there are between pages.
const ENOUGH: i64 = 40_000;

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

/// An audit while others use the server.
async fn audited(server: &Scratch, how: [&str; 2]) -> Report {
    let url = server.url("postgres");
    let how = how.map(str::to_owned);
    let audit = move || {
        let directory = tempfile::tempdir().expect("a directory");
        let [option, value] = &how;
        let run = pgassay(directory.path(), &["audit", &url, option, value, "--what-if", "model", "--format", "json"]);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr))
    };
    tokio::task::spawn_blocking(audit).await.expect("an audit")
}

async fn executed(admin: &mut PgConnection) -> i64 {
    let calls = sqlx::query_scalar("SELECT sum(calls)::int8 FROM pg_stat_statements WHERE toplevel");
    calls.fetch_one(admin).await.expect("the counters")
}

fn judge(loops: &Loops, report: &Report) {
    let of_rule = report.findings.iter().filter(|finding| finding.rule == "n-plus-one");
    let found: Vec<(&str, f64, &str)> = of_rule
        .filter_map(|finding| {
            let statement = report.statement(finding.subject.statement.as_deref()?)?;
            Some((statement.text.as_str(), finding.confidence, finding.message.as_str()))
        })
        .collect();
    let told: Vec<String> = found.iter().map(|(text, sure, said)| format!("{sure:.2} {text}\n     {said}")).collect();
    let (system, told) = (loops.system, told.join("\n"));
    if std::env::var_os("PGASSAY_SHOW").is_some() {
        eprintln!("== {system}\n{told}");
    }
    for part in loops.often {
        let sure = found.iter().filter(|(text, ..)| text.contains(part)).map(|(_, sure, _)| *sure);
        let surest = sure.fold(0.0, f64::max);
        assert!(surest >= FOUND, "{system}: {part} is found with {surest:.2}\n{told}");
    }
    for (text, sure, _) in &found {
        let is_loop = loops.often.iter().chain(loops.seldom).any(|part| text.contains(part));
        assert!(is_loop || *sure <= DOUBTED, "{system}: {text} is no loop, and claimed with {sure:.2}\n{told}");
    }
}

/// Windows of half a minute in which the loops of slow pages were hardest to tell from the swing of the traffic: one that
/// begins with the traffic, and one in which a third of the pages read prices that nobody looks up.
#[test]
fn the_loops_of_packing_lists_are_found_in_windows_that_were_recorded() {
    for window in ["window-beginning", "window-fast"] {
        let snapshot = format!("{}/fixtures/cpl/{window}.json.gz", env!("CARGO_MANIFEST_DIR"));
        let directory = tempfile::tempdir().expect("a directory");
        let audit = ["audit", "--snapshot", &snapshot, "--what-if", "model", "--format", "json"];
        let run = pgassay(directory.path(), &audit);
        let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr));
        judge(&CPL, &report);
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
    let mut users = users(&server, &traffic).await;
    let report = audited(&server, ["--window", "30s"]).await;
    users.shutdown().await;
    judge(&ROADMAP, &report);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loops_of_packing_lists_are_found_though_a_page_lasts_longer_than_its_bursts() {
    let logged =
        ["logging_collector=on", "log_destination=jsonlog", "log_filename=all", "log_min_duration_statement=0"];
    let server = server_with(16, &logged);
    let mut admin = server.connect("postgres").await.expect("a connection");
    system::load(&mut admin, 0.005).await.expect("the data");
    let traffic = Arc::new(system::traffic().expect("the traffic"));
    let mut users = users(&server, &traffic).await;
    let before = executed(&mut admin).await;
    let mut report = audited(&server, ["--window", "30s"]).await;
    let is_busy = executed(&mut admin).await - before < ENOUGH;
    if is_busy {
        report = audited(&server, ["--window", "60s"]).await;
    }
    users.shutdown().await;
    judge(&CPL, &report);
    if is_busy {
        eprintln!("the log was not judged: this machine is too busy");
        return;
    }

    let log = server.data_directory().join("log/all.json");
    let report = audited(&server, ["--log", log.to_str().expect("a path in UTF-8")]).await;
    judge(&CPL, &report);
}
