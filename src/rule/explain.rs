//! A rule explained: in a terminal, and as a page of docs/rules/.

use std::fmt::Write as _;

use super::{Catalogue, Param, Requires, Rule};
use crate::facts::Parameter;
use crate::units::{Bytes, Count, Ms, Ratio, Seconds};

/// A heading and what stands under it.
type Section = (&'static str, String);

/// Plain text for a terminal of `width` columns.
pub fn explanation(rule: &Rule, width: usize) -> String {
    let mut text = format!("{}: {} ({})\n", rule.id, rule.title, rule.severity.name());
    for (heading, body) in sections(rule) {
        let _ = write!(text, "\n{heading}\n");
        for paragraph in paragraphs(&body) {
            text.push_str(&wrapped(&paragraph, width.max(40)));
        }
    }
    text
}

/// The text of `docs/rules/<id>.md`.
pub fn page(rule: &Rule) -> String {
    let mut page = format!("# {}\n\n{WRITTEN}\n\n", rule.id);
    let _ = writeln!(page, "**{}** · {} · {} · since {}", rule.title, rule.severity.name(), rule.category, rule.since);
    for (heading, body) in sections(rule) {
        let _ = write!(page, "\n## {heading}\n\n{body}\n");
    }
    page
}

/// The text of docs/rules/README.md.
pub fn index_page(catalogue: &Catalogue) -> String {
    let mut page = format!("# Rules\n\n{WRITTEN}\n\n{ABOUT}\n");
    let mut categories: Vec<&str> = catalogue.rules().iter().map(|rule| rule.category.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    for category in categories {
        let _ = write!(page, "\n## {category}\n\n| rule | severity | what it finds |\n|---|---|---|\n");
        for rule in catalogue.rules().iter().filter(|rule| rule.category == category) {
            let _ = writeln!(page, "| [{0}]({0}.md) | {1} | {2} |", rule.id, rule.severity.name(), rule.title);
        }
    }
    page
}

const WRITTEN: &str =
    "<!-- Written from rules/: change the rule's file, then run the tests with PGASSAY_UPDATE_DOCS=1. -->";

const ABOUT: &str = "\
Every rule is one file in `rules/`: SQL over the [fact tables](../facts.md), its words, its thresholds, and examples that the
tests run on every PostgreSQL from 13 to 18. A rule ends as *found*, *clean* or *not evaluated, because …*.
Thresholds are set in `pgassay.toml`: `[rules.<id>]`, `params = { NAME = VALUE }`.";

fn sections(rule: &Rule) -> Vec<Section> {
    let (does, problem) = (rule.title.as_str(), rule.docs.problem.trim());
    let (what_to_do, leave_alone) = split_remedy(rule.docs.remedy.trim());
    let mut sections = vec![
        ("What it finds", format!("{does}, reported as:\n\n> {}", rule.message.text())),
        ("Why it matters", problem.to_owned()),
        ("What to do", what_to_do),
    ];
    sections.extend(leave_alone.map(|text| ("When to leave it alone", text)));
    sections.push(("Thresholds and why", thresholds(rule)));
    sections.push(("Requires", requirements(&rule.requires)));
    sections.push(("Sources", list(rule.docs.sources.iter().cloned(), "none")));
    sections
}

/// The paragraph of the remedy that says when to leave it alone stands by itself.
fn split_remedy(remedy: &str) -> (String, Option<String>) {
    let is_warning = |paragraph: &&str| paragraph.trim_start().to_lowercase().starts_with("leave it alone");
    let (warnings, steps): (Vec<&str>, Vec<&str>) = remedy.split("\n\n").partition(is_warning);
    let joined = |paragraphs: Vec<&str>| paragraphs.join("\n\n");
    (joined(steps), (!warnings.is_empty()).then(|| joined(warnings)))
}

fn thresholds(rule: &Rule) -> String {
    let line = |(name, param): (&String, &Param)| {
        format!("`{name}` = {}: {}", threshold(&param.default, &param.unit), param.why)
    };
    list(rule.params.iter().map(line), "none: it finds every case")
}

/// The number as the file has it, with its unit, and in words where it is large or a share.
fn threshold(parameter: &Parameter, unit: &str) -> String {
    let (number, written) = match parameter {
        Parameter::Integer(number) => (*number as f64, Count(*number as f64).to_string()),
        Parameter::Real(number) => (*number, number.to_string()),
        Parameter::Text(text) => return format!("\"{text}\""),
    };
    let plain = format!("{written} {unit}");
    match unit.split_once(' ') {
        Some(("share", whole)) => format!("{written} ({} {whole})", Ratio(number)),
        _ if unit == "confidence" => format!("{written} (a confidence of {})", Ratio(number)),
        _ if unit == "ms" && number >= 1_000.0 => format!("{plain} ({})", Ms(number)),
        _ if unit == "seconds" && number >= 120.0 => format!("{plain} ({})", Seconds(number)),
        _ if unit == "bytes" || unit.starts_with("bytes ") => format!("{plain} ({})", Bytes(number.max(0.0) as u64)),
        _ => plain,
    }
}

fn requirements(requires: &Requires) -> String {
    let always = [
        (requires.statements, "`pg_stat_statements`"),
        (requires.commands, "commands counted (`pg_stat_statements.track_utility`)"),
        (requires.column_statistics, "column statistics that the role may see"),
        (requires.sequence_values, "values of sequences that the role may see"),
        (requires.sessions, "sessions that the role may see"),
        (requires.counters, "usage counters (`track_counts`)"),
        (requires.primary, "a primary, not a standby"),
        (requires.replication, "standbys and slots that the role may see"),
    ];
    let given = [
        requires.extension.as_ref().map(|name| format!("the extension `{name}`")),
        requires.min_stats_age_s.map(|age| format!("counters that are {} old", Seconds(age))),
        requires.min_version.map(|version| format!("PostgreSQL {version} or later")),
        requires.max_version.map(|version| format!("PostgreSQL {version} or earlier")),
        requires.setting_visible.as_ref().map(|name| format!("the setting `{name}`, visible to the role")),
    ];
    let always = always.into_iter().filter(|(needed, _)| *needed).map(|(_, what)| what.to_owned());
    let parts = requires.parts.iter().map(|part| format!("{}, as far as they could be read", part.replace('-', " ")));
    list(always.chain(given.into_iter().flatten()).chain(parts), "nothing but the catalog")
}

fn list(items: impl Iterator<Item = String>, nothing: &str) -> String {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if items.is_empty() { nothing.to_owned() } else { items.join("\n") }
}

/// Lines of a paragraph joined; an empty line and each item of a list by themselves.
fn paragraphs(body: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in body.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(open) if !open.is_empty() && !line.is_empty() && marker(line).is_empty() => {
                open.push(' ');
                open.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs
}

/// What an item of a list, or a quotation, begins with.
fn marker(line: &str) -> &str {
    let marked = ["- ", "> "].iter().any(|marker| line.starts_with(marker));
    if marked { &line[..2] } else { "" }
}

/// A paragraph broken at white space, indented by two; an item of a list hangs by its mark.
fn wrapped(paragraph: &str, width: usize) -> String {
    let indent = 2 + marker(paragraph).len();
    let mut text = String::new();
    let mut used = 0;
    for word in paragraph.split_whitespace() {
        let length = unicode_width::UnicodeWidthStr::width(word);
        if used > indent && used + 1 + length > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            used = indent;
        } else {
            text.push_str(if used == 0 { "  " } else { " " });
            used += if used == 0 { 2 } else { 1 };
        }
        text.push_str(word);
        used += length;
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_joined_before_it_is_broken_and_a_list_hangs() {
        let body = "one two three\nfour five\n\n- six seven eight\n- nine\n- https://ten.example";
        let text: String = paragraphs(body).iter().map(|paragraph| wrapped(paragraph, 12)).collect();
        assert_eq!(
            text,
            "  one two\n  three four\n  five\n\n  - six\n    seven\n    eight\n  - nine\n  - https://ten.example\n"
        );
    }

    #[test]
    fn a_threshold_is_shown_as_it_is_set_and_in_words() {
        for (parameter, unit, expected) in [
            (Parameter::Integer(10_000), "rows", "10,000 rows"),
            (Parameter::Integer(10), "ms", "10 ms"),
            (Parameter::Integer(60_000), "ms", "60,000 ms (60 s)"),
            (Parameter::Integer(604_800), "seconds", "604,800 seconds (7 days)"),
            (Parameter::Integer(1_048_576), "bytes", "1,048,576 bytes (1 MB)"),
            (Parameter::Real(0.05), "share of statement time", "0.05 (5 % of statement time)"),
            (Parameter::Real(0.3), "confidence", "0.3 (a confidence of 30 %)"),
        ] {
            assert_eq!(threshold(&parameter, unit), expected, "{unit}");
        }
    }
}
