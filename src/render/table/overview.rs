//! Who was audited, and three tables: findings by rule, busiest statements, indexes.

use std::collections::BTreeMap;

use super::grid::{Column, Fit, grid};
use super::{Paper, slowness, text, words};
use crate::report::{Action, Finding, IndexAction, Score, Severity, StatementInfo};
use crate::units::{Bytes, Count, Ms, Ratio};
use crate::workload::brief;

/// Statements shown though nothing may be wrong with them.
const BUSIEST: usize = 10;
/// Statements of which is said what makes them slow, though no finding speaks of them.
const SLOW: usize = 5;
/// Less WAL is not worth showing, bytes.
const SOME_WAL: u64 = 8_192;
/// WAL of one of them from which the column is worth its room, bytes.
const MUCH_WAL: u64 = 1 << 20;

/// Server, source, how much was understood.
pub(super) fn head(paper: &mut Paper<'_>) {
    let report = paper.report;
    let standby = if report.server.in_recovery { ", a standby" } else { "" };
    let managed = report.server.managed.as_ref().map_or(String::new(), |managed| format!(" ({managed})"));
    let first = format!(
        "{} {}: database {} on PostgreSQL {}{managed}{standby}",
        report.tool.name, report.tool.version, report.server.database, report.server.version
    );
    let replicas = words::replicas(report);
    let source = format!("{} of {}, {}{replicas}", report.source.kind, report.source.taken_at, words::period(report));
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
    slow(paper);
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
    let shown = || paper.report.statements.iter().take(BUSIEST);
    let writes = shown().any(|statement| statement.wal_bytes >= MUCH_WAL);
    let row = |statement: &StatementInfo| {
        let wal = match statement.wal_bytes {
            0..SOME_WAL => String::new(),
            bytes => Bytes(bytes).to_string(),
        };
        let figures = [
            Ms(statement.total_ms).to_string(),
            Ratio(statement.share).to_string(),
            Count(statement.calls as f64).to_string(),
            Ms(statement.mean_ms).to_string(),
        ];
        figures.into_iter().chain(writes.then_some(wal)).chain([paper.line(&brief(&statement.text))]).collect()
    };
    let rows: Vec<Vec<String>> = shown().map(row).collect();
    let figures = ["time", "share", "calls", "mean"].into_iter().chain(writes.then_some("WAL"));
    let columns: Vec<Column> =
        figures.map(|name| Column(name, Fit::Number)).chain([Column("statement", Fit::Cut)]).collect();
    table(paper, "Busiest statements", &columns, &rows);
}

/// What makes those slow of which no finding speaks.
fn slow(paper: &mut Paper<'_>) {
    let bullet = if paper.look.unicode { "  • " } else { "  - " };
    let report = paper.report;
    for (position, (statement, told)) in slowness::others(report).take(SLOW).enumerate() {
        if position == 0 {
            paper.title("What makes busy statements slow");
        }
        let named = text::cut(&paper.line(&brief(&statement.text)), paper.look.width, paper.ellipsis());
        paper.out.push_str(&named);
        paper.out.push('\n');
        for words in &told {
            paper.words(bullet, words);
        }
    }
}

fn table(paper: &mut Paper<'_>, title: &str, columns: &[Column], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        paper.title(title);
        let shown = grid(columns, rows, paper.look);
        paper.out.push_str(&shown);
    }
}
