//! Copies of an expression that must be equal and no longer are.
//!
//! An expression of the select list that GROUP BY, ORDER BY or DISTINCT ON repeats is one
//! expression to the server, which replaces the constants of the first copy alone. The
//! other kept its literals, so it takes the first one's place.

use std::collections::BTreeMap;
use std::ops::Range;

use super::lex::Kind;
use super::repair::{Edit, Lexed};

/// Key words that end a GROUP BY or ORDER BY.
const ENDS: &[&str] =
    &["having", "order", "limit", "offset", "fetch", "for", "window", "union", "except", "intersect", "returning"];

/// Select-list items with the literals that their copies kept.
pub fn put_back(lexed: &Lexed) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for at in (0..lexed.tokens.len()).filter(|at| lexed.is(*at, "select")) {
        let end = end_of_select(lexed, at + 1);
        let (items, mut copies) = select_list(lexed, at + 1, end);
        copies.extend(clauses(lexed, at + 1..end));
        edits.extend(items.iter().filter_map(|item| mended(lexed, item, &copies)));
    }
    edits.sort_by_key(|edit| (edit.start, usize::MAX - edit.end));
    // an inner select's item inside an outer item that was replaced is gone already
    let mut done = 0;
    edits.retain(|edit| {
        let apart = edit.start >= done;
        done = done.max(edit.end);
        apart
    });
    edits
}

/// One past the last token of the SELECT that begins before `from`.
fn end_of_select(lexed: &Lexed, from: usize) -> usize {
    let mut depth = 0_usize;
    for at in from..lexed.tokens.len() {
        if opens(lexed, at) {
            depth += 1;
        } else if closes(lexed, at) {
            if depth == 0 {
                return at;
            }
            depth -= 1;
        } else if depth == 0 && lexed.is_any(at, &["union", "except", "intersect"]) {
            return at;
        }
    }
    lexed.tokens.len()
}

fn opens(lexed: &Lexed, at: usize) -> bool {
    lexed.is(at, "(") || lexed.is(at, "[")
}

fn closes(lexed: &Lexed, at: usize) -> bool {
    lexed.is(at, ")") || lexed.is(at, "]")
}

/// Items of the select list, and the expressions of its DISTINCT ON.
fn select_list(lexed: &Lexed, from: usize, end: usize) -> (Vec<Range<usize>>, BTreeMap<String, Range<usize>>) {
    let mut start = from;
    let mut distinct = BTreeMap::new();
    if lexed.is_any(start, &["distinct", "all"]) {
        start += 1;
        if lexed.is(start, "on")
            && let Some(close) = lexed.closing(start + 1)
        {
            distinct = by_form(lexed, split(lexed, start + 2..close));
            start = close + 1;
        }
    }
    let stop = at_top(lexed, start..end).find(|at| lexed.is_any(*at, &["from", "into", "where", "group", "order"]));
    let items = split(lexed, start..stop.unwrap_or(end));
    (items.into_iter().map(|item| without_alias(lexed, item)).collect(), distinct)
}

/// Expressions of GROUP BY and ORDER BY by their form.
fn clauses(lexed: &Lexed, range: Range<usize>) -> BTreeMap<String, Range<usize>> {
    let end = range.end;
    let begins = |at: &usize| lexed.is_any(*at, &["group", "order"]) && lexed.is(at + 1, "by");
    let mut copies = BTreeMap::new();
    for at in at_top(lexed, range).filter(begins) {
        let stop = at_top(lexed, at + 2..end).find(|at| lexed.is_any(*at, ENDS)).unwrap_or(end);
        let keys = split(lexed, at + 2..stop).into_iter().map(|key| without_order(lexed, key)).collect();
        copies.extend(by_form(lexed, keys));
    }
    copies
}

/// Those that kept a literal and have no parameter.
fn by_form(lexed: &Lexed, ranges: Vec<Range<usize>>) -> BTreeMap<String, Range<usize>> {
    let kept = |range: &Range<usize>| range.len() > 1 && range.clone().all(|at| lexed.parameter(at).is_none());
    ranges.into_iter().filter(kept).map(|range| (form(lexed, range.clone()), range)).collect()
}

fn mended(lexed: &Lexed, item: &Range<usize>, copies: &BTreeMap<String, Range<usize>>) -> Option<Edit> {
    item.clone().find_map(|at| lexed.parameter(at))?;
    let copy = copies.get(&form(lexed, item.clone()))?;
    let text = &lexed.text[lexed.tokens[copy.start].start..lexed.tokens[copy.end - 1].end];
    lexed.edit(item.start, item.end - 1, text.to_owned())
}

