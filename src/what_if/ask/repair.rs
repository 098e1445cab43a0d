//! What normalisation made of a text that `PostgreSQL` itself does not take, in a form that it does.
//!
//! `pg_stat_statements` puts a parameter where the grammar wants a literal
//! (`INTERVAL $1`, `DATE $1`, `EXTRACT($1 FROM …)`) or where two copies of one
//! expression must be equal; 18 also drops the tail of lists. Places are mended, the
//! rest of the text stays byte for byte, and parameters keep their numbers.

use super::copies;
use super::lex::{Kind, Token, lex};
use crate::workload::NOT_A_TYPE;

/// A change of some bytes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What stands there instead.
    pub with: String,
}

/// A text and its tokens.
#[derive(Debug, Clone, Copy)]
pub struct Lexed<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
}

impl<'a> Lexed<'a> {
    /// The spelling of a token; empty past the end.
    pub fn spelt(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &self.text[token.start..token.end])
    }

    /// Whether a token is this key word or symbol.
    pub fn is(&self, at: usize, word: &str) -> bool {
        let plain = self.tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Symbol));
        plain && self.spelt(at).eq_ignore_ascii_case(word)
    }

    /// Whether a token is one of these key words.
    pub fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// The number of a parameter.
    pub fn parameter(&self, at: usize) -> Option<u32> {
        match self.tokens.get(at)?.kind {
            Kind::Parameter(number) => Some(number),
            _ => None,
        }
    }

    /// The bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            if self.is(at, "(") || self.is(at, "[") {
                depth += 1;
            } else if self.is(at, ")") || self.is(at, "]") {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }

    /// The tokens from `first` to `last` as a change.
    pub fn edit(&self, first: usize, last: usize, with: String) -> Option<Edit> {
        Some(Edit { start: self.tokens.get(first)?.start, end: self.tokens.get(last)?.end, with })
    }
}

/// The text as `PostgreSQL` takes it; `None` where it cannot be cut into tokens. With `clock`, the key words that
/// stand for the time become calls of `now()`, which a lab sets to the time of its snapshot.
pub fn repaired(text: &str, clock: bool) -> Option<String> {
    // the copy of GROUP BY knows the field of EXTRACT, so it comes first
    let text = applied(text, &copies::put_back(&Lexed { text, tokens: &lex(text)? }));
    let tokens = lex(&text)?;
    let lexed = Lexed { text: &text, tokens: &tokens };
    let mut edits: Vec<Edit> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let found = mended(&lexed, at).or_else(|| if clock { time(&lexed, at) } else { None });
        at = match found {
            Some(edit) => {
                let next = tokens.iter().position(|token| token.start >= edit.end).unwrap_or(tokens.len());
                edits.push(edit);
                next
            }
            None => at + 1,
        };
    }
    Some(applied(&text, &edits))
}

/// The text with its changes, which are in order and apart.
pub fn applied(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.start]);
        out.push_str(&edit.with);
        at = edit.end;
    }
    out.push_str(&text[at..]);
    out
}

fn mended(lexed: &Lexed, at: usize) -> Option<Edit> {
    squashed(lexed, at).or_else(|| interval(lexed, at)).or_else(|| extract(lexed, at)).or_else(|| typed(lexed, at))
}

/// A list of two at least: its one element is said twice.
fn squashed(lexed: &Lexed, at: usize) -> Option<Edit> {
    (lexed.tokens.get(at)?.kind == Kind::Squashed).then_some(())?;
    let before = at.checked_sub(1)?;
    lexed.parameter(before)?;
    lexed.edit(at, at, format!(", {}", lexed.spelt(before)))
}

/// `INTERVAL $1 [DAY [TO SECOND]]`, `INTERVAL(3) $1`.
fn interval(lexed: &Lexed, at: usize) -> Option<Edit> {
    lexed.is(at, "interval").then_some(())?;
    let value = if lexed.is(at + 1, "(") { lexed.closing(at + 1)? + 1 } else { at + 1 };
    lexed.parameter(value)?;
    let unit = |at: usize| lexed.is_any(at, &["year", "month", "day", "hour", "minute", "second"]);
    let mut last = value;
    if unit(last + 1) {
        last += 1;
        if lexed.is(last + 1, "to") && unit(last + 2) {
            last += 2;
        }
    }
    let units: Vec<&str> = (value + 1..=last).map(|at| lexed.spelt(at)).collect();
    let space = if units.is_empty() { "" } else { " " };
    lexed.edit(at, last, format!("({}::interval{space}{})", lexed.spelt(value), units.join(" ")))
}

