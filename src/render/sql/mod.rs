//! A statement laid out in lines that fit, with its highlights where the words went.
//!
//! ORMs send statements of two thousand characters in one line. Lines begin at the
//! clauses, long ones are broken between pieces, and what nobody points at is cut: the
//! select list of forty columns goes, the predicate stays.

mod layout;
mod token;

use std::ops::Range;

use crate::report::HighlightSpan;
use layout::Line;

/// Lines without a highlight that a clause keeps.
const KEPT_OF_CLAUSE: usize = 2;

/// Lines of a statement, at most, but for those with a highlight.
const MOST_LINES: usize = 24;

/// A statement, laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Laid {
    /// Its lines, joined by line feeds. Nothing in it acts on a terminal.
    pub(super) text: String,
    /// Bytes of `text` to underline, each within one line; the first of a highlight has its label.
    pub(super) labels: Vec<(Range<usize>, Option<String>)>,
}

/// Lays `sql` out in lines of at most `columns`.
pub(super) fn lay(sql: &str, spans: &[HighlightSpan], columns: usize, ellipsis: &str) -> Laid {
    let lines = layout::lines(sql, spans, columns);
    let kept = kept(&lines, spans);
    let mut laid = Laid::default();
    let mut labelled = vec![false; spans.len()];
    let mut position = 0;
    while position < lines.len() {
        if !laid.text.is_empty() {
            laid.text.push('\n');
        }
        if !kept[position] {
            while position < lines.len() && !kept[position] {
                position += 1;
            }
            laid.text.push_str(layout::INDENT);
            laid.text.push_str(ellipsis);
            continue;
        }
        add(&mut laid, &lines[position], spans, &mut labelled);
        position += 1;
    }
    laid
}

/// All of `sql`, to be run as it stands: broken only where white space may be, but for names wider than `columns`.
pub(super) fn whole(sql: &str, columns: usize) -> Vec<String> {
    layout::lines(sql, &[], columns).into_iter().map(|line| line.text).collect()
}

fn add(laid: &mut Laid, line: &Line, spans: &[HighlightSpan], labelled: &mut [bool]) {
    let start = laid.text.len();
    laid.text.push_str(&line.text);
    for (number, span) in spans.iter().enumerate() {
        if let Some(range) = line.covered(span.start, span.end) {
            let label = (!labelled[number]).then(|| span.label.clone());
            laid.labels.push((start + range.start..start + range.end, label));
            labelled[number] = true;
        }
    }
}

/// Which lines are shown: the first of every clause, and whatever is pointed at.
fn kept(lines: &[Line], spans: &[HighlightSpan]) -> Vec<bool> {
    let pointed = |line: &Line| spans.iter().any(|span| line.covered(span.start, span.end).is_some());
    let mut kept = Vec::with_capacity(lines.len());
    let mut of_clause = 0;
    for line in lines {
        of_clause = if line.clause { 0 } else { of_clause + 1 };
        kept.push(of_clause < KEPT_OF_CLAUSE || pointed(line));
    }
    for (position, line) in lines.iter().enumerate() {
        // A mark in place of a single line would save nothing.
        let alone = position > 0 && kept[position - 1] && kept.get(position + 1).copied().unwrap_or(true);
        kept[position] |= alone && !line.clause;
    }
    let mut count = 0;
    for (position, line) in lines.iter().enumerate() {
        count += usize::from(kept[position]);
        kept[position] &= count <= MOST_LINES || pointed(line);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(sql: &str, words: &str, label: &str) -> HighlightSpan {
        let start = sql.find(words).expect("the words");
        HighlightSpan { start, end: start + words.len(), label: label.to_owned() }
    }

    #[test]
    fn a_short_statement_stays_in_its_line() {
        let laid = lay("SELECT 1\n  FROM t", &[], 40, "…");
        assert_eq!(laid.text, "SELECT 1 FROM t");
    }

    #[test]
    fn a_long_select_list_is_cut_and_the_predicate_is_not() {
        let columns: Vec<String> = (0..40).map(|number| format!("\"orders\".\"column_{number}\"")).collect();
        let sql =
            format!("SELECT {} FROM \"orders\" WHERE \"orders\".\"customer_id\" = $1 LIMIT 21", columns.join(", "));
        let laid = lay(&sql, &[span(&sql, "\"orders\".\"customer_id\" = $1", "no index")], 60, "…");
        insta::assert_snapshot!(laid.text, @r#"
        SELECT "orders"."column_0", "orders"."column_1",
            "orders"."column_2", "orders"."column_3",
            …
        FROM "orders"
        WHERE "orders"."customer_id" = $1
        LIMIT 21
        "#);
        let [(range, label)] = laid.labels.as_slice() else { panic!("{:?}", laid.labels) };
        assert_eq!(&laid.text[range.clone()], "\"orders\".\"customer_id\" = $1");
        assert_eq!(label.as_deref(), Some("no index"));
    }

    #[test]
    fn a_name_is_kept_whole_with_its_blanks() {
        let lines = whole("CREATE INDEX CONCURRENTLY \"a  quoted name\" ON public.t USING btree (a);", 40);
        assert_eq!(lines, ["CREATE INDEX CONCURRENTLY", "    \"a  quoted name\" ON public.t USING", "    btree (a);"]);
    }

    #[test]
    fn a_highlight_over_two_lines_is_underlined_in_both_and_labelled_once() {
        let sql = "SELECT a FROM t WHERE aaaaaaaaaa + bbbbbbbbbb + cccccccccc + dddddddddd = $1";
        let laid = lay(sql, &[span(sql, "aaaaaaaaaa + bbbbbbbbbb + cccccccccc + dddddddddd = $1", "x")], 40, "…");
        assert_eq!(laid.labels.len(), 2);
        assert_eq!(laid.labels.iter().filter(|(_, label)| label.is_some()).count(), 1);
    }

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_the_highlight_still_fits() {
        let sql = "SELECT '\u{1b}[31m' FROM t WHERE a = $1";
        let laid = lay(sql, &[span(sql, "a = $1", "x")], 80, "…");
        assert_eq!(laid.text, "SELECT '\\u{1b}[31m' FROM t WHERE a = $1");
        assert_eq!(&laid.text[laid.labels[0].0.clone()], "a = $1");
    }
}
