//! The report as a comment on a pull request.
//!
//! A comment holds 65,536 characters. It is made in stages, each with less, and the first
//! that fits is taken: details go first, then findings beyond the worst, never half a block.
//! The first line is a hidden marker by which the comment is found again.

pub(super) mod advice;
mod details;
mod escape;

use std::fmt::Write as _;

use super::{text, words};
use crate::report::{Finding, Report, Severity};
use escape::{cell, code, marker, prose, with_code};

/// Characters of a comment, with room left for what posts it.
const LONGEST: usize = 60_000;

/// Resolved findings, notes and such that are named one by one.
const NAMED: usize = 20;

/// Characters of an advice in the table.
const ADVICE: usize = 80;

/// How much a comment tells.
#[derive(Clone, Copy)]
struct Stage {
    /// Findings in the table, the worst.
    findings: usize,
    /// Findings with their details.
    detailed: usize,
    /// Statements in the details.
    statements: bool,
    /// Characters of a message, a subject, a statement.
    longest: usize,
}

const STAGES: [Stage; 6] = [
    Stage { findings: usize::MAX, detailed: usize::MAX, statements: true, longest: 4_000 },
    Stage { findings: usize::MAX, detailed: usize::MAX, statements: false, longest: 1_000 },
    Stage { findings: 50, detailed: 20, statements: false, longest: 1_000 },
    Stage { findings: 20, detailed: 20, statements: false, longest: 500 },
    Stage { findings: 20, detailed: 0, statements: false, longest: 200 },
    Stage { findings: 5, detailed: 0, statements: false, longest: 100 },
];

/// The comment.
pub(super) fn render(report: &Report) -> String {
    STAGES.iter().find_map(|stage| staged(report, *stage)).unwrap_or_else(|| head(report))
}

/// `None` where it would be too long.
fn staged(report: &Report, stage: Stage) -> Option<String> {
    let mut parts = vec![head(report)];
    if !report.findings.is_empty() {
        parts.push(table(report, stage));
    }
    if !report.scorecard.is_empty() {
        parts.push(targets(report));
    }
    let mut length: usize = parts.iter().map(|part| part.chars().count()).sum();
    for finding in report.findings.iter().take(stage.detailed) {
        let details = details::details(finding, report, stage);
        length += details.chars().count();
        if length > LONGEST {
            return None;
        }
        parts.push(details);
    }
    let left = report.findings.len().saturating_sub(stage.detailed.max(stage.findings.min(report.findings.len())));
    if left > 0 {
        parts.push(format!("… and {left} more findings in the full report (`--format json`).\n"));
    }
    parts.extend(resolved(report, stage));
    parts.extend(not_looked_at(report, stage));
    parts.extend(words::turned_off(report).map(|left_out| format!("{left_out}\n")));
    Some(parts.join("\n")).filter(|comment| comment.chars().count() <= LONGEST)
}

fn head(report: &Report) -> String {
    let managed = report.server.managed.as_ref().map_or(String::new(), |managed| format!(" ({})", prose(managed)));
    format!(
        "<!-- pgassay:report target={} -->\n### pgassay: {}\n\n{} on PostgreSQL {}{managed} · {} · {}, {} · {}{}\n",
        marker(&report.server.database),
        headline(report),
        code(&report.server.database),
        prose(&report.server.version),
        words::coverage(report),
        prose(&report.source.kind),
        prose(&report.source.taken_at),
        words::period(report) + &words::replicas(report),
        lab(report),
    )
}

/// Who judged, a paragraph of its own.
fn lab(report: &Report) -> String {
    let lines: Vec<String> = words::judges(report).iter().map(|line| prose(line)).collect();
    if lines.is_empty() { String::new() } else { format!("\n\n{}", lines.join(" · ")) }
}

/// `2 new, 1 resolved, 14 in the baseline`, or what was found.
fn headline(report: &Report) -> String {
    let aside = words::aside(report);
    let Some(baseline) = &report.baseline else {
        let aside = if aside.is_empty() { aside } else { format!(" ({aside})") };
        return format!("{}{aside}", words::findings(report));
    };
    let not_evaluated = words::not_evaluated(report).len();
    let rules = if not_evaluated > 0 {
        format!(" ({} not evaluated)", words::plural(not_evaluated, "rule"))
    } else {
        String::new()
    };
    format!("{} new, {} resolved, {} in the baseline{rules}", baseline.new, baseline.resolved.len(), baseline.known)
}

