//! What share of the rows the WHERE of a partial index lets in, by statistics, and what it says of the columns.

use crate::snapshot::{ColumnStatistics, Snapshot};
use crate::what_if::plain;

/// As the planner guesses where it knows nothing: an inequality, anything else.
const ONE_BOUND: f64 = 1.0 / 3.0;
const OTHER: f64 = 0.5;

/// What a part of a WHERE says about a column.
#[derive(Debug, Clone, PartialEq)]
enum Says {
    Null,
    NotNull,
    Equals(String),
    NotEquals(String),
    Bounded,
}

/// One condition of a WHERE, with the column that it is about.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    column: String,
    says: Says,
}

/// What a WHERE comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Passing {
    /// Share of the rows, 0 to 1.
    pub share: f64,
    /// Columns that are never NULL in them.
    pub not_null: Vec<String>,
    /// Columns that have one value, or are always NULL, in them.
    pub fixed: Vec<String>,
    /// Columns that are always NULL in them.
    pub null: Vec<String>,
}

/// Reads a WHERE whose conditions are joined by AND.
pub fn passing(snapshot: &Snapshot, statistics: &[&ColumnStatistics], predicate: &str) -> Passing {
    let mut passing = Passing { share: 1.0, ..Passing::default() };
    for text in conjuncts(predicate) {
        let Some(part) = part(text) else {
            passing.share *= OTHER;
            continue;
        };
        let known = statistics.iter().copied().find(|one| one.column == part.column);
        passing.share *= share(snapshot, known, &part.says);
        match part.says {
            Says::Null => {
                passing.null.push(part.column.clone());
                passing.fixed.push(part.column);
            }
            Says::Equals(_) => {
                passing.not_null.push(part.column.clone());
                passing.fixed.push(part.column);
            }
            _ => passing.not_null.push(part.column),
        }
    }
    passing
}

/// The conditions between the ANDs that stand outside of parentheses and quotes.
fn conjuncts(predicate: &str) -> Vec<&str> {
    let text = unwrapped(predicate.trim());
    let (mut depth, mut quoted, mut start, mut parts) = (0_i32, false, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ' ' if depth == 0 && !quoted && starts_and(&text[at..]) => {
                parts.push(&text[start..at]);
                start = at + 5;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    if parts.len() == 1 { parts } else { parts.into_iter().flat_map(conjuncts).collect() }
}

fn starts_and(text: &str) -> bool {
    text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(" and "))
}

fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let whole = |inner: &&str| {
        let mut depth = 0_i32;
        inner.chars().all(|character| {
            depth += i32::from(character == '(') - i32::from(character == ')');
            depth >= 0
        })
    };
    inner.filter(whole).map_or(text, |inner| unwrapped(inner.trim()))
}

fn part(text: &str) -> Option<Part> {
    let text = unwrapped(text.trim());
    let lower = text.to_lowercase();
    for (ending, says) in [
        (" is not null", Says::NotNull),
        (" is null", Says::Null),
        (" is not true", Says::NotEquals("t".to_owned())),
        (" is true", Says::Equals("t".to_owned())),
        (" is not false", Says::NotEquals("f".to_owned())),
        (" is false", Says::Equals("f".to_owned())),
    ] {
        if lower.ends_with(ending) {
            return of_column(&text[..text.len() - ending.len()], says);
        }
    }
    for (operator, says) in [("<>", 1), ("!=", 1), ("<=", 2), (">=", 2), ("=", 0), ("<", 2), (">", 2)] {
        let Some((left, right)) = text.split_once(operator) else { continue };
        let says = match says {
            0 => Says::Equals(constant(right)?),
            1 => Says::NotEquals(constant(right)?),
            _ => Says::Bounded,
        };
        return of_column(left, says);
    }
    match lower.strip_prefix("not ") {
        Some(_) => of_column(&text[4..], Says::Equals("f".to_owned())),
        None => of_column(text, Says::Equals("t".to_owned())),
    }
}

fn of_column(text: &str, says: Says) -> Option<Part> {
    let name = plain(unwrapped(text.trim()));
    let column = name.trim_matches('"').to_owned();
    let is_name = !column.is_empty() && column.chars().all(|one| one.is_alphanumeric() || one == '_' || one == '$');
    is_name.then_some(Part { column, says })
}

/// A literal as its type prints it: without quotes and cast.
fn constant(text: &str) -> Option<String> {
    let text = unwrapped(text.trim());
    let value = match text.strip_prefix('\'') {
        Some(rest) => rest.rsplit_once('\'')?.0.replace("''", "'"),
        None => text.split("::").next()?.trim().to_owned(),
    };
    Some(match value.as_str() {
        "true" => "t".to_owned(),
        "false" => "f".to_owned(),
        _ => value,
    })
}

fn share(snapshot: &Snapshot, known: Option<&ColumnStatistics>, says: &Says) -> f64 {
    let nulls = known.map_or(0.0, |one| one.null_frac);
    match says {
        Says::Null => known.map_or(OTHER, |one| one.null_frac),
        Says::NotNull => 1.0 - nulls,
        Says::Bounded => (1.0 - nulls) * ONE_BOUND,
        Says::Equals(value) => known.map_or(OTHER, |one| equal(snapshot, one, value)),
        Says::NotEquals(value) => known.map_or(OTHER, |one| (1.0 - nulls - equal(snapshot, one, value)).max(0.0)),
    }
}

/// The frequency of the value where it is among the common ones, else what they leave, shared out.
fn equal(snapshot: &Snapshot, statistics: &ColumnStatistics, value: &str) -> f64 {
    let common = statistics.slots.iter().find(|slot| slot.kind == 1);
    let place = common.and_then(|slot| slot.values.as_ref()?.iter().position(|one| one == value));
    if let Some(share) = place.and_then(|at| statistics.most_common_freqs.get(at)) {
        return *share;
    }
    let rows = snapshot.table(statistics.table_oid).and_then(|table| table.rows).unwrap_or(1.0);
    let distinct = if statistics.n_distinct < 0.0 { -statistics.n_distinct * rows } else { statistics.n_distinct };
    let not_null = 1.0 - statistics.null_frac;
    let seen: f64 = statistics.most_common_freqs.iter().sum();
    let others = distinct - statistics.most_common_freqs.len() as f64;
    if common.is_some_and(|slot| slot.values.is_some()) && others >= 1.0 {
        return ((not_null - seen) / others).max(0.0);
    }
    not_null / distinct.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_its_column_and_what_it_says() {
        for (text, column, says) in [
            ("(deleted_at IS NULL)", "deleted_at", Says::Null),
            ("((state)::text = 'it''s'::text)", "state", Says::Equals("it's".to_owned())),
            ("active", "active", Says::Equals("t".to_owned())),
            ("(NOT active)", "active", Says::Equals("f".to_owned())),
            ("(\"userId\" <> 5)", "userId", Says::NotEquals("5".to_owned())),
            ("total > (100)::numeric", "total", Says::Bounded),
        ] {
            assert_eq!(part(text), Some(Part { column: column.to_owned(), says }), "{text}");
        }
        assert_eq!(part("lower(a) = lower(b)"), None);
    }

    #[test]
    fn only_an_and_outside_of_parentheses_and_quotes_separates() {
        for (text, count) in [
            ("(a IS NULL) AND (b = 1)", 2),
            ("((a IS NULL) AND (b = 1)) AND c", 3),
            ("(a = 'x AND y'::text)", 1),
            ("((a = 1) OR ((b = 2) AND (c = 3)))", 1),
        ] {
            assert_eq!(conjuncts(text).len(), count, "{text}: {:?}", conjuncts(text));
        }
    }
}