/// `EXTRACT($1 FROM x)`: which field was lost; that of seconds takes times and intervals alike.
fn extract(lexed: &Lexed, at: usize) -> Option<Edit> {
    (lexed.is(at, "extract") && lexed.is(at + 1, "(") && lexed.is(at + 3, "from")).then_some(())?;
    lexed.parameter(at + 2)?;
    lexed.edit(at, at + 2, "extract(epoch".to_owned())
}

/// `DATE $1`, `timestamp(3) with time zone $1`, `inet $1`: any word that is no key word of an expression.
fn typed(lexed: &Lexed, at: usize) -> Option<Edit> {
    let word = lexed.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let name = lexed.text[word.start..word.end].to_ascii_lowercase();
    let cast = at > 0 && lexed.is(at - 1, "::");
    (!cast && !NOT_A_TYPE.contains(&name.as_str())).then_some(())?;
    let mut value = at + 1;
    while lexed.is_any(value, &["precision", "varying"]) {
        value += 1;
    }
    if lexed.is(value, "(") && ["time", "timestamp", "timestamptz"].contains(&name.as_str()) {
        value = lexed.closing(value)? + 1;
    }
    if lexed.is_any(value, &["with", "without"]) && lexed.is(value + 1, "time") && lexed.is(value + 2, "zone") {
        value += 3;
    }
    lexed.parameter(value)?;
    let end = lexed.tokens[value - 1].end;
    let of_type = &lexed.text[word.start..end];
    lexed.edit(at, value, format!("({}::{of_type})", lexed.spelt(value)))
}

/// The key words of SQL for the time are no functions that a search path could lead elsewhere.
fn time(lexed: &Lexed, at: usize) -> Option<Edit> {
    const CLOCKS: &[(&str, &str)] = &[
        ("current_timestamp", "timestamptz"),
        ("current_date", "date"),
        ("current_time", "timetz"),
        ("localtimestamp", "timestamp"),
        ("localtime", "time"),
    ];
    let (_, of_type) = CLOCKS.iter().find(|(word, _)| lexed.is(at, word))?;
    let named = (at > 0 && lexed.is_any(at - 1, &[".", "as"])) || lexed.is(at + 1, ".");
    (!named).then_some(())?;
    let last = if lexed.is(at + 1, "(") { lexed.closing(at + 1)? } else { at };
    let precision: String = (at + 1..=last).map(|at| lexed.spelt(at)).collect();
    lexed.edit(at, last, format!("(now()::{of_type}{precision})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_mended_and_the_rest_stays() {
        for (text, expected) in [
            ("now()  - INTERVAL $1", "now()  - ($1::interval)"),
            ("INTERVAL $1 DAY TO SECOND", "($1::interval DAY TO SECOND)"),
            ("interval(3) $1 x", "($1::interval) x"),
            ("x >= DATE $1", "x >= ($1::DATE)"),
            ("TIMESTAMP(3) WITH TIME ZONE $2", "($2::TIMESTAMP(3) WITH TIME ZONE)"),
            ("double precision $1", "($1::double precision)"),
            ("ip <<= inet $1", "ip <<= ($1::inet)"),
            ("extract($1 from x)", "extract(epoch from x)"),
            ("a in ($1 /*, ... */)", "a in ($1 , $1)"),
            (
                "SELECT EXTRACT($1 FROM t) AS y FROM o GROUP BY EXTRACT(year FROM t)",
                "SELECT EXTRACT(year FROM t) AS y FROM o GROUP BY EXTRACT(year FROM t)",
            ),
        ] {
            assert_eq!(repaired(text, false).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_needs_no_repair_is_left_alone() {
        for text in [
            "select $1 as x, a between $2 and $3 limit $4 offset $5 -- c",
            "a like $1 escape $2 or not $3",
            "select current_date, t.current_time",
            "extract(year from x)",
            "fetch first $1 rows only",
            "x::date = $1 and y::timestamp(3) with time zone > $2",
            "case x when $1 then $2 else $3 end",
            "rows between $1 preceding and $2 following",
        ] {
            assert_eq!(repaired(text, false).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn a_lab_has_its_own_time() {
        for (text, expected) in [
            ("a > CURRENT_DATE - 1", "a > (now()::date) - 1"),
            ("select current_timestamp(3) as now", "select (now()::timestamptz(3)) as now"),
            ("select 1 as current_date", "select 1 as current_date"),
            ("select \"current_date\"", "select \"current_date\""),
        ] {
            assert_eq!(repaired(text, true).as_deref(), Some(expected), "{text}");
        }
    }
}
