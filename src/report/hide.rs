//! Taking findings out of a report: by severity, by an ignore, by the baseline. What is hidden is counted.

use std::collections::BTreeSet;

use super::{Finding, Report, Skipped, Suppressed};
use crate::config::{Config, Ignore};

/// Hides what the configuration hides, and tells of ignores that are out of date.
pub(super) fn by_config(report: Report, config: &Config) -> Report {
    let day = report.day().to_owned();
    let (expired, live): (Vec<&Ignore>, Vec<&Ignore>) = config.ignores.iter().partition(|ignore| ignore.expired(&day));
    let mut notes: Vec<Skipped> = expired.iter().map(|ignore| out_of_date(ignore, "expired")).collect();
    let unused = live.iter().filter(|ignore| {
        report.evaluated(&ignore.rule) && !report.findings.iter().any(|finding| covers(ignore, finding))
    });
    notes.extend(unused.map(|ignore| out_of_date(ignore, "matches no finding")));
    let mut hidden = hide(report, |finding| why(finding, &live, config));
    hidden.skipped.extend(notes);
    hidden
}

fn why(finding: &Finding, ignores: &[&Ignore], config: &Config) -> Option<String> {
    let accepted = ignores.iter().find(|ignore| covers(ignore, finding)).map(|ignore| ignore.reason.clone());
    let below = (finding.severity < config.min_severity).then(|| "below min-severity".to_owned());
    accepted.or(below)
}

fn covers(ignore: &Ignore, finding: &Finding) -> bool {
    ignore.covers(&finding.rule, &finding.subject.key)
}

fn out_of_date(ignore: &Ignore, what: &str) -> Skipped {
    let until = ignore.expires.as_deref().map_or(String::new(), |day| format!(" (until {day})"));
    Skipped {
        what: format!("an ignore ({})", ignore.place),
        why: format!("rule {}, subject {}{until}: it {what}", ignore.rule, ignore.subject),
        remedy: Some("renew it or take it out".to_owned()),
    }
}

/// Moves findings for which `why` gives a reason to `suppressed`, with the indexes that only they ask for.
pub(super) fn hide(mut report: Report, why: impl Fn(&Finding) -> Option<String>) -> Report {
    let mut gone = BTreeSet::new();
    for finding in std::mem::take(&mut report.findings) {
        let Some(why) = why(&finding) else {
            report.findings.push(finding);
            continue;
        };
        gone.insert(finding.fingerprint.clone());
        let Finding { fingerprint, rule, subject, .. } = finding;
        report.suppressed.push(Suppressed { fingerprint, rule, subject: subject.key, why });
    }
    for index in &mut report.indexes {
        index.findings.retain(|finding| !gone.contains(finding));
    }
    report.indexes.retain(|index| !index.findings.is_empty());
    for statement in &mut report.statements {
        statement.findings.retain(|finding| !gone.contains(finding));
    }
    report
}

impl Report {
    /// Whether the rule looked, whatever it saw.
    pub(super) fn evaluated(&self, rule: &str) -> bool {
        self.rules.iter().any(|outcome| outcome.rule == rule && outcome.outcome != super::Outcome::NotEvaluated)
    }
}
