//! What opens under a finding: message, statement, before and after, and the SQL to run.

use super::Stage;
use super::escape::{block, code, html, prose, with_code};
use crate::render::sql::lay;
use crate::render::{slowness, text, words};
use crate::report::{Finding, IndexAction, Report, StatementGain};
use crate::units::{Count, Ratio};

/// Columns of a statement; wider blocks are scrolled.
const COLUMNS: usize = 100;

/// Statements of which before and after are told.
const STATEMENTS: usize = 5;

/// The details of a finding, folded.
pub(super) fn details(finding: &Finding, report: &Report, stage: Stage) -> String {
    let object = text::shorten(&words::object(report, finding), 80);
    let mut parts = vec![format!(
        "<details><summary><code>{}</code> <code>{}</code></summary>\n",
        html(&finding.rule),
        html(&object)
    )];
    parts.extend(paragraph(&finding.message, stage, prose));
    parts.extend(words::covered(finding).map(|covered| format!("{}\n", prose(&covered))));
    parts.extend(slowness(finding, report, stage));
    if stage.statements {
        parts.extend(statement(finding, report));
    }
    let indexes = report.indexes.iter().filter(|index| index.findings.contains(&finding.fingerprint));
    parts.extend(indexes.filter_map(|index| before_and_after(index, report, stage)));
    parts.extend(paragraph(&finding.remedy.text, stage, with_code));
    for advice in &finding.remedy.advice {
        let speaker = prose(&words::speaker(advice));
        parts.push(format!("{speaker}: {}\n", with_code(&text::shorten(&advice.text, stage.longest))));
    }
    parts.extend(sql(finding, stage));
    parts.push(format!(
        "Confidence {} · {} · `pgassay rules explain {}`\n",
        Ratio(finding.confidence),
        code(&finding.fingerprint),
        text::line(&finding.rule).replace('`', "'")
    ));
    parts.push("</details>\n".to_owned());
    parts.join("\n")
}

fn paragraph(words: &str, stage: Stage, escape: fn(&str) -> String) -> Option<String> {
    (!words.is_empty()).then(|| format!("{}\n", escape(&text::shorten(words, stage.longest))))
}

/// What makes its statement slow, a point each.
fn slowness(finding: &Finding, report: &Report, stage: Stage) -> Option<String> {
    let told = slowness::told_by(report, finding);
    let lines: Vec<String> =
        told.iter().map(|words| format!("- {}\n", prose(&text::shorten(words, stage.longest)))).collect();
    Some(lines.concat()).filter(|lines| !lines.is_empty())
}

/// The statement, and under it what would be underlined on a terminal.
fn statement(finding: &Finding, report: &Report) -> Option<String> {
    let shown = finding.highlight.as_ref().map(|highlight| &highlight.statement);
    let statement = report.statement(shown.or(finding.subject.statement.as_ref())?)?;
    let spans = finding.highlight.as_ref().map(|highlight| highlight.spans.as_slice()).unwrap_or_default();
    let laid = lay(&statement.text, spans, COLUMNS, "…");
    let lines: Vec<String> = laid.text.lines().map(str::to_owned).collect();
    let labelled = spans.iter().filter_map(|span| {
        let words = text::shorten(&words::folded(statement.text.get(span.start..span.end)?), COLUMNS);
        Some(format!("\n{}: {}\n", code(&words), prose(&span.label)))
    });
    (!lines.is_empty()).then(|| block("sql", &lines) + &labelled.collect::<Vec<_>>().concat())
}

/// Costs and plans before and after, with the one who says so.
pub(super) fn before_and_after(index: &IndexAction, report: &Report, stage: Stage) -> Option<String> {
    let what_if = index.what_if.as_ref()?;
    let mut lines = Vec::new();
    for gain in what_if.statements.iter().take(if stage.statements { STATEMENTS } else { 1 }) {
        let text = report.statement(&gain.statement).map(|statement| words::folded(&statement.text));
        lines.push(format!(
            "- {}: cost {} → {} ({}), {} calls\n",
            code(&text::shorten(text.as_ref().unwrap_or(&gain.statement), 80)),
            Count(gain.before),
            Count(gain.after),
            words::basis(what_if),
            Count(gain.calls as f64),
        ));
        lines.extend(plans(gain, stage));
    }
    Some(lines.concat()).filter(|lines| !lines.is_empty())
}

/// What the planner would do instead, under its statement.
fn plans(gain: &StatementGain, stage: Stage) -> Vec<String> {
    let plan = |plan: &String| code(&text::shorten(plan, stage.longest.min(300)));
    let both = gain.plan_before.as_ref().zip(gain.plan_after.as_ref()).filter(|_| stage.statements);
    let change = both.map(|(before, after)| format!("  {} → {}\n", plan(before), plan(after)));
    let depends = gain.depends_on.as_ref().filter(|_| stage.statements);
    change.into_iter().chain(depends.map(|what| format!("  depends on the value: {}\n", prose(what)))).collect()
}

fn sql(finding: &Finding, stage: Stage) -> Option<String> {
    // A statement cut short must not be run: it is left to the full report.
    let rewritten = finding.remedy.advice.iter().filter_map(|advice| advice.sql.as_ref());
    let whole = rewritten.chain(&finding.remedy.sql).filter(|sql| sql.chars().count() <= stage.longest);
    let lines: Vec<String> = whole.map(|sql| format!("{};", text::line(sql))).collect();
    (!lines.is_empty()).then(|| block("sql", &lines))
}
