//! The findings one by one, worst first; of a rule that found many, the first in full.

use std::collections::BTreeMap;

use super::diagnostic;
use super::grid::{Column, Fit, grid_of_filled};
use super::{Paper, words};
use crate::report::Finding;
use crate::units::{Count, Ms, Ratio};

/// Findings of one rule that are shown in full.
const IN_FULL: usize = 5;

/// All findings, then those of which there are many.
pub(super) fn findings(paper: &mut Paper<'_>) {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rest: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in &paper.report.findings {
        let count = shown.entry(&finding.rule).or_default();
        *count += 1;
        if *count <= IN_FULL {
            let diagnostic = diagnostic::render(finding, paper.report, paper.look, *count == 1);
            paper.out.push('\n');
            paper.out.push_str(&diagnostic);
        } else if let Some((_, more)) = rest.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            more.push(finding);
        } else {
            rest.push((&finding.rule, vec![finding]));
        }
    }
    for (rule, more) in rest {
        further(paper, rule, &more);
    }
}

fn further(paper: &mut Paper<'_>, rule: &str, more: &[&Finding]) {
    let title = paper.line(&format!("{rule}: {} more", more.len()));
    paper.title(&title);
    let rows: Vec<Vec<String>> = more.iter().map(|finding| row(paper, finding)).collect();
    // a name must stay whole; a statement is told of elsewhere
    let about = if more.iter().any(|finding| finding.subject.kind == "statement") { Fit::Cut } else { Fit::Wrap };
    let columns = [
        Column("severity", Fit::Wrap),
        Column("time", Fit::Number),
        Column("share", Fit::Number),
        Column("calls", Fit::Number),
        Column("about", about),
    ];
    let shown = grid_of_filled(&columns, &rows, paper.look);
    paper.out.push_str(&shown);
}

fn row(paper: &Paper<'_>, finding: &Finding) -> Vec<String> {
    let impact = &finding.impact;
    vec![
        finding.severity.name().to_owned(),
        impact.time_ms.map_or(String::new(), |time| Ms(time).to_string()),
        impact.share.map_or(String::new(), |share| Ratio(share).to_string()),
        impact.calls.map_or(String::new(), |calls| Count(calls as f64).to_string()),
        paper.line(&words::object(paper.report, finding)),
    ]
}
