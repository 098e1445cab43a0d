//! Where a judgement comes from, as a user asks for it: the numbers of another server, a throwaway server that is there
//! already, an end to the time, and who is asked first.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pgassay::report::{Action, IndexAction, Report};
use pgassay::server::scratch::Scratch;
use rustix::process::{Pid, Signal, kill_process};
use support::program::{pgassay_with, report, with_labs as run};

const MAJOR: u32 = 16;

const TABLES: &str = "CREATE EXTENSION pg_stat_statements; \
    CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL); \
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, state text NOT NULL, \
      total numeric, created_at timestamptz NOT NULL)";

/// So many orders, and a tenth as many customers.
fn rows(orders: u32) -> String {
    format!(
        "INSERT INTO customers SELECT g, 'u' || g || '@example.org' FROM generate_series(1, {orders} / 10) g; \
         INSERT INTO orders SELECT g, g % ({orders} / 10) + 1, CASE WHEN g % 100 = 0 THEN 'open' ELSE 'done' END, g, \
           now() - g * interval '1 minute' FROM generate_series(1, {orders}) g; \
         ANALYZE customers; ANALYZE orders; SELECT pg_stat_statements_reset()"
    )
}

const OF_CUSTOMER: &str = "SELECT id, total FROM orders WHERE customer_id = 17 ORDER BY created_at DESC LIMIT 10";
const BY_EMAIL: &str = "SELECT id FROM customers WHERE lower(email) = 'u5@example.org'";
/// The branch alone runs it.
const NEW: &str = "SELECT id FROM orders WHERE total = 5";

async fn shop(orders: u32, more: &str, traffic: &[&str]) -> Scratch {
    let server = support::server(MAJOR);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run_each(&mut connection, &format!("{TABLES}; {more}; {}", rows(orders))).await;
    for _ in 0..8 {
        for statement in traffic {
            support::run(&mut connection, statement).await;
        }
    }
    server
}

fn index<'a>(report: &'a Report, table: &str, key: &str) -> Option<&'a IndexAction> {
    let on = format!("ON public.{table} USING btree ({key}");
    report.indexes.iter().find(|index| index.action == Action::Create && index.ddl.contains(&on))
}

/// Cost before and after of the statement whose text has this part.
fn costs(report: &Report, index: &IndexAction, part: &str) -> Option<(f64, f64)> {
    let gains = &index.what_if.as_ref()?.statements;
    let has = |id: &str| report.statements.iter().any(|one| one.statement == id && one.text.contains(part));
    gains.iter().find(|gain| has(&gain.statement)).map(|gain| (gain.before, gain.after))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_database_is_judged_at_the_size_of_production_and_what_did_not_match_is_told() {
    let traffic = [OF_CUSTOMER, BY_EMAIL];
    let production = shop(200_000, "CREATE TABLE legacy (id int)", &traffic).await;
    let branch = "CREATE TABLE coupons (id int); ALTER TABLE orders ADD coupon int";
    let ci = shop(300, branch, &[OF_CUSTOMER, BY_EMAIL, NEW]).await;
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &production.url("postgres"), "-o", "production.json.gz"]);
    drop(production);

    let alone = report(&run(here, MAJOR, &["advise", &ci.url("postgres"), "-f", "json"]));
    assert!(alone.indexes.is_empty(), "30 customers are no reason for an index: {:#?}", alone.indexes);
    let offline = report(&run(here, MAJOR, &["advise", "production.json.gz", "-f", "json"]));
    let arguments = ["--stats-from", "production.json.gz", "-f", "json"];
    let url = ci.url("postgres");
    let advise = run(here, MAJOR, &[&["advise", &url][..], &arguments].concat());
    let advised = report(&advise);
    let wanted = |report: &Report| {
        let own = index(report, "orders", "customer_id").unwrap_or_else(|| panic!("{:#?}", report.indexes));
        let by_email = index(report, "customers", "(lower(email))").expect("an index on the expression");
        let costs = [costs(report, own, "customer_id = $1"), costs(report, by_email, "lower(email)")];
        (own.ddl.clone(), own.size_bytes, own.table_rows, costs)
    };
    assert_eq!(wanted(&advised), wanted(&offline), "the same verdict as on production itself");
    assert!(wanted(&advised).3.iter().all(Option::is_some), "{:#?}", advised.indexes);
    assert!(index(&offline, "orders", "total").is_none());
    let new = index(&advised, "orders", "total").expect("what only the branch runs is weighed by its cost");
    assert!(costs(&advised, new, "total = $1").is_some_and(|(before, after)| after * 10.0 < before), "{new:#?}");

    let audited = report(&run(here, MAJOR, &[&["audit", &url, "--fail-on", "none"][..], &arguments].concat()));
    assert_eq!(wanted(&audited), wanted(&offline));
    for report in [&advised, &audited] {
        for words in [
            "table public.coupons is not where the numbers come from",
            "table public.legacy is not in this schema",
            "column public.orders.coupon is not where the numbers come from",
            "1 statement is not known where the numbers come from",
        ] {
            assert!(report.skipped.iter().any(|one| one.why.contains(words)), "{words}: {:#?}", report.skipped);
        }
    }
    let shown = run(here, MAJOR, &["advise", &url, "--stats-from", "production.json.gz"]).stdout;
    assert!(shown.contains("the numbers of production.json.gz: table public.coupons"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throwaway_server_that_is_named_judges_as_a_lab_of_our_own_and_is_left_as_it_was() {
    let production = shop(100_000, "SELECT 1", &[OF_CUSTOMER, BY_EMAIL]).await;
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &production.url("postgres"), "-o", "s.json.gz"]);
    let own = run(here, MAJOR, &["advise", "s.json.gz", "-f", "json"]);
    let service = support::server(MAJOR);
    let url = service.url("postgres");
    let named = |arguments: &[&str]| {
        let run = pgassay_with(here, arguments, &[("PGASSAY_LAB_URL", &url), ("COLUMNS", "140")]);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        run
    };
    assert_eq!(named(&["advise", "s.json.gz", "-f", "json"]).stdout, own.stdout);
    let by_flag = pgassay_with(here, &["advise", "s.json.gz", "-f", "json", "--lab-url", &url], &[]);
    assert_eq!(by_flag.stdout, own.stdout, "{}", by_flag.stderr);
    let judged = report(&own).what_if.expect("a judgement");
    assert_eq!((judged.lab.map(|lab| lab.major), judged.basis.model), (Some(MAJOR), 0));
    let plan = named(&["lab", "s.json.gz", "-c", &format!("EXPLAIN {OF_CUSTOMER}")]);
    assert!(plan.stdout.contains("Seq Scan on orders"), "{}", plan.stdout);
    let mut superuser = service.connect("postgres").await.expect("a connection");
    let left = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_database WHERE datname LIKE 'pgassay%'); \
        ASSERT NOT EXISTS (SELECT FROM pg_roles WHERE rolname LIKE 'pgassay%'); END $$";
    support::run(&mut superuser, left).await;
    support::run(&mut superuser, "CREATE ROLE modest LOGIN").await;
    let modest = url.replace("user=postgres", "user=modest");
    let refused = pgassay_with(here, &["advise", "s.json.gz", "--what-if", "lab", "--lab-url", &modest], &[]);
    assert_eq!(refused.code, 2, "{}", refused.stdout);
    assert!(refused.stderr.contains("no superuser"), "{}", refused.stderr);
}

