//! The index advice alone: a table of indexes, each with its statements, then what was considered.

use super::grid::{Column, Fit, grid_of_filled};
use super::{Paper, words};
use crate::render::sql::whole;
use crate::report::{ConsideredIndex, IndexAction, StatementGain};
use crate::units::{Bytes, Count};
use crate::workload::brief;

/// Statements of which before and after are told.
const STATEMENTS: usize = 5;

/// Blanks before what belongs to an index.
const INDENT: &str = "  ";

/// Every index of the report.
pub(super) fn indexes(paper: &mut Paper<'_>) {
    overview(paper);
    for index in &paper.report.indexes {
        details(paper, index);
    }
}

fn overview(paper: &mut Paper<'_>) {
    let rows: Vec<Vec<String>> = paper
        .report
        .indexes
        .iter()
        .map(|index| {
            vec![
                paper.line(&words::index(index)),
                words::size(index),
                paper.line(&words::gain(index)),
                words::write_cost(index).unwrap_or_default(),
            ]
        })
        .collect();
    let columns = [
        Column("index", Fit::Wrap),
        Column("size", Fit::Number),
        Column("gain", Fit::Wrap),
        Column("writes", Fit::Wrap),
    ];
    if !rows.is_empty() {
        paper.title("Indexes");
        let shown = grid_of_filled(&columns, &rows, paper.look);
        paper.out.push_str(&shown);
    }
}

fn details(paper: &mut Paper<'_>, index: &IndexAction) {
    let title = paper.line(&words::index(index));
    paper.title(&title);
    for line in words::ddl(index).iter().flat_map(|sql| whole(sql, paper.look.width - INDENT.len())) {
        paper.out.extend([INDENT, &line, "\n"]);
    }
    for gain in index.what_if.iter().flat_map(|what_if| &what_if.statements).take(STATEMENTS) {
        statement(paper, gain);
    }
    let left = index.what_if.as_ref().map_or(0, |what_if| what_if.statements.len().saturating_sub(STATEMENTS));
    if left > 0 {
        paper.words(INDENT, &format!("and {} more", words::plural(left, "statement")));
    }
    for note in words::remarks(index) {
        paper.words("  * ", &note);
    }
}

fn statement(paper: &mut Paper<'_>, gain: &StatementGain) {
    let text = paper.report.statement(&gain.statement).map(|statement| brief(&statement.text));
    let calls = words::plural(gain.calls as usize, "call");
    let arrow = if paper.look.unicode { "→" } else { "->" };
    let costs = format!("cost {} {arrow} {}, {calls}: ", Count(gain.before), Count(gain.after));
    paper.words(INDENT, &format!("{costs}{}", text.as_deref().unwrap_or(&gain.statement)));
    for (when, plan) in [("before", &gain.plan_before), ("after ", &gain.plan_after)] {
        if let Some(plan) = plan {
            paper.words(&format!("{INDENT}{INDENT}{when}  "), plan);
        }
    }
    if let Some(parameter) = &gain.depends_on {
        paper.words(&format!("{INDENT}{INDENT}"), &format!("depends on the value: {parameter}"));
    }
}

/// What `--why` asked about.
pub(super) fn considered(paper: &mut Paper<'_>) {
    let considered = &paper.report.considered;
    if considered.is_empty() {
        return;
    }
    paper.title("Considered");
    let rows: Vec<Vec<String>> = considered.iter().map(|one| row(paper, one)).collect();
    let columns = [
        Column("index", Fit::Wrap),
        Column("rank", Fit::Number),
        Column("cost", Fit::Wrap),
        Column("size", Fit::Number),
        Column("why", Fit::Wrap),
    ];
    let shown = grid_of_filled(&columns, &rows, paper.look);
    paper.out.push_str(&shown);
}

fn row(paper: &Paper<'_>, one: &ConsideredIndex) -> Vec<String> {
    let cost = |cost: Option<f64>| cost.map_or(String::new(), |cost| Count(cost).to_string());
    let costs = format!("{} → {}", cost(one.cost_before), cost(one.cost_after));
    vec![
        paper.line(&one.index),
        one.rank.map_or(String::new(), |rank| Count(rank as f64).to_string()),
        paper.line(&Some(costs).filter(|_| one.cost_before.is_some()).unwrap_or_default()),
        one.size_bytes.map_or(String::new(), |bytes| format!("~{}", Bytes(bytes))),
        paper.line(&one.why),
    ]
}

/// `2 indexes, ~60 MB together: 9 min saved`.
pub(super) fn summary(paper: &mut Paper<'_>) {
    paper.out.push('\n');
    paper.words("", &words::advice(paper.report));
}
