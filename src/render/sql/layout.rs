//! Pieces of a statement put in lines.

use std::ops::Range;

use super::token::{Token, tokens};
use crate::render::text;
use crate::report::HighlightSpan;

/// Of lines that go on with a clause.
pub(super) const INDENT: &str = "    ";

/// Columns that a label takes besides its text: its corner and line.
const LABEL_LEAD: usize = 5;

/// A line, and which bytes of the statement went where.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) text: String,
    /// It begins with the key word of a clause.
    pub(super) clause: bool,
    /// Bytes of the statement, and the bytes of `text` that show them.
    pieces: Vec<(Range<usize>, Range<usize>)>,
}

impl Line {
    /// The part of the line that shows the bytes from `start` to `end` of the statement.
    pub(super) fn covered(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let mut shown = self.pieces.iter().filter(|(from, _)| from.start < end && start < from.end);
        let first = shown.next()?;
        let last = shown.next_back().unwrap_or(first);
        Some(first.1.start..last.1.end)
    }

    fn width(&self) -> usize {
        text::width(&self.text)
    }
}

/// The statement in lines of at most `columns`.
pub(super) fn lines(sql: &str, spans: &[HighlightSpan], columns: usize) -> Vec<Line> {
    let tokens = tokens(sql);
    let whole = layout(sql, &tokens, spans, columns, false);
    if whole.len() <= 1 { whole } else { layout(sql, &tokens, spans, columns, true) }
}

fn layout(sql: &str, tokens: &[Token], spans: &[HighlightSpan], columns: usize, by_clause: bool) -> Vec<Line> {
    let mut writer = Writer { lines: vec![Line { clause: true, ..Line::default() }], columns };
    let mut between = false;
    for (position, token) in tokens.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|before| tokens.get(before));
        let word = sql[token.at.clone()].to_ascii_uppercase();
        let starts = match word.as_str() {
            "AND" if between => {
                between = false;
                Start::No
            }
            "BETWEEN" => {
                between = true;
                Start::No
            }
            "AND" | "OR" if token.depth == 0 => Start::Condition,
            clause if token.depth == 0 && is_clause(clause, before.map(|before| &sql[before.at.clone()])) => {
                Start::Clause
            }
            _ => Start::No,
        };
        let after_comment = before.is_some_and(|before| before.ends_line);
        match starts {
            Start::Clause if by_clause => writer.new_line(true),
            Start::Condition if by_clause => writer.new_line(false),
            _ if after_comment => writer.new_line(false),
            _ => {}
        }
        let needed = needed(sql, tokens, position, spans);
        let breakable = token.spaced || before.is_some_and(|before| matches!(&sql[before.at.clone()], "," | "("));
        writer.write(sql, token, needed, breakable);
    }
    writer.lines.retain(|line| !line.text.is_empty());
    writer.lines
}

enum Start {
    No,
    Clause,
    Condition,
}

/// Whether a word begins a clause; the second word of `LEFT JOIN` and `DELETE FROM` does not.
fn is_clause(word: &str, before: Option<&str>) -> bool {
    const JOINS: [&str; 6] = ["LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"];
    let before = before.map(str::to_ascii_uppercase).unwrap_or_default();
    match word {
        "JOIN" => !JOINS.contains(&before.as_str()) && before != "OUTER",
        "FROM" => before != "DELETE" && before != "DISTINCT",
        "SET" => before != "UPDATE",
        "FOR" | "WHERE" | "GROUP" | "ORDER" | "HAVING" | "LIMIT" | "OFFSET" | "FETCH" | "UNION" | "EXCEPT"
        | "INTERSECT" | "VALUES" | "RETURNING" | "WINDOW" | "SELECT" => !before.is_empty(),
        join => JOINS.contains(&join),
    }
}

/// Columns that must be left on the line: the piece with those that stick to it, or, where a highlight begins, all
/// of the highlight and room for its label.
fn needed(sql: &str, tokens: &[Token], position: usize, spans: &[HighlightSpan]) -> usize {
    let token = &tokens[position];
    let mut end = position + 1;
    while tokens.get(end).is_some_and(|next| !next.spaced) && !matches!(&sql[tokens[end - 1].at.clone()], "," | "(") {
        end += 1;
    }
    let own = text::width(&text::line(&sql[token.at.start..tokens[end - 1].at.end]));
    let starting = spans.iter().filter(|span| token.at.contains(&span.start));
    let marked = starting.map(|span| {
        let width = sql.get(span.start..span.end).map_or(0, |words| text::width(&text::line(words)));
        width.max(width / 2 + LABEL_LEAD + text::width(&span.label))
    });
    marked.max().unwrap_or(0).max(own)
}

struct Writer {
    lines: Vec<Line>,
    columns: usize,
}

impl Writer {
    fn last(&mut self) -> &mut Line {
        if self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    fn new_line(&mut self, clause: bool) {
        if self.last().text.trim().is_empty() {
            self.last().clause |= clause;
            return;
        }
        let text = if clause { String::new() } else { INDENT.to_owned() };
        self.lines.push(Line { text, clause, pieces: Vec::new() });
    }

    /// Puts a piece on the line, or on the next where it does not fit; breaks it where no line is wide enough.
    fn write(&mut self, sql: &str, token: &Token, needed: usize, breakable: bool) {
        let shown = text::line(&sql[token.at.clone()]);
        let columns = self.columns;
        let gap = usize::from(token.spaced && !self.last().text.trim().is_empty());
        let fits = |line: &Line, width: usize| line.width() + gap + width <= columns;
        let line_fits = fits(self.last(), if breakable { needed } else { text::width(&shown) });
        if !line_fits && !self.last().pieces.is_empty() {
            self.new_line(false);
        } else if gap == 1 {
            self.last().text.push(' ');
        }
        let mut rest = shown.as_str();
        while !rest.is_empty() {
            let room = columns.saturating_sub(self.last().width());
            let head = text::head(rest, room);
            let piece = if head.is_empty() && self.last().pieces.is_empty() { rest } else { head };
            rest = &rest[piece.len()..];
            if !piece.is_empty() {
                let line = self.last();
                let start = line.text.len();
                line.text.push_str(piece);
                line.pieces.push((token.at.clone(), start..line.text.len()));
            }
            if !rest.is_empty() {
                self.new_line(false);
            }
        }
    }
}
