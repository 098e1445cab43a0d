//! A schema of `fixtures/quiet` on a server, its traffic, and the audit of both.

use std::path::Path;

use pgassay::report::{Report, Severity};
use pgassay::server::scratch::Scratch;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{self, counters_arrive, program::pgassay, run};

/// A server as its keepers would set it up: a throwaway one saves where nothing may be lost, and is told so.
pub fn server(major: u32) -> Scratch {
    support::server_with(major, &PRODUCTION)
}

const PRODUCTION: [&str; 9] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "autovacuum=on",
    "shared_buffers=256MB",
    "effective_cache_size=4GB",
    "log_lock_waits=on",
    "log_temp_files=10MB",
    "idle_in_transaction_session_timeout=5min",
];

/// What depends on the day of the test.
const CALENDAR: &str = "version-unsupported,minor-release-behind";

/// Makes the database `name` from `fixtures/quiet/name.sql`, with ANALYZE behind it.
pub async fn load(server: &Scratch, name: &str) -> PgConnection {
    load_from(server, "quiet", name).await
}

/// The same from another directory of `fixtures`.
pub async fn load_from(server: &Scratch, directory: &str, name: &str) -> PgConnection {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, &format!("CREATE DATABASE {name}")).await;
    let mut connection = server.connect(name).await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    run(&mut connection, &fixture(directory, &format!("{name}.sql"))).await;
    run(&mut connection, "VACUUM ANALYZE").await;
    run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    connection
}

/// Runs `fixtures/quiet/name.traffic` and leaves, so that all is counted.
pub async fn traffic(connection: PgConnection, name: &str) {
    traffic_from(connection, "quiet", name).await;
}

/// The same from another directory of `fixtures`.
pub async fn traffic_from(mut connection: PgConnection, directory: &str, name: &str) {
    for line in fixture(directory, &format!("{name}.traffic")).lines() {
        let (times, statement) = line.split_once(' ').expect("how often, then what");
        for turn in 0..times.parse().expect("a number") {
            execute(&mut connection, &filled(statement, turn)).await;
        }
    }
    connection.close().await.expect("a goodbye");
    counters_arrive().await;
}

/// Runs one statement, whatever it returns.
pub async fn execute(connection: &mut PgConnection, statement: &str) {
    let sql = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(sql).execute(connection).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
}

/// What `pgassay audit --format json` says of it.
pub fn audit(server: &Scratch, database: &str) -> Report {
    audit_with(server, database, "")
}

/// For `audit_with`: the counters of a test are seconds old, and its indexes were made a moment ago.
pub const OLD_ENOUGH: &str = "[rules.unused-index]\nparams = { min_age_s = 0, young_xacts = 0 }\n";

/// The same with a `pgassay.toml`.
pub fn audit_with(server: &Scratch, database: &str, config: &str) -> Report {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("pgassay.toml"), config).expect("a file");
    let run = pgassay(directory.path(), &["audit", &server.url(database), "--format", "json", "--skip", CALENDAR]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr))
}

/// `severity rule subject` of every finding, sorted; a statement by its text.
pub fn findings(report: &Report) -> Vec<String> {
    let text = |id: &str| report.statements.iter().find(|one| one.statement == id).map(|one| one.text.clone());
    let one = |finding: &pgassay::report::Finding| {
        let severity = match finding.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let statement = finding.subject.statement.as_deref().and_then(text);
        let subject = statement.unwrap_or_else(|| finding.subject.key.clone());
        format!("{severity} {} {subject}", finding.rule)
    };
    let mut all: Vec<String> = report.findings.iter().map(one).collect();
    all.sort();
    all
}

/// Subjects of one rule, sorted.
pub fn subjects<'a>(report: &'a Report, rule: &str) -> Vec<&'a str> {
    let of_rule = report.findings.iter().filter(|finding| finding.rule == rule);
    let mut subjects: Vec<&str> = of_rule.map(|finding| finding.subject.key.as_str()).collect();
    subjects.sort_unstable();
    subjects
}

fn fixture(directory: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(directory).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Puts a number for each `{n:MAX}`: spread over 1 to MAX, and the same on every run.
fn filled(statement: &str, turn: u64) -> String {
    let mut parts = statement.split("{n:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (max, rest) = part.split_once('}').expect("{n:MAX}");
        let max: u64 = max.parse().expect("a number");
        let number = 1 + turn * 7919 % max;
        text.push_str(&number.to_string());
        text.push_str(rest);
    }
    text
}
