//! Accepted findings, from report to report.

use pgassay::config::FailOn;
use pgassay::report::Report;
use pgassay::report::baseline::{self, Baseline, Entry};
use pgassay::rule::Severity;

use super::world::{World, row};

fn report(subjects: &[&str]) -> Report {
    let rows = subjects.iter().map(|subject| row(subject, Severity::Error)).collect();
    World::new().found("time-share", rows).report()
}

fn subjects(baseline: &Baseline) -> Vec<&str> {
    baseline.entries.iter().map(|entry| entry.subject.as_str()).collect()
}

#[test]
fn the_file_is_sorted_and_read_back() {
    let accepted = baseline::create(&report(&["b", "a"]));
    assert_eq!(subjects(&accepted), ["a", "b"]);
    let text = accepted.text().expect("JSON");
    assert!(text.starts_with("{\n  \"schema\": \"pgassay/baseline/v1\",\n  \"entries\": [\n    {\n"), "{text}");
    assert!(!text.contains("reason"), "{text}");
    assert_eq!(Baseline::parse(&text).expect("a baseline"), accepted);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    for text in
        ["", "[]", "{\"schema\": \"other\", \"entries\": []}", "{\"schema\": \"pgassay/baseline/v1\", \"entry\": []}"]
    {
        assert!(Baseline::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_not_in_the_baseline_is_new_and_fails_alone() {
    let accepted = baseline::create(&report(&["a"]));
    let marked = baseline::apply(report(&["a", "b"]), &accepted, false);
    let new: Vec<(&str, Option<bool>)> =
        marked.findings.iter().map(|finding| (finding.subject.key.as_str(), finding.new)).collect();
    assert_eq!(new, [("a", Some(false)), ("b", Some(true))]);
    let only_new = baseline::apply(report(&["a", "b"]), &accepted, true);
    assert_eq!(only_new.findings.len(), 1);
    assert_eq!(only_new.suppressed[0].why, "baseline");
    assert_eq!(only_new.exit_code(FailOn::Error), 1);
    let nothing_new = baseline::apply(report(&["a"]), &accepted, true);
    assert_eq!(nothing_new.exit_code(FailOn::Error), 0);
    let counted = nothing_new.baseline.expect("a comparison");
    assert_eq!((counted.new, counted.known, counted.resolved.len()), (0, 1, 0));
}

#[test]
fn an_entry_is_resolved_only_when_its_rule_looked() {
    let accepted = baseline::create(&report(&["a", "gone"]));
    let looked = baseline::apply(report(&["a"]), &accepted, false);
    let resolved = &looked.baseline.expect("a comparison").resolved;
    assert_eq!(resolved.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(), ["gone"]);
    assert_eq!(looked.skipped[0].why, "baseline entries that no longer occur: 1");
    let blind = World::new().not_evaluated("time-share", "there are no statements").report();
    let blind = baseline::apply(blind, &accepted, false);
    assert_eq!(blind.baseline.expect("a comparison").resolved, []);
    assert_eq!(blind.skipped, []);
}

#[test]
fn an_entry_past_its_day_hides_nothing() {
    let mut accepted = baseline::create(&report(&["a"]));
    for (expires, new) in [("2027-01-31", false), ("2027-01-30", true)] {
        accepted.entries[0].expires = Some(expires.to_owned());
        let marked = baseline::apply(report(&["a"]), &accepted, false);
        assert_eq!(marked.findings[0].new, Some(new), "{expires}");
        assert_eq!(baseline::check(&accepted, &report(&["a"])).len(), usize::from(new), "{expires}");
    }
}

#[test]
fn prune_adds_nothing_and_update_keeps_what_was_written() {
    let mut accepted = baseline::create(&report(&["a", "gone"]));
    accepted.entries[0].reason = Some("known".to_owned());
    let now = report(&["a", "b"]);
    assert_eq!(subjects(&accepted.prune(&now)), ["a"]);
    let updated = accepted.update(&now);
    assert_eq!(subjects(&updated), ["a", "b"]);
    assert_eq!(updated.entries[0].reason.as_deref(), Some("known"));
    let Entry { reason, expires, .. } = &updated.entries[1];
    assert_eq!((reason, expires), (&None, &None));
}
