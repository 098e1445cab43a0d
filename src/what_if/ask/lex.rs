//! A text cut into tokens as `PostgreSQL` cuts it, with the bytes of each.
//!
//! The parser's tokens lose their bytes or their spelling; a text that goes to a server
//! is changed only where it must be, so it is cut here. `standard_conforming_strings`
//! is on: whoever sends the text sees to that.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An unquoted name or key word.
    Word,
    /// A name in double quotes.
    Quoted,
    /// `$n`.
    Parameter(u32),
    /// A string of any kind.
    Text,
    /// A number.
    Number,
    /// One character of an operator or punctuation; `::` is one too.
    Symbol,
    /// What 18 leaves in the place of a list's further elements.
    Squashed,
}

/// A token and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The tokens without white space and comments; `None` where something is not closed.
pub fn lex(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = next(&text[at..])?;
        tokens.extend(kind.map(|kind| Token { kind, start: at, end: at + length }));
        at += length;
    }
    Some(tokens)
}

/// The token at the beginning, `None` inside for a comment, and its length.
fn next(rest: &str) -> Option<(Option<Kind>, usize)> {
    let bytes = rest.as_bytes();
    let token = |kind: Kind, length: usize| Some((Some(kind), length));
    match bytes[0] {
        b'-' if rest.starts_with("--") => Some((None, rest.find('\n').unwrap_or(rest.len()))),
        b'/' if rest.starts_with("/*") => comment(rest),
        b'\'' => token(Kind::Text, quoted(rest, 0, b'\'', false)?),
        b'"' => token(Kind::Quoted, quoted(rest, 0, b'"', false)?),
        b'$' => dollar(rest).map(|(kind, length)| (Some(kind), length)),
        b':' if rest.starts_with("::") => token(Kind::Symbol, 2),
        b'0'..=b'9' => token(Kind::Number, number(rest)),
        b'.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => token(Kind::Number, number(rest)),
        _ if starts_word(rest) => word(rest).map(|(kind, length)| (Some(kind), length)),
        _ => token(Kind::Symbol, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

/// Comments nest.
fn comment(rest: &str) -> Option<(Option<Kind>, usize)> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.as_bytes()[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                let squashed = rest[2..at - 2].trim() == ", ...";
                return Some((squashed.then_some(Kind::Squashed), at));
            }
        } else {
            at += 1;
        }
    }
    None
}

/// Length to the closing quote, from the opening one at `open`.
fn quoted(rest: &str, open: usize, quote: u8, escapes: bool) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// `$1`, or a string between dollars.
fn dollar(rest: &str) -> Option<(Kind, usize)> {
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return Some((Kind::Parameter(rest[1..=digits].parse().ok()?), digits + 1));
    }
    let tag = rest[1..].find('$').map(|end| &rest[..end + 2]);
    let is_tag = |tag: &&str| tag[1..tag.len() - 1].chars().all(|one| one.is_alphanumeric() || one == '_');
    match tag.filter(is_tag) {
        Some(tag) => Some((Kind::Text, rest[tag.len()..].find(tag)? + 2 * tag.len())),
        None => Some((Kind::Symbol, 1)),
    }
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let sign = matches!(bytes[at], b'+' | b'-')
            && matches!(bytes[at - 1], b'e' | b'E')
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        // `1..2` is no number
        let dots = bytes[at] == b'.' && bytes.get(at + 1) == Some(&b'.');
        if dots || !(sign || bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.' || bytes[at] == b'_') {
            break;
        }
        at += 1;
    }
    at
}

fn starts_word(rest: &str) -> bool {
    rest.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_' || !first.is_ascii())
}

/// A word, or a string with a letter before it: `E'…'`, `B'…'`, `U&'…'`.
fn word(rest: &str) -> Option<(Kind, usize)> {
    let is_part = |one: char| one.is_alphanumeric() || one == '_' || one == '$' || !one.is_ascii();
    let length = rest.find(|one| !is_part(one)).unwrap_or(rest.len());
    let after = rest.as_bytes().get(length);
    match (&rest[..length].to_ascii_lowercase()[..], after) {
        ("e", Some(b'\'')) => Some((Kind::Text, quoted(rest, length, b'\'', true)?)),
        ("b" | "x" | "n", Some(b'\'')) => Some((Kind::Text, quoted(rest, length, b'\'', false)?)),
        ("u", Some(b'&')) if rest[length + 1..].starts_with('\'') => {
            Some((Kind::Text, quoted(rest, length + 1, b'\'', false)?))
        }
        ("u", Some(b'&')) if rest[length + 1..].starts_with('"') => {
            Some((Kind::Quoted, quoted(rest, length + 1, b'"', false)?))
        }
        _ => Some((Kind::Word, length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_as_the_server_cuts_it() {
        for (text, expected) in [
            ("a.b=$12::int", "Word a|Symbol .|Word b|Symbol =|Parameter(12) $12|Symbol ::|Word int"),
            ("'a''b' E'x\\'y' $q$;$q$ \"A;\"", "Text 'a''b'|Text E'x\\'y'|Text $q$;$q$|Quoted \"A;\""),
            ("1.5e-3-2 --;\n/* /* ; */ */ größe", "Number 1.5e-3|Symbol -|Number 2|Word größe"),
            ("in ($1 /*, ... */)", "Word in|Symbol (|Parameter(1) $1|Squashed /*, ... */|Symbol )"),
            ("'\\';x", "Text '\\'|Symbol ;|Word x"),
        ] {
            let tokens = lex(text).expect("tokens");
            let shown: Vec<String> =
                tokens.iter().map(|token| format!("{:?} {}", token.kind, &text[token.start..token.end])).collect();
            assert_eq!(shown.join("|"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_no_text() {
        for text in ["'open", "\"open", "/* open /* */", "$a$ open $b$", "E'open\\'"] {
            assert_eq!(lex(text), None, "{text}");
        }
    }
}
