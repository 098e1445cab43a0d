//! The index advice alone as a comment.

use std::fmt::Write as _;

use super::details::before_and_after;
use super::escape::{block, cell, code, html, marker, prose, with_code};
use super::{LONGEST, STAGES, Stage, lab, not_looked_at};
use crate::render::{text, words};
use crate::report::{IndexAction, Report};
use crate::units::{Bytes, Count};

/// The comment, in the first stage that fits.
pub(in crate::render) fn render(report: &Report) -> String {
    let staged = |stage: &Stage| Some(written(report, *stage)).filter(|text| text.chars().count() <= LONGEST);
    STAGES.iter().find_map(staged).unwrap_or_else(|| head(report))
}

fn written(report: &Report, stage: Stage) -> String {
    let mut parts = vec![head(report)];
    if !report.indexes.is_empty() {
        parts.push(table(report, stage));
    }
    parts.extend(report.indexes.iter().take(stage.detailed).map(|index| details(index, report, stage)));
    parts.extend(considered(report, stage));
    parts.extend(not_looked_at(report, stage));
    parts.join("\n")
}

fn head(report: &Report) -> String {
    format!(
        "<!-- pgassay:advice target={} -->\n### pgassay: {}\n\n{} on PostgreSQL {} · {}, {}{}\n",
        marker(&report.server.database),
        words::advice(report),
        code(&report.server.database),
        prose(&report.server.version),
        prose(&report.source.taken_at),
        words::period(report),
        lab(report),
    )
}

fn table(report: &Report, stage: Stage) -> String {
    let mut out = String::from("| index | size | gain | writes |\n|---|---|---|---|\n");
    for index in report.indexes.iter().take(stage.findings) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            cell(&text::shorten(&words::index(index), stage.longest.min(200))),
            words::size(index),
            prose(&words::gain(index)),
            words::write_cost(index).unwrap_or_default(),
        );
    }
    out
}

fn details(index: &IndexAction, report: &Report, stage: Stage) -> String {
    let title = text::shorten(&text::line(&words::index(index)), 120);
    let mut parts = vec![format!("<details><summary><code>{}</code></summary>\n", html(&title))];
    // a statement cut short must not be run
    let ddl: Vec<String> = words::ddl(index).iter().map(|sql| text::line(sql)).collect();
    let fits = ddl.iter().all(|sql| sql.chars().count() <= stage.longest);
    parts.extend(fits.then(|| block("sql", &ddl)));
    parts.extend(before_and_after(index, report, stage));
    for note in words::remarks(index) {
        parts.push(format!("{}\n", with_code(&text::shorten(&note, stage.longest))));
    }
    parts.push("</details>\n".to_owned());
    parts.join("\n")
}

fn considered(report: &Report, stage: Stage) -> Option<String> {
    let mut out = String::from("| considered | cost | size | why |\n|---|---|---|---|\n");
    for one in report.considered.iter().take(stage.findings) {
        let cost = one.cost_before.zip(one.cost_after);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            cell(&text::shorten(&one.index, stage.longest.min(200))),
            cost.map_or(String::new(), |(before, after)| format!("{} → {}", Count(before), Count(after))),
            one.size_bytes.map_or(String::new(), |bytes| format!("~{}", Bytes(bytes))),
            prose(&text::shorten(&one.why, stage.longest.min(500))),
        );
    }
    (!report.considered.is_empty()).then_some(out)
}
