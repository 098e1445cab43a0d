//! What the configuration hides, and what it says about itself.

use pgassay::config::{FailOn, Ignore, Severity as Least};
use pgassay::report::Report;
use pgassay::rule::Severity;

use super::world::{World, index, row, superfluous};

fn ignore(subject: &str, expires: Option<&str>) -> Ignore {
    Ignore {
        place: "pgassay.toml:1".to_owned(),
        rule: "unused-index".to_owned(),
        subject: subject.to_owned(),
        reason: "used once a year".to_owned(),
        expires: expires.map(str::to_owned),
    }
}

fn with_ignore(ignore: Ignore) -> Report {
    let mut world = World::new().index(index(11, "a", &["a"])).found("unused-index", vec![superfluous(11)]);
    world.config.ignores = vec![ignore];
    world.report()
}

#[test]
fn an_ignored_finding_leaves_with_its_index_and_its_reason() {
    let report = with_ignore(ignore("index *", Some("2027-01-31")));
    assert!(report.findings.is_empty() && report.indexes.is_empty());
    assert_eq!(report.suppressed[0].why, "used once a year");
    assert_eq!(report.skipped, []);
}

#[test]
fn an_ignore_that_has_expired_or_matches_nothing_is_told_of() {
    for (ignore, expected) in [
        (ignore("index *", Some("2027-01-30")), "rule unused-index, subject index * (until 2027-01-30): it expired"),
        (ignore("public.*", None), "rule unused-index, subject public.*: it matches no finding"),
    ] {
        let report = with_ignore(ignore);
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.skipped[0].why, expected);
    }
}

#[test]
fn an_ignore_of_a_rule_that_did_not_look_is_not_called_unused() {
    let mut world = World::new().not_evaluated("unused-index", "the counters are young");
    world.config.ignores = vec![ignore("public.*", None)];
    assert_eq!(world.report().skipped, []);
}

#[test]
fn findings_below_the_least_severity_are_counted_and_not_shown() {
    let mut world = World::new().found("time-share", vec![row("a", Severity::Info), row("b", Severity::Warning)]);
    world.config.min_severity = Least::Warning;
    let report = world.report();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.suppressed[0].why, "below min-severity");
}

#[test]
fn the_exit_code_is_1_from_the_chosen_severity_on() {
    for (severity, fail_on, expected) in [
        (Severity::Error, FailOn::None, 0),
        (Severity::Error, FailOn::Error, 1),
        (Severity::Warning, FailOn::Error, 0),
        (Severity::Warning, FailOn::Warning, 1),
        (Severity::Info, FailOn::Info, 1),
    ] {
        let report = World::new().found("time-share", vec![row("a", severity)]).report();
        assert_eq!(report.exit_code(fail_on), expected, "{severity:?} {fail_on:?}");
    }
    assert_eq!(World::new().report().exit_code(FailOn::Info), 0);
}
