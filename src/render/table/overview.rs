//! Who was audited, and three tables: findings by rule, busiest statements, indexes.

use std::collections::BTreeMap;

use super::grid::{Column, Fit, grid};
use super::{Paper, words};
use crate::report::{Action, Finding, IndexAction, Score, Severity};
use crate::units::{Count, Ms, Ratio};
use crate::workload::brief;

/// Statements shown though nothing may be wrong with them.
const BUSIEST: usize = 10;

/// Server, source, how much was understood.
pub(super) fn head(paper: &mut Paper<'_>) {
    let report = paper.report;
    let standby = if report.server.in_recovery { ", a standby" } else { "" };
    let managed = report.server.managed.as_ref().map_or(String::new(), |managed| format!(" ({managed})"));
    let first = format!(
        "{} {}: database {} on PostgreSQL {}{managed}{standby}",
        report.tool.name, report.tool.version, report.server.database, report.server.version
    );
    let source = format!("{} of {}, {}", report.source.kind, report.source.taken_at, words::period(report));
    paper.words("", &first);
    paper.words("", &format!("{source}; {}", words::coverage(report)));
    for line in words::judges(report) {
        paper.words("", &line);
    }
}

/// The tables that have a row.
pub(super) fn overview(paper: &mut Paper<'_>) {
    findings(paper);
    targets(paper);
    indexes(paper);
    statements(paper);
}

fn findings(paper: &mut Paper<'_>) {
    let mut rules: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &paper.report.findings {
        rules.entry((std::cmp::Reverse(finding.severity), &finding.rule)).or_default().push(finding);
    }
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|((severity, rule), found)| {
            vec![
                severity.0.name().to_owned(),
                paper.line(rule),
                Count(found.len() as f64).to_string(),
                paper.line(&words::object(paper.report, found[0])),
            ]
        })
        .collect();
    let columns = [
        Column("severity", Fit::Wrap),
        Column("rule", Fit::Wrap),
        Column("number", Fit::Number),
        Column("first of them", Fit::Cut),
    ];
    table(paper, "Findings", &columns, &rows);
}

fn targets(paper: &mut Paper<'_>) {
    let row = |score: &Score| {
        let observed = score.observed.clone().unwrap_or_else(|| "not known".to_owned());
        let met = words::met(score).to_owned();
        vec![met, paper.line(&score.target), paper.line(&score.wanted), paper.line(&observed), paper.line(&score.how)]
    };
    let rows: Vec<Vec<String>> = paper.report.scorecard.iter().map(row).collect();
    let columns = [
        Column("target", Fit::Wrap),
        Column("of", Fit::Wrap),
        Column("wanted", Fit::Wrap),
        Column("observed", Fit::Wrap),
        Column("how", Fit::Wrap),
    ];
    table(paper, "Targets", &columns, &rows);
}

fn indexes(paper: &mut Paper<'_>) {
    for (action, title) in [(Action::Create, "Indexes to create"), (Action::Drop, "Indexes to drop")] {
        let indexes = paper.report.indexes.iter().filter(|index| index.action == action);
        let rows: Vec<Vec<String>> = indexes.map(|index| index_row(paper, index)).collect();
        let columns = [Column("index", Fit::Wrap), Column("size", Fit::Number), Column("gain", Fit::Wrap)];
        let columns = if action == Action::Create { &columns[..] } else { &columns[..2] };
        table(paper, title, columns, &rows);
    }
}

/// What a drop gains is its size: the room is left to the name.
fn index_row(paper: &Paper<'_>, index: &IndexAction) -> Vec<String> {
    let mut row = vec![paper.line(&words::index(index)), words::size(index)];
    row.extend(Some(paper.line(&words::gain(index))).filter(|_| index.action == Action::Create));
    row
}

fn statements(paper: &mut Paper<'_>) {
    let rows: Vec<Vec<String>> = paper
        .report
        .statements
        .iter()
        .take(BUSIEST)
        .map(|statement| {
            vec![
                Ms(statement.total_ms).to_string(),
                Ratio(statement.share).to_string(),
                Count(statement.calls as f64).to_string(),
                Ms(statement.mean_ms).to_string(),
                paper.line(&brief(&statement.text)),
            ]
        })
        .collect();
    let columns = [
        Column("time", Fit::Number),
        Column("share", Fit::Number),
        Column("calls", Fit::Number),
        Column("mean", Fit::Number),
        Column("statement", Fit::Cut),
    ];
    table(paper, "Busiest statements", &columns, &rows);
}

fn table(paper: &mut Paper<'_>, title: &str, columns: &[Column], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        paper.title(title);
        let shown = grid(columns, rows, paper.look);
        paper.out.push_str(&shown);
    }
}
