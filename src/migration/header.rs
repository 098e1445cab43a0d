//! The comment at the head of a file: why it is there, what it rests on, what it locks.
//!
//! Names come from the server and may hold anything, so every line is made one line. No
//! text of a statement and no message goes in: they may hold values of data.

use crate::ident::QualifiedName;
use crate::report::{Action, IndexAction, Report, StatementInfo, WhatIfInfo};
use crate::units::{Bytes, Count, Ms};

/// What is known about an index to create or drop, a fact a line.
pub(super) fn facts(report: &Report, action: &IndexAction) -> Vec<String> {
    let table = QualifiedName::new(&action.schema, &action.table);
    let lines = [
        Some(format!("By pgassay {} from a report of {}", report.tool.version, report.source.taken_at)),
        findings(report, action).map(|findings| format!("Why:      {findings}")),
        traffic(report, action).map(|traffic| format!("Traffic:  {traffic}")),
        action.what_if.as_ref().map(|what_if| format!("Planner:  {}", promise(what_if))),
        sizes(action).map(|sizes| format!("Size:     {table} {sizes}")),
        action.partitioned.then(|| format!("Parts:    {} when the report was made", leaves(action))),
    ];
    lines.into_iter().flatten().map(|line| one_line(&line)).collect()
}

/// The text without anything that could end a comment's line, move a cursor, or turn the direction of writing.
pub(super) fn one_line(text: &str) -> String {
    let harmless = |character: char| match character {
        '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        other if other.is_control() => ' ',
        other => other,
    };
    text.chars().map(harmless).collect()
}

/// Lines as an SQL comment.
pub(super) fn comment<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().flat_map(|line| ["-- ".to_owned(), one_line(line), "\n".to_owned()]).collect()
}

fn findings(report: &Report, action: &IndexAction) -> Option<String> {
    let named = action.findings.iter().map(|fingerprint| {
        let finding = report.findings.iter().find(|finding| finding.fingerprint == *fingerprint);
        finding.map_or_else(|| fingerprint.clone(), |finding| format!("{} ({fingerprint})", finding.rule))
    });
    Some(named.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

fn traffic(report: &Report, action: &IndexAction) -> Option<String> {
    let gains = &action.what_if.as_ref()?.statements;
    let known = |statement: &&StatementInfo| gains.iter().any(|gain| gain.statement == statement.statement);
    let statements: Vec<&StatementInfo> = report.statements.iter().filter(known).collect();
    let calls: u64 = statements.iter().map(|statement| statement.calls).sum();
    let total: f64 = statements.iter().map(|statement| statement.total_ms).sum();
    (calls > 0).then(|| {
        let (number, mean) = (statements.len(), Ms(total / calls as f64));
        let plural = if number == 1 { "" } else { "s" };
        format!(
            "{number} statement{plural}, {} calls, {mean} each on average, {} in all",
            Count(calls as f64),
            Ms(total)
        )
    })
}

fn promise(what_if: &WhatIfInfo) -> String {
    let basis = match what_if.basis.as_str() {
        "hypopg" => "the server's planner with HypoPG",
        "lab" => "a planner with the server's statistics",
        "model" => "pgassay's model, not the planner",
        other => other,
    };
    let (before, after) = (Count(what_if.cost_before), Count(what_if.cost_after));
    format!(
        "cost {before} before, {after} after (all calls; {basis}); about {} less in the time observed",
        Ms(what_if.saved_ms)
    )
}

fn sizes(action: &IndexAction) -> Option<String> {
    let about = if action.action == Action::Create { "about " } else { "" };
    let parts = [
        action.table_rows.map(|rows| format!("{} rows", Count(rows))),
        action.table_bytes.map(|bytes| Bytes(bytes).to_string()),
        action.size_bytes.map(|bytes| format!("index {about}{}", Bytes(bytes))),
    ];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

fn leaves(action: &IndexAction) -> String {
    match action.partitions.len() {
        1 => "1 partition".to_owned(),
        number => format!("{number} partitions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_comment() {
        for text in ["a\nDROP TABLE t;", "a\r\nb", "a\u{2028}b", "a\u{202e}b", "a\u{1b}[2Jb", "a\u{85}b", "a\u{b}b"] {
            let comment = comment([text]);
            assert_eq!(comment.lines().count(), 1, "{comment:?}");
            assert!(comment.starts_with("-- ") && comment.trim_end().chars().all(|c| !c.is_control()), "{comment:?}");
        }
    }
}
