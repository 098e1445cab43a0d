//! Tables of text that are never wider than the page.

use prettytable::format::{Alignment, FormatBuilder, LinePosition, LineSeparator};
use prettytable::{Cell, Row, Table};

use super::ellipsis;
use crate::render::{Look, text};

/// Blanks between two columns.
const GAP: usize = 2;

/// Columns that even a squeezed column keeps.
const LEAST: usize = 6;

/// How a column gives way when the table is too wide.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Last of all.
    Number,
    /// Goes on in the next line: names must stay whole.
    Wrap,
    /// Loses its end: a statement is told of elsewhere.
    Cut,
}

/// Title and behaviour of a column.
#[derive(Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) Fit);

/// The table, every line within the page, without blanks at its ends.
pub(super) fn grid(columns: &[Column], rows: &[Vec<String>], look: Look) -> String {
    let widths = widths(columns, rows, look.width);
    let mut table = Table::new();
    let line = if look.unicode { '─' } else { '-' };
    let separator = LineSeparator::new(line, line, line, line);
    table.set_format(FormatBuilder::new().padding(0, GAP).separator(LinePosition::Title, separator).build());
    table.set_titles(cells(columns, &widths, columns.iter().map(|column| column.0.to_owned()), look));
    for row in rows {
        table.add_row(cells(columns, &widths, row.iter().cloned(), look));
    }
    let shown = table.to_string();
    let lines = shown.lines().map(|shown| text::head(shown, look.width).trim_end());
    lines.flat_map(|shown| [shown, "\n"]).collect()
}

/// The same without the columns that are empty in every row.
pub(super) fn grid_of_filled(columns: &[Column], rows: &[Vec<String>], look: Look) -> String {
    let filled = |position: &usize| rows.iter().any(|row| row.get(*position).is_some_and(|words| !words.is_empty()));
    let kept: Vec<usize> = (0..columns.len()).filter(filled).collect();
    let columns: Vec<Column> = kept.iter().map(|position| columns[*position]).collect();
    let row = |row: &Vec<String>| kept.iter().filter_map(|position| row.get(*position).cloned()).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    grid(&columns, &rows, look)
}

fn cells(columns: &[Column], widths: &[usize], texts: impl Iterator<Item = String>, look: Look) -> Row {
    let cells = texts.zip(columns).zip(widths).map(|((words, column), width)| {
        let alignment = if column.1 == Fit::Number { Alignment::RIGHT } else { Alignment::LEFT };
        let words = match column.1 {
            Fit::Wrap => text::wrap(&words, *width).join("\n"),
            Fit::Number | Fit::Cut => text::cut(&words, *width, ellipsis(look)),
        };
        Cell::new_align(&words, alignment)
    });
    Row::new(cells.collect())
}

/// The width of each column: its own where there is room, else the widest that can give way gives way.
fn widths(columns: &[Column], rows: &[Vec<String>], page: usize) -> Vec<usize> {
    let own = |position: usize, column: &Column| {
        let texts = rows.iter().filter_map(|row| row.get(position)).map(|words| text::width(words));
        texts.chain([text::width(column.0)]).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = columns.iter().enumerate().map(|(position, column)| own(position, column)).collect();
    let room = page.saturating_sub(GAP * columns.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(position) = widest(columns, &widths) else { break };
        widths[position] -= 1;
    }
    widths
}

/// The widest of the columns that give way first.
fn widest(columns: &[Column], widths: &[usize]) -> Option<usize> {
    let soft = (0..columns.len()).filter(|position| columns[*position].1 != Fit::Number && widths[*position] > LEAST);
    let hard = (0..columns.len()).filter(|position| widths[*position] > 1);
    soft.max_by_key(|position| widths[*position]).or_else(|| hard.max_by_key(|position| widths[*position]))
}
