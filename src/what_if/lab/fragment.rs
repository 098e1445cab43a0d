//! Whether SQL from a snapshot is only what it is said to be: one expression, one type, one statement.
//!
//! A snapshot may be anybody's. A fragment that is put between brackets must not get out of them, and a statement
//! must not bring a second one along. The server is asked by a role that may do nothing outside of its database; this
//! is the fence before that one. The scanner knows PostgreSQL's quotes and leaves grammar to the server.

/// What a scan met outside of quotes.
#[derive(Debug, Default)]
struct Scan {
    depth: i32,
    below: bool,
    semicolons: Vec<usize>,
    comments: bool,
    open: bool,
}

/// One expression, a list of them or a clause: brackets in balance, no semicolon, no comment, every quote closed.
pub fn is_fragment(text: &str) -> bool {
    let scan = scan(text);
    !scan.open && !scan.below && scan.depth == 0 && !scan.comments && scan.semicolons.is_empty()
}

/// One statement, whether or not a semicolon ends it.
pub fn is_one_statement(text: &str) -> bool {
    let scan = scan(text);
    let first = scan.semicolons.first().copied().unwrap_or(text.len());
    let alone = text[first..].chars().all(|character| character == ';' || character.is_whitespace());
    !scan.open && !scan.below && scan.depth == 0 && alone && !text[..first].trim().is_empty()
}

/// The name of a type, an operator or a collation as the server prints it: words, quoted names, dots, brackets,
/// numbers and commas.
pub fn is_name(text: &str) -> bool {
    let mut quoted = false;
    let plain = text.chars().all(|character| {
        quoted ^= character == '"';
        quoted || character == '"' || character.is_alphanumeric() || "_.$ (),[]".contains(character)
    });
    plain && !quoted && is_fragment(text) && text.chars().any(char::is_alphanumeric)
}

fn scan(text: &str) -> Scan {
    let bytes = text.as_bytes();
    let mut scan = Scan::default();
    let mut at = 0;
    while at < bytes.len() {
        at = step(bytes, at, &mut scan);
    }
    scan.open |= bytes.contains(&0);
    scan
}

/// Passes one token; where the next begins.
fn step(bytes: &[u8], at: usize, scan: &mut Scan) -> usize {
    let rest = &bytes[at..];
    let past = match rest[0] {
        b'\'' => quoted(rest, b'\'', escapes(bytes, at)),
        b'"' => quoted(rest, b'"', false),
        b'$' => dollar_quoted(bytes, at),
        b'-' if rest.starts_with(b"--") => {
            scan.comments = true;
            Some(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()))
        }
        b'/' if rest.starts_with(b"/*") => {
            scan.comments = true;
            comment(rest)
        }
        other => {
            plain(other, at, scan);
            Some(1)
        }
    };
    scan.open |= past.is_none();
    past.map_or(bytes.len(), |past| at + past)
}

fn plain(byte: u8, at: usize, scan: &mut Scan) {
    match byte {
        b'(' | b'[' => scan.depth += 1,
        b')' | b']' => scan.depth -= 1,
        b';' => scan.semicolons.push(at),
        _ => {}
    }
    scan.below |= scan.depth < 0;
}

/// Length of a quoted text; `None` where it does not end. A doubled quote is a quote in it.
fn quoted(rest: &[u8], quote: u8, backslash: bool) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' if backslash => at += 2,
            byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Whether the quote at this place begins an `E'…'`.
fn escapes(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|place| bytes[place]);
    matches!(before(1), Some(b'e' | b'E')) && !before(2).is_some_and(part_of_word)
}

fn part_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Length of `$tag$…$tag$`; 1 for the dollar of a parameter or in a word; `None` where the quote does not end.
fn dollar_quoted(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let tag = rest[1..].iter().position(|byte| !part_of_word(*byte) || *byte == b'$').map(|length| &rest[..length + 2]);
    let quote = tag.filter(|tag| tag.ends_with(b"$") && !tag[1].is_ascii_digit());
    let in_word = at > 0 && part_of_word(bytes[at - 1]);
    let Some(quote) = quote.filter(|_| !in_word) else { return Some(1) };
    let body = &rest[quote.len()..];
    let end = body.windows(quote.len()).position(|window| window == quote)?;
    Some(end + 2 * quote.len())
}

/// Length of a comment, with those inside of it.
fn comment(rest: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_cannot_leave_its_brackets() {
        for (text, expected) in [
            ("lower(name)", true),
            ("((a ->> 'x)'::text) = $tag$ ; ) $tag$)", true),
            ("a = E'\\'' AND b = ';'", true),
            ("\"odd; ) name\" > 0", true),
            ("a$b$c > 0", true),
            ("x); DROP TABLE t", false),
            ("a) OR (b", false),
            ("a; b", false),
            ("a -- b", false),
            ("a /* b */", false),
            ("'open", false),
            ("$$open", false),
            ("E'a\\'", false),
            ("(a", false),
            ("a\0b", false),
        ] {
            assert_eq!(is_fragment(text), expected, "{text}");
        }
    }

    #[test]
    fn a_statement_brings_no_second_one_along() {
        for (text, expected) in [
            ("SELECT 1", true),
            ("SELECT 1 ; ", true),
            ("SELECT ';' /* ; */ -- ;", true),
            ("SELECT 1; COMMIT", false),
            ("SELECT 1; -- x\n COMMIT", false),
            (";", false),
            ("", false),
        ] {
            assert_eq!(is_one_statement(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_holds_nothing_but_names() {
        for (text, expected) in [
            ("character varying(200)", true),
            ("app.\"Odd ; 'Type\"[]", true),
            ("numeric(10,2)", true),
            ("größe", true),
            ("int; DROP TABLE t", false),
            ("int DEFAULT 'x'", false),
            ("int) PARTITION BY (a", false),
            ("\"open", false),
            ("", false),
        ] {
            assert_eq!(is_name(text), expected, "{text}");
        }
    }
}
