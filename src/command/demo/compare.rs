//! Two rounds of the same traffic, statement by statement.

use std::collections::BTreeMap;

use prettytable::format::{FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row, Table};

use crate::units::{Count, Ms};
use crate::workload::{Counters, Workload};

/// How many statements to show.
const SHOWN: usize = 8;

/// Columns that the figures take, at most.
const FIGURES: usize = 46;

/// One statement in both rounds.
struct Change<'a> {
    text: &'a str,
    before: &'a Counters,
    after: &'a Counters,
}

impl Change<'_> {
    /// What the second round would have saved, ms, at the first round's number of calls.
    fn saved(&self) -> f64 {
        (self.before.mean_ms() - self.after.mean_ms()) * self.before.calls as f64
    }

    /// Time saved, weighed by how clearly: between two rounds everything moves a little.
    fn weight(&self) -> f64 {
        let (before, after) = (self.before.mean_ms(), self.after.mean_ms());
        if before > 0.0 && after > 0.0 { self.saved() * (before / after).ln().abs() } else { 0.0 }
    }
}

/// The statements that changed most, those that won first, as a table at most `width` columns wide.
pub fn table(before: &Workload, after: &Workload, width: usize) -> String {
    let mut changes = changes(before, after);
    changes.sort_by(|one, two| two.weight().total_cmp(&one.weight()).then_with(|| one.text.cmp(two.text)));
    let mut table = Table::new();
    let line = LineSeparator::new('-', ' ', ' ', ' ');
    table.set_format(FormatBuilder::new().separator(LinePosition::Title, line).padding(0, 2).build());
    table.set_titles(Row::new(
        ["calls", "mean before", "mean after", "", "statement"].iter().map(|title| Cell::new(title)).collect(),
    ));
    for change in changes.iter().take(SHOWN) {
        table.add_row(row(change, width.saturating_sub(FIGURES).max(20)));
    }
    table.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn changes<'a>(before: &'a Workload, after: &'a Workload) -> Vec<Change<'a>> {
    let later: BTreeMap<&str, &Counters> =
        after.queries.iter().map(|query| (query.fingerprint.as_str(), &query.counters)).collect();
    let pair = |query: &'a crate::workload::Query| {
        let after = later.get(query.fingerprint.as_str())?;
        Some(Change { text: &query.text, before: &query.counters, after })
    };
    before.queries.iter().filter_map(pair).collect()
}

fn row(change: &Change<'_>, text_width: usize) -> Row {
    let (before, after) = (change.before.mean_ms(), change.after.mean_ms());
    let factor = if after > 0.0 { before / after } else { 1.0 };
    let speed = if factor >= 1.0 {
        format!("{} x", Count(round(factor)))
    } else {
        format!("1/{} x", Count(round(1.0 / factor)))
    };
    Row::new(vec![
        Cell::new_align(&Count(change.before.calls as f64).to_string(), prettytable::format::Alignment::RIGHT),
        Cell::new_align(&Ms(before).to_string(), prettytable::format::Alignment::RIGHT),
        Cell::new_align(&Ms(after).to_string(), prettytable::format::Alignment::RIGHT),
        Cell::new_align(&speed, prettytable::format::Alignment::RIGHT),
        Cell::new(&shortened(change.text, text_width)),
    ])
}

fn round(factor: f64) -> f64 {
    if factor < 10.0 { (factor * 10.0).round() / 10.0 } else { factor.round() }
}

/// The statement from its FROM or its verb on, without what an ORM repeats, cut to the width.
fn shortened(text: &str, width: usize) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let from = folded.find(" FROM ").filter(|_| folded.starts_with("SELECT"));
    let told = unqualified(from.map_or(&folded, |at| &folded[at + 1..]));
    if told.chars().count() <= width {
        return told;
    }
    let cut: String = told.chars().take(width.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// `"price"."id"` is told as `id`: with one table in sight nobody misses the rest.
fn unqualified(text: &str) -> String {
    let mut told = String::new();
    for part in text.split('"') {
        if part == "." {
            let kept = told.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_').len();
            told.truncate(kept);
        } else {
            told.push_str(part);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Query;

    fn workload(mean: f64) -> Workload {
        let counters = Counters { entries: 1, calls: 10, total_ms: 10.0 * mean, ..Counters::default() };
        let text = "SELECT \"t\".\"id\" FROM \"t\" WHERE \"t\".\"a\" = $1".to_owned();
        let query = Query { fingerprint: "f".to_owned(), text, counters, ..Query::default() };
        Workload { queries: vec![query], ..Workload::default() }
    }

    #[test]
    fn a_statement_that_became_faster_shows_by_how_much() {
        let shown = table(&workload(8.0), &workload(0.5), 100);
        assert!(shown.contains("8 ms") && shown.contains("0.5 ms") && shown.contains("16 x"), "{shown}");
        assert!(shown.contains("FROM t WHERE a = $1"), "{shown}");
    }

    #[test]
    fn a_statement_that_became_slower_is_not_hidden() {
        let shown = table(&workload(1.0), &workload(4.0), 100);
        assert!(shown.contains("1/4 x"), "{shown}");
    }
}
