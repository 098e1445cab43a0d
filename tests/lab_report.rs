//! What a user sees of a lab: a report that says what it rests on, the same on one and on two threads.

mod support;

use std::path::Path;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::source::file;
use support::program::{pgassay_with, report, with_labs as run};

const MAJOR: u32 = 16;

const SCHEMA: &str = "
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, state text NOT NULL,
  total numeric, created_at timestamptz NOT NULL);
INSERT INTO customers SELECT g, 'u' || g || '@example.org' FROM generate_series(1, 20000) g;
INSERT INTO orders SELECT g, g % 20000 + 1, CASE WHEN g % 100 = 0 THEN 'open' ELSE 'done' END, g, now() - g * interval '1 minute'
  FROM generate_series(1, 200000) g;
ANALYZE customers;
ANALYZE orders;
SELECT pg_stat_statements_reset()";

const TRAFFIC: [&str; 3] = [
    "SELECT id, total FROM orders WHERE customer_id = 17 ORDER BY created_at DESC LIMIT 10",
    "SELECT count(*) FROM orders WHERE state = 'open' AND customer_id = 7",
    "SELECT id FROM customers WHERE lower(email) = 'u5@example.org'",
];

async fn shop() -> Scratch {
    let server = support::server(MAJOR);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run_each(&mut connection, SCHEMA).await;
    for _ in 0..20 {
        for statement in TRAFFIC {
            support::run(&mut connection, statement).await;
        }
    }
    server
}

#[tokio::test]
async fn a_lab_judges_a_snapshot_says_how_well_and_answers_the_same_on_two_threads() {
    let server = shop().await;
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &server.url("postgres"), "-o", "s.json.gz"]);
    drop(server);

    let audit = ["audit", "--snapshot", "s.json.gz", "--fail-on", "none", "-f", "json", "--threads"];
    let one = run(here, MAJOR, &[&audit[..], &["1"]].concat());
    let two = run(here, MAJOR, &[&audit[..], &["2"]].concat());
    assert_eq!(one.stdout, two.stdout);
    let judgement = report(&one).what_if.expect("a judgement");
    assert_eq!((judgement.lab.as_ref().map(|lab| lab.major), judgement.basis.model), (Some(MAJOR), 0));
    let check = judgement.self_check.expect("the snapshot holds the server's plans");
    assert!(check.statements >= 3 && check.same_plan == check.statements, "{check:?}");

    let advice = run(here, MAJOR, &["advise", "s.json.gz", "--why", "orders(customer_id)"]).stdout;
    for words in [
        "lab: PostgreSQL 16 rebuilt from the snapshot; reproduces ",
        "saved (planner, lab)",
        "    before  ",
        "    after   ",
        "Considered",
    ] {
        assert!(advice.contains(words), "{words}: {advice}");
    }

    let other = report(&run(here, 15, &["advise", "s.json.gz", "-f", "json"]));
    let doubt = other.indexes[0].what_if.as_ref().and_then(|what_if| what_if.doubt.clone());
    assert_eq!(doubt.as_deref(), Some("it is PostgreSQL 15, and the server is 16"));

    let model = report(&run(here, MAJOR, &["advise", "s.json.gz", "-f", "json", "--what-if", "model"]));
    assert!(model.what_if.is_some_and(|judgement| judgement.lab.is_none() && judgement.basis.lab == 0));
}

#[tokio::test]
async fn a_lab_is_compared_with_plans_that_were_made_with_the_same_settings_of_a_role() {
    let server = support::server(MAJOR);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run_each(&mut connection, SCHEMA).await;
    let app = "CREATE ROLE app; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app; SET ROLE app";
    support::run(&mut connection, app).await;
    for statement in TRAFFIC.iter().cycle().take(60) {
        support::run(&mut connection, statement).await;
    }
    // the role that reads has one of its own, too
    let own = "RESET ROLE; ALTER ROLE app SET seq_page_cost = 2; ALTER ROLE postgres SET cpu_tuple_cost = 0.05";
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &server.url("postgres"), "-o", "before.json.gz"]);
    support::run(&mut connection, own).await;
    run(here, MAJOR, &["snapshot", &server.url("postgres"), "-o", "after.json.gz"]);

    let read = |name: &str| file::read(here.join(name)).expect("a snapshot");
    let (before, after) = (read("before.json.gz"), read("after.json.gz"));
    let costs = |snapshot: &Snapshot| snapshot.reference_plans.iter().map(|plan| plan.cost).collect::<Vec<_>>();
    assert_ne!(costs(&before), costs(&after), "the settings change what its statements cost");
    // as an earlier pgassay made it: the plans are not those of the role
    let mut earlier = Snapshot { reference_plans: before.reference_plans, ..after };
    for plan in &mut earlier.reference_plans {
        plan.as_user = false;
    }
    for setting in earlier.settings.iter_mut().filter(|setting| setting.name == "cpu_tuple_cost") {
        setting.value = "0.01".to_owned();
    }
    file::write(here.join("earlier.json.gz"), &earlier).expect("a file");
    for name in ["before.json.gz", "after.json.gz", "earlier.json.gz"] {
        let judged = report(&run(here, MAJOR, &["advise", name, "-f", "json"])).what_if.expect("a judgement");
        let check = judged.self_check.expect("the snapshot holds the server's plans");
        assert!(check.statements >= 3 && check.same_cost == check.statements, "{name}: {check:?}");
    }
}

