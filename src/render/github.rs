//! Annotations of a GitHub workflow: commands on stdout, one a line.
//!
//! Only ten of each kind are shown for a step, in the order in which they come: so the
//! worst come first, and the last one says how many are left.

use super::text;
use super::words;
use crate::ident::QualifiedName;
use crate::report::{Finding, Report, Severity};

/// Annotations of a kind that GitHub shows for one step.
const SHOWN: usize = 10;

/// Characters of a message: beyond that an annotation is no longer read.
const LONGEST: usize = 1_000;

/// Characters of what a finding is about.
const TITLE: usize = 80;

/// The findings as annotations.
pub(super) fn render(report: &Report) -> String {
    let mut lines = Vec::new();
    let mut left_out = 0;
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let of_kind = report.findings.iter().filter(|finding| finding.severity == severity);
        // The summary is a notice itself.
        let room = if severity == Severity::Info { SHOWN - 1 } else { SHOWN };
        let all: Vec<&Finding> = of_kind.collect();
        left_out += all.len().saturating_sub(room);
        lines.extend(all.into_iter().take(room).map(annotation));
    }
    if left_out > 0 || report.findings.is_empty() {
        lines.push(summary(report, left_out));
    }
    lines.join("\n") + "\n"
}

fn annotation(finding: &Finding) -> String {
    let title = text::line(&format!("{}: {}", finding.rule, text::shorten(&about(finding), TITLE)));
    let place = finding.location.as_ref().map_or(String::new(), |location| {
        format!("file={},line={},", property(&text::line(&location.path)), location.line)
    });
    format!("::{} {place}title={}::{}", command(finding.severity), property(&title), data(&message(finding)))
}

/// The index or the table, which fit a title; the message says the rest.
fn about(finding: &Finding) -> String {
    let subject = &finding.subject;
    let named = match subject.kind.as_str() {
        "index" => subject.index.as_ref().or(subject.table.as_ref()),
        _ => subject.table.as_ref(),
    };
    match (&subject.schema, named) {
        (Some(schema), Some(name)) => QualifiedName::new(schema, name).to_string(),
        (None, Some(name)) => name.clone(),
        (_, None) if subject.kind == "statement" => format!("statement {}", subject.key),
        (_, None) => subject.key.clone(),
    }
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn message(finding: &Finding) -> String {
    let mut lines = vec![finding.message.as_str(), finding.remedy.text.as_str()];
    lines.extend(finding.remedy.sql.iter().map(String::as_str));
    let lines = lines.into_iter().filter(|line| !line.is_empty()).map(text::line);
    text::shorten(&lines.collect::<Vec<_>>().join("\n"), LONGEST)
}

fn summary(report: &Report, left_out: usize) -> String {
    let aside = words::aside(report);
    let aside = if aside.is_empty() { aside } else { format!(" ({aside})") };
    let more = if left_out > 0 {
        format!("; {left_out} of them are not shown here: GitHub shows ten of a kind per step")
    } else {
        String::new()
    };
    let message = format!("{}{more}{aside}; {}", words::findings(report), words::coverage(report));
    format!("::notice title=pgassay::{}", data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
