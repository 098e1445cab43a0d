//! Literals out of utility statements.
//!
//! `pg_stat_statements` normalises queries, but it keeps `ALTER ROLE … PASSWORD '…'`, `SET`, `DO` and their
//! like as they were typed. No literal of those is needed for an audit, and some are secrets.

/// First words of the statements that the server normalises itself.
const NORMALISED: [&str; 8] = ["select", "insert", "update", "delete", "with", "merge", "values", "table"];

/// The text, and if it is a utility statement, each string literal in it replaced by `'***'`.
pub(super) fn masked(text: &str) -> String {
    if NORMALISED.contains(&first_word(text).as_str()) { text.to_owned() } else { without_literals(text) }
}

/// Lower case, after white space, comments and opening parentheses.
fn first_word(text: &str) -> String {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        rest = match comment(rest) {
            Some(length) => &rest[length..],
            None => break,
        };
    }
    rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase()
}

fn without_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let escapes = matches!(out.as_bytes(), [.., before, b'e' | b'E'] if !before.is_ascii_alphanumeric());
        let (length, replacement) = match next {
            '\'' => (quoted(rest, b'\'', escapes), Some("'***'")),
            '"' => (quoted(rest, b'"', false), None),
            '$' if !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => match dollar_quoted(rest) {
                Some(length) => (length, Some("'***'")),
                None => (1, None),
            },
            _ => (comment(rest).unwrap_or(next.len_utf8()), None),
        };
        out.push_str(replacement.unwrap_or(&rest[..length]));
        rest = &rest[length..];
    }
    out
}

/// Bytes of a leading comment.
fn comment(text: &str) -> Option<usize> {
    let end = |mark: &str| text[2..].find(mark).map_or(text.len(), |at| at + 2 + mark.len());
    if text.starts_with("--") {
        Some(end("\n"))
    } else if text.starts_with("/*") {
        Some(end("*/"))
    } else {
        None
    }
}

/// Bytes of the leading literal or quoted name; all of them when it does not end.
fn quoted(text: &str, quote: u8, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Bytes of a leading `$tag$…$tag$`; `None` for a parameter such as `$1`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let tag = text[1..].find('$')? + 2;
    let name = &text[1..tag - 1];
    let is_name =
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c == '_' || c.is_alphanumeric());
    is_name.then(|| text[tag..].find(&text[..tag]).map_or(text.len(), |at| at + 2 * tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_utility_statements_are_masked_and_queries_are_left_as_they_are() {
        for (text, expected) in [
            ("ALTER ROLE a PASSWORD 'se''cret' NOLOGIN", "ALTER ROLE a PASSWORD '***' NOLOGIN"),
            ("CREATE ROLE a PASSWORD E'x\\'y'", "CREATE ROLE a PASSWORD E'***'"),
            ("SET app.token = 'x'", "SET app.token = '***'"),
            ("DO $$ BEGIN RAISE 'x'; END $$", "DO '***'"),
            ("DO $a$ x $$ y $a$ LANGUAGE plpgsql", "DO '***' LANGUAGE plpgsql"),
            ("CREATE INDEX \"it's\" ON t (a)", "CREATE INDEX \"it's\" ON t (a)"),
            ("PREPARE p AS SELECT $1, $2", "PREPARE p AS SELECT $1, $2"),
            ("CREATE TABLE a$b$c (d$ int)", "CREATE TABLE a$b$c (d$ int)"),
            ("/* it's */ SET x = 'y'", "/* it's */ SET x = '***'"),
            ("SET x = 'größe", "SET x = '***'"),
            ("COMMIT /*", "COMMIT /*"),
            ("", ""),
            ("SELECT 'kept', $1", "SELECT 'kept', $1"),
            (
                "/* c */ -- d\n (WITH x AS (SELECT 'kept') SELECT 1)",
                "/* c */ -- d\n (WITH x AS (SELECT 'kept') SELECT 1)",
            ),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