#[tokio::test]
async fn pgassay_lab_gives_its_connection_string_to_any_client_and_leaves_nothing() {
    let server = shop().await;
    let here = tempfile::tempdir().expect("a directory");
    run(here.path(), MAJOR, &["snapshot", &server.url("postgres"), "-o", "s.json.gz"]);
    let directory = support::binaries(MAJOR).directory.display().to_string();
    let arguments = ["lab", "s.json.gz"];
    // no psql in these places, but what the watchdog runs; and no input
    let programs = here.path().join("programs");
    std::fs::create_dir(&programs).expect("a directory");
    for program in ["sh", "cat", "sleep", "rm"] {
        let places = ["/bin", "/usr/bin"].map(|place| Path::new(place).join(program));
        let found = places.iter().find(|place| place.exists()).expect("a program of every system");
        std::os::unix::fs::symlink(found, programs.join(program)).expect("a link");
    }
    let programs = programs.display().to_string();
    let variables = [("PGASSAY_PG_BIN", directory.as_str()), ("PATH", programs.as_str())];
    let run = pgassay_with(here.path(), &arguments, &variables);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with("postgres"), "{}", run.stdout);
    assert!(
        run.stderr.contains("rebuilt from the snapshot") && run.stderr.contains("psql was not found"),
        "{}",
        run.stderr
    );
    let socket = run.stdout.split("host=").nth(1).and_then(|rest| rest.split('&').next()).expect("a socket").to_owned();
    let socket = socket.trim().replace("%2F", "/");
    assert!(!Path::new(&socket).exists(), "{socket} is still there");
}

/// The checkpoint writes the commits out: before that, VACUUM takes no row for visible to all.
const DEVICES: &str = "CREATE EXTENSION pg_stat_statements; \
    CREATE TABLE readings (id bigint PRIMARY KEY, sensor int NOT NULL, at timestamptz NOT NULL, value float8, payload text); \
    CREATE TABLE jobs (id bigint PRIMARY KEY, key int NOT NULL, done boolean NOT NULL, created_at timestamptz NOT NULL, \
      payload text); \
    INSERT INTO readings SELECT g, (g * 7919) % 2000, timestamptz '2024-01-01' + (g * 104729 % 300000) * interval '1 minute', \
      g % 977, repeat('x', 200) FROM generate_series(1::bigint, 200000) g; \
    INSERT INTO jobs SELECT g, g % 5000, g % 50 <> 0, timestamptz '2024-01-01' + (g * 104729 % 300000) * interval '1 minute', \
      repeat('x', 300) FROM generate_series(1::bigint, 200000) g; \
    CHECKPOINT; VACUUM ANALYZE readings; CHECKPOINT; VACUUM ANALYZE jobs; SELECT pg_stat_statements_reset()";

#[tokio::test]
async fn a_window_is_streamed_from_an_index_and_a_queue_from_one_that_holds_all_it_reads() {
    let server = support::server(MAJOR);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run_each(&mut connection, DEVICES).await;
    let jumps = "SELECT count(*) FROM (SELECT value - lag(value) OVER (PARTITION BY sensor ORDER BY at DESC) AS jump FROM readings) x \
                 WHERE jump > 900";
    let queue = "SELECT key, created_at FROM jobs WHERE NOT done ORDER BY created_at LIMIT 1000";
    for _ in 0..10 {
        for statement in [jumps, queue] {
            support::run(&mut connection, statement).await;
        }
    }
    let here = tempfile::tempdir().expect("a directory");
    let advised = report(&run(
        here.path(),
        MAJOR,
        &["advise", &server.url("postgres"), "-f", "json", "--why", "readings", "--why", "jobs"],
    ));
    let bodies: Vec<&str> =
        advised.indexes.iter().map(|index| index.ddl.split_once(" USING ").map_or("", |(_, body)| body)).collect();
    assert_eq!(
        bodies,
        ["btree (sensor, at DESC) INCLUDE (value)", "btree (created_at) INCLUDE (key) WHERE NOT done"],
        "{:#?}",
        advised.considered
    );
    let after =
        |index: usize| advised.indexes[index].what_if.as_ref().and_then(|one| one.statements[0].plan_after.clone());
    assert!(after(0).is_some_and(|plan| plan.contains("WindowAgg > Index Only Scan")), "{:?}", after(0));
    assert!(after(1).is_some_and(|plan| plan.contains("Limit > Index Only Scan")), "{:?}", after(1));
    // built, the planner takes them and reads less
    for index in &advised.indexes {
        support::run(&mut connection, &index.ddl).await;
    }
    for (statement, name) in [jumps, queue].into_iter().zip(advised.indexes.iter().map(|index| &index.name)) {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN {statement}"));
        let rows = sqlx::raw_sql(sql).fetch_all(&mut connection).await.expect("a plan");
        let plan: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
        assert!(plan.iter().any(|line| line.contains(name.as_str())), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("Sort")), "{plan:#?}");
    }
}