/// Forty-nine statements that each have a use for several indexes.
async fn busy() -> Scratch {
    let server = support::server(MAJOR);
    let mut connection = server.connect("postgres").await.expect("a connection");
    let columns: Vec<String> = (0..12).map(|n| format!("c{n} int")).collect();
    let values: Vec<String> = (0..12).map(|n| format!("(g * {}) % {}", 7919 + 2 * n, 500 + 400 * n)).collect();
    support::run_each(
        &mut connection,
        &format!(
            "CREATE EXTENSION pg_stat_statements; CREATE TABLE wide (id int PRIMARY KEY, {}); \
             INSERT INTO wide SELECT g, {} FROM generate_series(1, 40000) g; VACUUM ANALYZE wide; \
             SELECT pg_stat_statements_reset()",
            columns.join(", "),
            values.join(", ")
        ),
    )
    .await;
    for (one, two, three) in (0..7).flat_map(|one| (0..7).map(move |two| (one, two, (one + 2 * two + 5) % 12))) {
        for _ in 0..3 {
            let order = format!("SELECT id FROM wide WHERE c{one} = 7 AND c{two} > 9 ORDER BY c{three} LIMIT 10");
            support::run(&mut connection, &order).await;
        }
    }
    server
}

/// `pgassay ARGS` with a server for its lab, ended so long after the lab's database is there; its exit code.
async fn ended(here: &Path, service: &Scratch, arguments: &[&str], signal: Signal, after: Duration) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgassay"));
    command.args(arguments).current_dir(here).env("PGASSAY_LAB_URL", service.url("postgres"));
    // input that does not end, for the one that waits for it
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    // waiting for a child ends its input
    let _input = child.stdin.take();
    let mut connection = service.connect("postgres").await.expect("a connection");
    let there = "SELECT count(*) FROM pg_database WHERE datname LIKE 'pgassay%'";
    let start = Instant::now();
    while sqlx::query_scalar::<_, i64>(there).fetch_one(&mut connection).await.expect("a count") == 0 {
        assert!(start.elapsed() < Duration::from_mins(1), "{arguments:?}: no lab");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(after).await;
    kill_process(Pid::from_child(&child), signal).expect("a signal");
    child.wait().expect("an end").code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_signal_ends_takes_its_lab_from_the_named_server_with_it() {
    let production = busy().await;
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &production.url("postgres"), "-o", "s.json.gz"]);
    drop(production);
    let service = support::server(MAJOR);
    let (advise, audit) = (["advise", "s.json.gz"], ["audit", "--snapshot", "s.json.gz"]);
    for (arguments, signal, after, expected) in [
        // while it is made, while it is copied, while it is asked
        (&advise[..], Signal::INT, 0, 130),
        (&advise[..], Signal::TERM, 50, 143),
        (&advise[..], Signal::TERM, 150, 143),
        (&audit[..], Signal::INT, 300, 130),
        (&audit[..], Signal::TERM, 700, 143),
        (&["lab", "s.json.gz"][..], Signal::TERM, 3_000, 143),
    ] {
        let code = ended(here, &service, arguments, signal, Duration::from_millis(after)).await;
        assert_eq!(code, Some(expected), "{arguments:?} after {after} ms");
        let mut superuser = service.connect("postgres").await.expect("a connection");
        let left = "SELECT datname::text FROM pg_database WHERE datname LIKE 'pgassay%' \
            UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'pgassay%'";
        let left: Vec<String> = sqlx::query_scalar(left).fetch_all(&mut superuser).await.expect("names");
        assert!(left.is_empty(), "{arguments:?} after {after} ms: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_ends_with_the_best_so_far_and_says_so() {
    let server = busy().await;
    let here = tempfile::tempdir().expect("a directory");
    let here = here.path();
    run(here, MAJOR, &["snapshot", &server.url("postgres"), "-o", "s.json.gz"]);
    drop(server);
    let whole = report(&run(here, MAJOR, &["advise", "s.json.gz", "-f", "json"]));
    let judged = whole.what_if.as_ref().expect("a judgement");
    assert!(!judged.incomplete && !whole.indexes.is_empty(), "{judged:?}");
    let said = |report: &Report| report.skipped.iter().any(|one| one.why.contains("time limit"));
    assert!(!said(&whole), "{:#?}", whole.skipped);
    // how far it comes in a second is the machine's
    let limited = [1, 2, 4, 8, 16].map(|seconds: u32| {
        let seconds = seconds.to_string();
        let report = report(&run(here, MAJOR, &["advise", "s.json.gz", "-f", "json", "--time-limit", &seconds]));
        let early = report.what_if.as_ref().expect("a judgement");
        println!("{seconds} s: {} of {} questions, {} indexes", early.calls, judged.calls, report.indexes.len());
        assert_eq!(early.incomplete, said(&report), "{:#?}", report.skipped);
        assert_eq!(early.incomplete, early.calls < judged.calls, "{} of {}", early.calls, judged.calls);
        report
    });
    let cut = |report: &&Report| report.what_if.as_ref().is_some_and(|judged| judged.incomplete);
    assert!(limited.iter().find(cut).is_some_and(|first| first.what_if != whole.what_if));
    assert!(limited.iter().filter(cut).any(|report| !report.indexes.is_empty()), "the best so far is advice too");
    let audit = ["audit", "--fail-on", "none", "--time-limit", "1", "--snapshot", "s.json.gz"];
    let audit = run(here, MAJOR, &audit).stdout;
    assert!(audit.contains("the time limit was over after"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hypopg_goes_before_a_lab_of_another_major_and_behind_one_of_the_same_statement_by_statement() {
    let server = support::server_with_hypopg();
    let mut connection = server.connect("postgres").await.expect("a connection");
    let more = "CREATE EXTENSION hypopg; CREATE EXTENSION pg_trgm";
    support::run_each(&mut connection, &format!("{TABLES}; {more}; {}", rows(100_000))).await;
    // HypoPG knows no GIN index
    let searched = "SELECT id FROM customers WHERE email LIKE '%17@ex%'";
    for _ in 0..8 {
        for statement in [OF_CUSTOMER, searched] {
            support::run(&mut connection, statement).await;
        }
    }
    let (here, url) = (tempfile::tempdir().expect("a directory"), server.url("postgres"));
    let judged = |major: u32| {
        let report = report(&run(here.path(), major, &["advise", &url, "-f", "json"]));
        let what_if = report.what_if.clone().expect("a judgement");
        let basis = |table: &str| {
            let of_table = |index: &&IndexAction| index.table == table;
            report.indexes.iter().find(of_table).and_then(|index| index.what_if.as_ref()).map(|one| one.basis.clone())
        };
        let bases = ["orders", "customers"].map(|table| basis(table).unwrap_or_default());
        (what_if.lab.map(|lab| lab.major), bases)
    };
    let owned = |bases: [&str; 2]| bases.map(str::to_owned);
    assert_eq!(judged(16), (Some(16), owned(["hypopg", "lab"])));
    assert_eq!(judged(15), (Some(15), owned(["lab", "lab"])));
    support::run(&mut connection, "DROP EXTENSION hypopg").await;
    assert_eq!(judged(16), (Some(16), owned(["lab", "lab"])));
}
