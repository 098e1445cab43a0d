//! Findings that a project has accepted: `.pgassay/baseline.json`, committed beside the code.
//!
//! An entry stands for one finding by its fingerprint. It is never older than it looks: an
//! entry whose day has passed no longer hides anything, and one whose finding is gone is
//! told of, but only when its rule was evaluated.

use std::collections::BTreeMap;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::hide::hide;
use super::{BaselineInfo, Finding, Report, Resolved, Skipped};

/// Value of [`Baseline::schema`].
pub const SCHEMA: &str = "pgassay/baseline/v1";

/// Accepted findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// By rule, subject, fingerprint.
    pub entries: Vec<Entry>,
}

/// An accepted finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Of the finding.
    pub fingerprint: String,
    /// Rule id, for those who read the file.
    pub rule: String,
    /// Subject key, likewise.
    pub subject: String,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Last day on which it is accepted, `2027-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// Why a baseline cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum BaselineError {
    /// Not JSON, or not of the right shape.
    #[error("the baseline cannot be read")]
    #[diagnostic(code(baseline::invalid), help("write it anew with `pgassay baseline create`"))]
    Invalid(#[source] serde_json::Error),
    /// Of another version.
    #[error("the baseline is of the format \"{0}\", not \"{SCHEMA}\"")]
    #[diagnostic(code(baseline::format), help("write it anew with `pgassay baseline create`"))]
    Format(String),
}

impl Default for Baseline {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), entries: Vec::new() }
    }
}

impl Baseline {
    /// From the text of the file.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text).map_err(BaselineError::Invalid)?;
        if baseline.schema == SCHEMA { Ok(baseline) } else { Err(BaselineError::Format(baseline.schema)) }
    }

    /// The text of the file: sorted and pretty, for short differences between two versions.
    pub fn text(&self) -> Result<String, BaselineError> {
        let json = serde_json::to_string_pretty(&self.sorted()).map_err(BaselineError::Invalid)?;
        Ok(json + "\n")
    }

    fn sorted(&self) -> Self {
        let by_fingerprint: BTreeMap<&str, &Entry> =
            self.entries.iter().map(|entry| (entry.fingerprint.as_str(), entry)).collect();
        let mut entries: Vec<Entry> = by_fingerprint.into_values().cloned().collect();
        entries.sort_by(|one, two| (&one.rule, &one.subject).cmp(&(&two.rule, &two.subject)));
        Self { schema: self.schema.clone(), entries }
    }

    /// Without entries that no longer occur. Adds nothing.
    #[must_use]
    pub fn prune(&self, report: &Report) -> Self {
        let entries = self.entries.iter().filter(|entry| !resolved(entry, report)).cloned().collect();
        Self { schema: self.schema.clone(), entries }
    }

    /// Pruned, with every new finding; reasons and days of the entries that stay are kept.
    #[must_use]
    pub fn update(&self, report: &Report) -> Self {
        let mut updated = self.prune(report);
        let new = create(report).entries.into_iter().filter(|entry| !self.holds(&entry.fingerprint));
        updated.entries.extend(new);
        updated.sorted()
    }

    fn holds(&self, fingerprint: &str) -> bool {
        self.entries.iter().any(|entry| entry.fingerprint == fingerprint)
    }
}

/// A baseline that accepts every finding of the report.
pub fn create(report: &Report) -> Baseline {
    let entries = report.findings.iter().map(|finding| Entry {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        subject: finding.subject.key.clone(),
        reason: None,
        expires: None,
    });
    Baseline { entries: entries.collect(), ..Baseline::default() }.sorted()
}

/// Entries that are out of date: no longer found, or past their day.
pub fn check(baseline: &Baseline, report: &Report) -> Vec<Entry> {
    let stale = |entry: &&Entry| resolved(entry, report) || expired(entry, report.day());
    baseline.entries.iter().filter(stale).cloned().collect()
}

/// Marks what is new; with `new_only`, hides what is known.
pub fn apply(mut report: Report, baseline: &Baseline, new_only: bool) -> Report {
    let day = report.day().to_owned();
    let accepted = |finding: &Finding| {
        let mut entries = baseline.entries.iter().filter(|entry| entry.fingerprint == finding.fingerprint);
        entries.any(|entry| !expired(entry, &day))
    };
    for finding in &mut report.findings {
        finding.new = Some(!accepted(finding));
    }
    let known = report.findings.iter().filter(|finding| finding.new == Some(false)).count() as u64;
    let resolved: Vec<&Entry> = baseline.entries.iter().filter(|entry| resolved(entry, &report)).collect();
    let notes: Vec<Skipped> = notes(baseline, &resolved, &day);
    report.baseline = Some(BaselineInfo {
        new: report.findings.len() as u64 - known,
        known,
        resolved: resolved.into_iter().map(told).collect(),
    });
    report.skipped.extend(notes);
    if new_only {
        return hide(report, |finding| (finding.new == Some(false)).then(|| "baseline".to_owned()));
    }
    report
}

fn told(entry: &Entry) -> Resolved {
    Resolved { fingerprint: entry.fingerprint.clone(), rule: entry.rule.clone(), subject: entry.subject.clone() }
}

/// A finding that an ignore hides still occurs; a rule that did not look has not seen it gone.
fn resolved(entry: &Entry, report: &Report) -> bool {
    let occurs = report.findings.iter().map(|finding| &finding.fingerprint);
    let hidden = report.suppressed.iter().map(|suppressed| &suppressed.fingerprint);
    report.evaluated(&entry.rule) && !occurs.chain(hidden).any(|fingerprint| *fingerprint == entry.fingerprint)
}

fn expired(entry: &Entry, day: &str) -> bool {
    entry.expires.as_deref().is_some_and(|last| last < day)
}

fn notes(baseline: &Baseline, resolved: &[&Entry], day: &str) -> Vec<Skipped> {
    let past = baseline.entries.iter().filter(|entry| expired(entry, day)).count();
    let stale = (!resolved.is_empty()).then(|| Skipped {
        what: "the baseline".to_owned(),
        why: format!("baseline entries that no longer occur: {}", resolved.len()),
        remedy: Some("take them out with `pgassay baseline prune`".to_owned()),
    });
    let expired = (past > 0).then(|| Skipped {
        what: "the baseline".to_owned(),
        why: format!("baseline entries that have expired and hide nothing any more: {past}"),
        remedy: Some("mend what they stand for, or give them another day".to_owned()),
    });
    stale.into_iter().chain(expired).collect()
}