/// What two copies share: their tokens, with constants and the field of EXTRACT all alike.
fn form(lexed: &Lexed, range: Range<usize>) -> String {
    let start = range.start;
    let one = |at: usize| match lexed.tokens[at].kind {
        Kind::Parameter(_) | Kind::Text | Kind::Number => "?".to_owned(),
        Kind::Word if lexed.is_any(at, &["true", "false", "null"]) => "?".to_owned(),
        Kind::Word if at >= start + 2 && lexed.is(at - 1, "(") && lexed.is(at - 2, "extract") => "?".to_owned(),
        Kind::Word => lexed.spelt(at).to_ascii_lowercase(),
        _ => lexed.spelt(at).to_owned(),
    };
    range.map(one).collect::<Vec<_>>().join(" ")
}

/// Positions outside of brackets.
fn at_top<'a>(lexed: &'a Lexed, range: Range<usize>) -> impl Iterator<Item = usize> + 'a {
    let mut depth = 0_usize;
    range.filter(move |at| {
        if opens(lexed, *at) {
            depth += 1;
        } else if closes(lexed, *at) {
            depth = depth.saturating_sub(1);
            return false;
        }
        depth == 0
    })
}

fn split(lexed: &Lexed, range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    for at in at_top(lexed, range.clone()).filter(|at| lexed.is(*at, ",")).chain([range.end]) {
        parts.push(start..at);
        start = at + 1;
    }
    parts.retain(|part| part.start < part.end);
    parts
}

/// `x AS y`, `x y`.
fn without_alias(lexed: &Lexed, item: Range<usize>) -> Range<usize> {
    let named = |at: usize| matches!(lexed.tokens[at].kind, Kind::Word | Kind::Quoted);
    if item.len() >= 3 && lexed.is(item.end - 2, "as") && named(item.end - 1) {
        return item.start..item.end - 2;
    }
    let ends_value = item.len() >= 2
        && (closes(lexed, item.end - 2) || !matches!(lexed.tokens[item.end - 2].kind, Kind::Symbol))
        && !lexed.is(item.end - 1, "end");
    if ends_value && named(item.end - 1) { item.start..item.end - 1 } else { item }
}

/// `x DESC NULLS LAST`.
fn without_order(lexed: &Lexed, mut key: Range<usize>) -> Range<usize> {
    if key.len() > 2 && lexed.is(key.end - 2, "nulls") {
        key.end -= 2;
    }
    if key.len() > 1 && lexed.is_any(key.end - 1, &["asc", "desc"]) {
        key.end -= 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::super::repair::applied;
    use super::*;

    fn put(text: &str) -> String {
        let tokens = lex(text).expect("tokens");
        applied(text, &put_back(&Lexed { text, tokens: &tokens }))
    }

    #[test]
    fn an_item_takes_the_literals_that_its_copy_kept() {
        for (text, expected) in [
            (
                "SELECT date_trunc($1, t) AS day, count(*) FROM o GROUP BY date_trunc('day', t) ORDER BY 1",
                "SELECT date_trunc('day', t) AS day, count(*) FROM o GROUP BY date_trunc('day', t) ORDER BY 1",
            ),
            (
                "SELECT DISTINCT coalesce(c, $1) FROM o ORDER BY coalesce(c, 'none') DESC NULLS LAST LIMIT $2",
                "SELECT DISTINCT coalesce(c, 'none') FROM o ORDER BY coalesce(c, 'none') DESC NULLS LAST LIMIT $2",
            ),
            (
                "SELECT * FROM (SELECT floor(a / $1) * $2 b FROM o GROUP BY floor(a / 100) * 100) x",
                "SELECT * FROM (SELECT floor(a / 100) * 100 b FROM o GROUP BY floor(a / 100) * 100) x",
            ),
            (
                "SELECT CASE r WHEN $1 THEN $2 END FROM o GROUP BY CASE r WHEN 'a' THEN 1 END",
                "SELECT CASE r WHEN 'a' THEN 1 END FROM o GROUP BY CASE r WHEN 'a' THEN 1 END",
            ),
            (
                "SELECT DISTINCT ON (left(a, 3)) left(a, $1), b FROM o",
                "SELECT DISTINCT ON (left(a, 3)) left(a, 3), b FROM o",
            ),
        ] {
            assert_eq!(put(text), expected, "{text}");
        }
    }

    #[test]
    fn expressions_that_only_look_alike_stay() {
        for text in [
            "SELECT left(a, $1) FROM o GROUP BY left(b, 3), a",
            "SELECT a + $1 FROM o ORDER BY a + $2",
            "SELECT $1 AS one FROM o GROUP BY 1",
            "SELECT (SELECT left(a, $1) FROM p) FROM o GROUP BY left(a, 3)",
        ] {
            assert_eq!(put(text), text, "{text}");
        }
    }
}
