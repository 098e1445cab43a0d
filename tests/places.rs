//! Profiles: what applies where the server runs, named by the project or recognised.

mod support;

use std::fs;
use std::path::Path;

use support::program::{Run, pgassay, pgassay_with};
use support::server;

fn report(run: &Run) -> serde_json::Value {
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("a report")
}

fn why(report: &serde_json::Value, rule: &str) -> String {
    let rules = report["rules"].as_array().expect("rules");
    let one = rules.iter().find(|one| one["rule"] == rule).unwrap_or_else(|| panic!("no {rule}"));
    one["why"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_named_place_says_what_does_not_apply_there_and_how_a_setting_is_changed() {
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cpl-snapshot.json.gz").display().to_string();
    let args = ["audit", "--snapshot", &snapshot, "--what-if", "model", "--format", "json"];
    let directory = tempfile::tempdir().expect("a directory");
    let at = |place: &str| {
        fs::write(directory.path().join("pgassay.toml"), format!("profile = \"{place}\"\n")).expect("a file");
        report(&pgassay(directory.path(), &args))
    };
    let setting = |report: &serde_json::Value| {
        let findings = report["findings"].as_array().expect("findings");
        let one = findings.iter().find(|finding| finding["rule"] == "statement-timeout-unset").expect("a setting");
        one["remedy"]["text"].as_str().expect("words").to_owned()
    };
    let (own, neon, rds) = (at("none"), at("neon"), at("rds"));
    assert!(why(&own, "unused-index").contains("old, and it takes 30 days"));
    assert!(why(&neon, "unused-index").starts_with("it does not apply to Neon: counters are lost"));
    assert!(setting(&rds).ends_with(
        "On Amazon RDS, set it in the DB parameter group of the instance; a static parameter waits for a reboot."
    ));
    assert!(!setting(&own).contains("parameter group"));
}

#[test]
fn a_place_that_is_none_is_refused_with_the_nearest_name() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("pgassay.toml"), "profile = \"cloudsql\"\n").expect("a file");
    let run = pgassay(directory.path(), &["audit", "--snapshot", "x.json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `cloud-sql`?"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_young_server_of_a_ci_job_is_recognised_and_its_snapshot_remembers() {
    let scratch = server(16);
    support::run(&mut scratch.connect("postgres").await.expect("a connection"), "CREATE EXTENSION pg_stat_statements")
        .await;
    let directory = tempfile::tempdir().expect("a directory");
    let (url, here) = (scratch.url("postgres"), directory.path());
    let json = ["--what-if", "model", "--format", "json"];
    let live =
        |variables: &[(&str, &str)]| report(&pgassay_with(here, &[&["audit", &url][..], &json].concat(), variables));
    assert_eq!(live(&[("CI", "")])["server"]["managed"], serde_json::Value::Null);
    let job = live(&[("CI", "true")]);
    assert_eq!(job["server"]["managed"], "ci");
    assert!(why(&job, "unused-index").contains("a CI database: a test database reads what the tests read"));
    let taken = pgassay_with(here, &["snapshot", &url, "-o", "ci.json"], &[("CI", "true")]);
    assert_eq!(taken.code, 0, "{}", taken.stderr);
    let later = report(&pgassay(here, &[&["audit", "--snapshot", "ci.json"][..], &json].concat()));
    assert_eq!(later["server"]["managed"], "ci", "the same on every machine");
}
