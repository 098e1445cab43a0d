//! `pgassay audit` from a user's side: what it finds, what it leaves alone, how it fails.

mod support;

use std::sync::Arc;

use indicatif::ProgressBar;
use pgassay::command::demo::{round, system};
use pgassay::report::Report;
use pgassay::server::scratch::Scratch;
use support::program::{Run, pgassay, pgassay_with};

/// A server with the packing lists and their traffic in its counters.
async fn packing_lists(major: u32, scale: f64, requests: usize) -> Scratch {
    let server = support::server(major);
    let mut connection = server.connect("postgres").await.expect("a connection");
    system::load(&mut connection, scale).await.expect("the fixture loads");
    let traffic = Arc::new(system::traffic().expect("a traffic file"));
    round::drive(&server, "postgres", &traffic, requests, &ProgressBar::hidden()).await.expect("the traffic runs");
    server
}

fn here() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn report(run: &Run) -> Report {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr))
}

/// `rule subject` of every finding.
fn found(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.subject.key)).collect()
}

fn text_of<'a>(report: &'a Report, statement: &str) -> &'a str {
    report.statements.iter().find(|info| info.statement == statement).map_or("", |info| info.text.as_str())
}

/// Texts of the statements that a rule found.
fn texts<'a>(report: &'a Report, rule: &str) -> Vec<&'a str> {
    let findings = report.findings.iter().filter(|finding| finding.rule == rule);
    findings.filter_map(|finding| finding.subject.statement.as_deref()).map(|id| text_of(report, id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_of_the_packing_lists_names_what_is_wrong_with_them_and_nothing_that_is_right() {
    let server = packing_lists(15, 0.25, 45).await;
    let directory = here();
    // a quick machine saves less than the rule speaks of
    let config = "[rules.missing-index]\nparams = { min_saved_ms = 1 }\n";
    std::fs::write(directory.path().join("pgassay.toml"), config).expect("a file");
    let run = pgassay(directory.path(), &["audit", &server.url("postgres"), "--format", "json"]);
    let report = report(&run);

    let loops = texts(&report, "n-plus-one");
    for part in ["\"packing_lists_vote\".\"price_id\" = $1", "\"ip_address\" = $1", "FROM \"packing_lists_school\""] {
        assert!(loops.iter().any(|text| text.contains(part)), "no N+1 on {part}: {loops:#?}");
    }
    assert!(report.findings.iter().all(|finding| finding.rule != "n-plus-one" || finding.confidence <= 0.5));

    let unbounded = texts(&report, "unbounded-read");
    assert!(unbounded.iter().any(|text| text.contains("FROM \"packing_lists_store\" ORDER BY")), "{unbounded:#?}");

    let created: Vec<&str> =
        report.indexes.iter().filter(|index| index.ddl.contains("CREATE")).map(|index| index.ddl.as_str()).collect();
    assert!(created.iter().any(|ddl| ddl.contains("gin ((upper((name)::text)) gin_trgm_ops)")), "{created:#?}");
    assert!(
        !created.iter().any(|ddl| ddl.contains("packing_lists_school") || ddl.contains("packing_lists_base\"")),
        "{created:#?}"
    );

    let all = found(&report);
    for index in ["packing_lists_price_item_id_850346c3", "packing_lists_packinglistitem_packing_list_id"] {
        assert!(all.iter().any(|one| one.starts_with("redundant-index") && one.contains(index)), "{index}: {all:#?}");
    }
    let unused = report.rules.iter().find(|one| one.rule == "unused-index").expect("the rule");
    let why = unused.why.as_deref().unwrap_or_default();
    assert!(why.contains("old, and it takes 30 days; not read so far: public.packing_lis_"), "{unused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_gives_a_report_and_a_snapshot_gives_the_same() {
    for major in support::MAJORS {
        let server = packing_lists(major, 0.004, 15).await;
        let directory = here();
        let made = pgassay(directory.path(), &["snapshot", &server.url("postgres"), "-o", "s.json.gz"]);
        assert_eq!(made.code, 0, "{major}: {}", made.stderr);
        let first = pgassay(directory.path(), &["audit", "--snapshot", "s.json.gz", "--format", "json"]);
        let second = pgassay(directory.path(), &["audit", "--snapshot", "s.json.gz", "--format", "json"]);
        assert!(first.code <= 1, "{major}: {}", first.stderr);
        assert_eq!(first.stdout, second.stdout, "{major}");
        let live = pgassay(directory.path(), &["audit", &server.url("postgres"), "--format", "json"]);
        let [mut live, mut offline] = [found(&report(&live)), found(&report(&first))];
        live.sort();
        offline.sort();
        assert_eq!(live, offline, "{major}");
        assert!(found(&report(&first)).iter().any(|one| one.starts_with("n-plus-one")), "{major}: {}", first.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_quiet() {
    let server = support::server(17);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    let run = pgassay(here().path(), &["audit", &server.url("postgres"), "--format", "json", "--fail-on", "warning"]);
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    assert!(report(&run).findings.iter().all(|finding| finding.severity == pgassay::report::Severity::Info));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_statements_the_schema_is_audited_and_the_rest_is_not_called_clean() {
    let server = support::server(16);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(
        &mut connection,
        "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (p int REFERENCES parent);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1); ANALYZE",
    )
    .await;
    let run = pgassay(here().path(), &["audit", &server.url("postgres"), "--format", "json"]);
    let report = report(&run);
    let slow = report.rules.iter().find(|rule| rule.rule == "slow-statement").expect("the rule is listed");
    assert_eq!(slow.outcome, pgassay::report::Outcome::NotEvaluated);
    assert!(slow.why.as_deref().is_some_and(|why| why.contains("pg_stat_statements")), "{slow:?}");
    assert!(found(&report).iter().any(|one| one.starts_with("missing-primary-key")), "{:?}", found(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_gets_a_report_that_says_what_it_could_not_see() {
    for major in [13, 15, 18] {
        let server = packing_lists(major, 0.002, 15).await;
        let mut connection = server.connect("postgres").await.expect("a connection");
        support::run(&mut connection, "CREATE ROLE nobody_special LOGIN").await;
        let url = server.url("postgres").replace("user=postgres", "user=nobody_special");
        let run = pgassay(here().path(), &["audit", &url, "--format", "json"]);
        let report = report(&run);
        assert!(
            report.skipped.iter().any(|skipped| skipped.remedy.as_deref().is_some_and(|grant| grant.contains("GRANT"))),
            "{major}: {:?}",
            report.skipped
        );
        assert!(report.source.statements.hidden > 0, "{major}: {:?}", report.source);
        assert!(report.rules.iter().any(|rule| rule.outcome == pgassay::report::Outcome::NotEvaluated), "{major}");
    }
}

#[test]
fn a_server_that_is_not_there_ends_with_2_and_a_hint() {
    let run = pgassay(here().path(), &["audit", "postgres://somebody:secret-word@127.0.0.1:1/x"]);
    assert_eq!(run.code, 2);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    assert!(run.stderr.contains("127.0.0.1:1"), "{}", run.stderr);
    assert!(!run.stderr.contains("secret-word"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_and_the_baseline_follow_the_findings() {
    let server = packing_lists(14, 0.02, 15).await;
    let (directory, url) = (here(), server.url("postgres"));
    let audit = |more: &[&str]| {
        let mut args = vec!["audit", &url, "--quiet"];
        args.extend(more);
        pgassay_with(directory.path(), &args, &[])
    };
    assert_eq!(audit(&["--fail-on", "info"]).code, 1);
    assert_eq!(audit(&["--fail-on", "none"]).code, 0);
    let created = pgassay(directory.path(), &["baseline", "create", &url]);
    assert_eq!(created.code, 0, "{}", created.stderr);
    assert!(directory.path().join(".pgassay/baseline.json").exists());
    let again = audit(&["--fail-on", "info", "--baseline", "--new-only"]);
    assert_eq!(again.code, 0, "{}\n{}", again.stdout, again.stderr);

    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(
        &mut connection,
        "CREATE TABLE keyless (a int); INSERT INTO keyless SELECT generate_series(1, 5000); ANALYZE keyless",
    )
    .await;
    let new = pgassay(
        directory.path(),
        &["audit", &url, "--format", "json", "--fail-on", "info", "--baseline", "--new-only"],
    );
    assert_eq!(new.code, 1, "{}", new.stderr);
    assert_eq!(found(&report(&new)), ["missing-primary-key public.keyless"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_come_through_every_format_and_the_migrations() {
    let server = support::server(18);
    let mut connection = server.connect("postgres").await.expect("a connection");
    let long = "x".repeat(63);
    let tables = ["Quoted T", "select", "📦 box", "pipe|and`tick", long.as_str()];
    support::run(&mut connection, "CREATE EXTENSION pg_stat_statements; CREATE TABLE p (id int PRIMARY KEY)").await;
    for table in tables {
        let sql = format!(
            "CREATE TABLE \"{table}\" (id int PRIMARY KEY, \"the \"\"key\" int REFERENCES p);
             INSERT INTO p VALUES (1), (2) ON CONFLICT DO NOTHING; DELETE FROM p WHERE id = 2;
             INSERT INTO \"{table}\" SELECT n, 1 FROM generate_series(1, 20000) n; ANALYZE \"{table}\""
        );
        support::run(&mut connection, &sql).await;
    }
    drop(connection);
    support::counters_arrive().await;
    let (directory, url) = (here(), server.url("postgres"));
    for format in ["table", "json", "markdown", "github"] {
        let run = pgassay(directory.path(), &["audit", &url, "--format", format]);
        assert!(run.code <= 1, "{format}: {}", run.stderr);
        for table in &tables[..3] {
            assert!(run.stdout.contains(table), "{format}: {table}\n{}", run.stdout);
        }
    }
    let migrated = pgassay(directory.path(), &["migrate", &url, "--framework", "sqlx", "--dir", "m"]);
    assert_eq!(migrated.code, 0, "{}", migrated.stderr);
    let ups = std::fs::read_dir(directory.path().join("m"))
        .expect("files")
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".up.sql")));
    assert_eq!(ups.count(), tables.len());
}
