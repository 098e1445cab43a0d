//! One SELECT and nothing else: what may be asked of the facts, decided before SQLite sees it.
//!
//! SQLite runs PRAGMA while it prepares and sqlx runs every statement of a text, so
//! both are kept out here. Strings, quoted names and comments are skipped as SQLite
//! skips them. Parameters are written `:name`; sqlx knows only `?N`, so they become that.

use super::FactsError;

/// SQL that was found to be one SELECT.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Checked {
    /// For sqlx: parameters as `?1`, `?2`, …
    pub text: String,
    /// Their names, in that order.
    pub parameters: Vec<String>,
}

/// Takes the SQL apart as far as needed to know that it is one SELECT.
pub(super) fn check(sql: &str) -> Result<Checked, FactsError> {
    let mut checked = Checked::default();
    let mut first_word = None;
    let mut rest = sql;
    while let Some(piece) = next_piece(rest) {
        let at = sql.len() - rest.len();
        rest = &rest[piece.len()..];
        match piece.chars().next() {
            Some(';') if blank(rest) => break,
            Some(';' | '?' | '@' | '$') => return Err(refused(sql, at, piece.len())),
            Some(':') if piece.len() > 1 => checked.push_parameter(&piece[1..]),
            _ => checked.text.push_str(piece),
        }
        if first_word.is_none() && piece.starts_with(|letter: char| letter.is_alphabetic()) {
            first_word = Some((at, piece));
        }
    }
    let (at, word) = first_word.ok_or_else(|| refused(sql, 0, 0))?;
    let before_is_blank = blank(sql[..at].trim_start_matches('('));
    if before_is_blank && ["select", "with", "values"].iter().any(|allowed| word.eq_ignore_ascii_case(allowed)) {
        return Ok(checked);
    }
    Err(refused(sql, at, word.len()))
}

impl Checked {
    fn push_parameter(&mut self, name: &str) {
        let known = self.parameters.iter().position(|parameter| parameter == name);
        let position = known.unwrap_or_else(|| {
            self.parameters.push(name.to_owned());
            self.parameters.len() - 1
        });
        self.text.push('?');
        self.text.push_str(&(position + 1).to_string());
    }
}

fn refused(sql: &str, at: usize, length: usize) -> FactsError {
    FactsError::NotOneSelect { sql: sql.to_owned(), at: (at, length).into() }
}

/// Only white space and comments.
fn blank(mut text: &str) -> bool {
    while let Some(piece) = next_piece(text) {
        let skipped = piece.starts_with("--") || piece.starts_with("/*") || piece.trim().is_empty();
        if !skipped {
            return false;
        }
        text = &text[piece.len()..];
    }
    true
}

/// The next string, quoted name, comment, parameter, word, or single character.
fn next_piece(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let length = match first {
        '\'' | '"' | '`' => quoted_length(text, first),
        '[' => text.find(']').map_or(text.len(), |end| end + 1),
        '-' if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
        '/' if text.starts_with("/*") => text[2..].find("*/").map_or(text.len(), |end| end + 4),
        ':' => 1 + word_length(&text[1..]),
        letter if is_word(letter) => word_length(text),
        other => other.len_utf8(),
    };
    text.get(..length)
}

/// A doubled quote is two strings side by side, which comes to the same.
fn quoted_length(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

fn word_length(text: &str) -> usize {
    text.find(|letter| !is_word(letter)).unwrap_or(text.len())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_select_passes_with_its_parameters_numbered() {
        for (sql, text, parameters) in [
            ("SELECT 1", "SELECT 1", &[][..]),
            (
                "select a from t where b >= :low and c = :c and d > :low;",
                "select a from t where b >= ?1 and c = ?2 and d > ?1",
                &["low", "c"],
            ),
            ("  WITH x AS (SELECT 1) SELECT * FROM x -- end;", "  WITH x AS (SELECT 1) SELECT * FROM x -- end;", &[]),
            (
                "-- why\nSELECT ':not; one' || \":nor\" || `;` FROM [a;b] /* ; :x */",
                "-- why\nSELECT ':not; one' || \":nor\" || `;` FROM [a;b] /* ; :x */",
                &[],
            ),
            ("SELECT 'it''s; fine' ; -- done\n", "SELECT 'it''s; fine' ", &[]),
            ("VALUES (1)", "VALUES (1)", &[]),
        ] {
            let checked = check(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert_eq!(
                (checked.text.as_str(), checked.parameters),
                (text, parameters.iter().map(|name| (*name).to_owned()).collect())
            );
        }
    }

    #[test]
    fn anything_else_is_refused_before_sqlite_sees_it() {
        for (sql, word) in [
            ("", ""),
            ("-- nothing", ""),
            ("PRAGMA query_only = OFF", "PRAGMA"),
            ("ATTACH 'x' AS y", "ATTACH"),
            ("DELETE FROM server", "DELETE"),
            ("/* SELECT */ VACUUM INTO 'x'", "VACUUM"),
            ("EXPLAIN SELECT 1", "EXPLAIN"),
            ("SELECT 1; DELETE FROM server", ";"),
            ("SELECT 1;;", ";"),
            ("; PRAGMA query_only = OFF", ";"),
            ("SELECT 1) ; PRAGMA query_only = OFF; SELECT (1", ";"),
            ("SELECT ?1", "?"),
            ("SELECT $1", "$"),
            ("'SELECT' PRAGMA x", "PRAGMA"),
        ] {
            let error = check(sql).expect_err(sql);
            assert_eq!(error.word(), Some(word), "{sql}");
        }
    }
}