fn table(report: &Report, stage: Stage) -> String {
    let mut out = String::from("| | rule | about | costs | what to do |\n|---|---|---|---|---|\n");
    for finding in report.findings.iter().take(stage.findings) {
        let object = text::shorten(&words::object(report, finding), stage.longest.min(120));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            badge(finding),
            cell(&finding.rule),
            cell(&object),
            prose(&words::impact(finding)),
            suggestion(finding, report, stage),
        );
    }
    out
}

fn targets(report: &Report) -> String {
    let mut out = String::from("| target | of | wanted | observed | how |\n|---|---|---|---|---|\n");
    for score in &report.scorecard {
        let observed = score.observed.as_deref().unwrap_or("not known");
        let (target, wanted) = (cell(&score.target), prose(&score.wanted));
        let _ = writeln!(
            out,
            "| {} | {target} | {wanted} | {} | {} |",
            words::met(score),
            prose(observed),
            prose(&score.how)
        );
    }
    out
}

fn badge(finding: &Finding) -> String {
    let sign = match finding.severity {
        Severity::Error => "🔴",
        Severity::Warning => "🟡",
        Severity::Info => "🔵",
    };
    let new = if finding.new == Some(true) { " new" } else { "" };
    format!("{sign} {}{new}", finding.severity.name())
}

fn suggestion(finding: &Finding, report: &Report, stage: Stage) -> String {
    let index = report.indexes.iter().find(|index| index.findings.contains(&finding.fingerprint));
    match (finding.remedy.kind.as_str(), index) {
        ("create-index", Some(index)) => {
            format!("create the index, size {}, {}", words::size(index), prose(&words::gain(index)))
        }
        ("drop-index", Some(index)) => format!("drop the index, size {}", words::size(index)),
        ("reindex", _) if !finding.remedy.sql.is_empty() => "`REINDEX`".to_owned(),
        ("analyze", _) if !finding.remedy.sql.is_empty() => "`ANALYZE`".to_owned(),
        _ => advice(finding, stage),
    }
}

/// The beginning of what is said at length in the details.
fn advice(finding: &Finding, stage: Stage) -> String {
    let spoken = finding.remedy.advice.first().map_or(finding.remedy.text.as_str(), |advice| &advice.text);
    match text::sentence(&text::line(spoken), ADVICE) {
        empty if empty.is_empty() && stage.detailed > 0 => "see below".to_owned(),
        empty if empty.is_empty() => "see the full report".to_owned(),
        sentence => with_code(&sentence),
    }
}

fn resolved(report: &Report, stage: Stage) -> Option<String> {
    let resolved = &report.baseline.as_ref()?.resolved;
    let named = resolved
        .iter()
        .take(NAMED)
        .map(|entry| format!("{} {}", code(&entry.rule), code(&text::shorten(&entry.subject, stage.longest.min(200)))));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = resolved.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!resolved.is_empty()).then(|| format!("Resolved: {named}{more}\n"))
}

fn not_looked_at(report: &Report, stage: Stage) -> Option<String> {
    let rules = words::by_reason(report).into_iter().map(|(rules, why)| {
        let rules: Vec<String> = rules.into_iter().map(code).collect();
        format!("- {}: {}\n", rules.join(", "), prose(&text::shorten(why, stage.longest.min(500))))
    });
    let skipped = report.skipped.iter().map(|skipped| {
        let why = text::shorten(&skipped.why, stage.longest.min(500));
        let remedy = skipped
            .remedy
            .as_ref()
            .map_or(String::new(), |remedy| format!(" ({})", prose(&text::shorten(remedy, 200))));
        format!("- {}: {}{remedy}\n", prose(&text::shorten(&skipped.what, 200)), prose(&why))
    });
    let all: Vec<String> = rules.chain(skipped).collect();
    let left = all.len().saturating_sub(NAMED);
    let left = if left > 0 { format!("- and {left} more\n") } else { String::new() };
    (!all.is_empty()).then(|| {
        let named: String = all.iter().take(NAMED).cloned().collect();
        format!("<details><summary>What was not looked at: {}</summary>\n\n{named}{left}\n</details>\n", all.len())
    })
}
