//! The outline of a text: what stays when its values are taken out, found in one pass.
//!
//! A log repeats a few hundred statements a million times with other values. Parsing each would take hours; so a text
//! is first reduced to its outline, byte by byte, and only an outline that is new is parsed. Two texts of one outline are
//! one statement; two outlines may be one statement too (another layout, another case), which the fingerprint settles.

use crate::snapshot::Snapshot;

/// What was taken out of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Values {
    /// How many literals.
    pub count: usize,
    /// A hash of them, in order; equal values give equal hashes within one run of the program and across runs.
    pub hash: u64,
}

/// What a backslash is in a string without an E in front: `standard_conforming_strings`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Backslash {
    /// A character like any other.
    #[default]
    Plain,
    /// It takes the next character with it: the setting is off.
    Escapes,
}

impl Backslash {
    /// As the server has it.
    pub fn of(snapshot: &Snapshot) -> Self {
        match snapshot.setting("standard_conforming_strings") {
            Some("off") => Self::Escapes,
            _ => Self::Plain,
        }
    }
}

const PRIME: u64 = 0x0000_0100_0000_01b3;
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Writes the outline of `text` into `out`, which is emptied first.
///
/// Literals and parameters become `?`, lists of them `?,`, comments and repeated white space a single blank.
pub fn outline(text: &str, backslash: Backslash, out: &mut Vec<u8>) -> Values {
    out.clear();
    let mut scan = Scan::of(text, backslash, out);
    while scan.at < scan.text.len() {
        scan.step();
    }
    while matches!(scan.out.last(), Some(b' ' | b';')) {
        scan.out.pop();
    }
    scan.values
}

/// The text as `pg_stat_statements` would keep it: literals are parameters, comments are gone. A log has the values of
/// users in its texts, and those are nobody's business.
pub fn without_values(text: &str, backslash: Backslash) -> String {
    let (mut out, mut shown) = (Vec::new(), Vec::with_capacity(text.len()));
    let mut scan = Scan::of(text, backslash, &mut out);
    let mut next = 1 + highest_parameter(text, backslash);
    while scan.at < scan.text.len() {
        let (at, values) = (scan.at, scan.values.count);
        scan.step();
        let taken = &scan.text[at..scan.at];
        if scan.values.count > values {
            shown.extend(format!("${next}").bytes());
            next += 1;
        } else if taken.starts_with(b"/*") || taken.starts_with(b"--") {
            shown.push(b' ');
        } else {
            shown.extend(taken);
        }
    }
    String::from_utf8_lossy(&shown).trim().to_owned()
}

/// The literals of a text as they are written, each by the number of the parameter that [`without_values`] puts there.
pub fn literals(text: &str, backslash: Backslash) -> Vec<(u32, &str)> {
    let mut out = Vec::new();
    let mut scan = Scan::of(text, backslash, &mut out);
    let mut next = 1 + highest_parameter(text, backslash);
    let mut found = Vec::new();
    while scan.at < scan.text.len() {
        let (at, values) = (scan.at, scan.values.count);
        scan.step();
        if scan.values.count > values {
            found.extend(text.get(at..scan.at).map(|written| (next, written)));
            next += 1;
        }
    }
    found
}

/// Of `$1`, `$2`, …, those in literals and comments left out; 0 without any.
fn highest_parameter(text: &str, backslash: Backslash) -> u32 {
    let mut out = Vec::new();
    let mut scan = Scan::of(text, backslash, &mut out);
    let mut highest = 0;
    while scan.at < scan.text.len() {
        let (at, values) = (scan.at, scan.values.count);
        scan.step();
        let digits = scan.text[at..scan.at].strip_prefix(b"$").filter(|_| scan.values.count == values);
        let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        // the protocol has no more
        highest = highest.max(number.filter(|number| *number <= 65_535).unwrap_or(0));
    }
    highest
}

/// The comments of a text; what looks like one within a string is none.
pub fn comments(text: &str, backslash: Backslash) -> Vec<&str> {
    let mut out = Vec::new();
    let mut scan = Scan::of(text, backslash, &mut out);
    let mut found = Vec::new();
    while scan.at < scan.text.len() {
        let at = scan.at;
        scan.step();
        found.extend(text.get(at..scan.at).filter(|taken| taken.starts_with("/*")));
    }
    found
}

/// FNV-1a over the bytes of a value.
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
    values: Values,
    backslash: Backslash,
}

impl<'a> Scan<'a> {
    fn of(text: &'a str, backslash: Backslash, out: &'a mut Vec<u8>) -> Self {
        Self { text: text.as_bytes(), at: 0, out, values: Values { count: 0, hash: OFFSET }, backslash }
    }

    fn step(&mut self) {
        let (byte, next) = (self.text[self.at], self.text.get(self.at + 1).copied());
        match byte {
            b' ' | b'\n' | b'\t' | b'\r' => self.blank(1),
            b'-' if next == Some(b'-') => self.blank(self.until(b"\n", 2)),
            b'/' if next == Some(b'*') => self.blank(self.comment()),
            b'\'' => self.value(self.quoted(1, self.backslash == Backslash::Escapes)),
            b'e' | b'E' | b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if next == Some(b'\'') && !self.in_word() => {
                self.value(self.quoted(2, byte.eq_ignore_ascii_case(&b'e')));
            }
            b'u' | b'U' if self.text[self.at + 1..].starts_with(b"&'") && !self.in_word() => {
                self.value(self.quoted(3, false));
            }
            b'"' => self.name(self.quoted_name()),
            b'$' => self.dollar(next),
            b'0'..=b'9' if !self.in_word() => self.value(self.number()),
            b'-' if self.is_sign(next) => {
                self.at += 1;
                let number = self.number();
                self.at -= 1;
                self.value(1 + number);
            }
            byte => {
                self.out.push(byte);
                self.at += 1;
            }
        }
    }

    fn blank(&mut self, length: usize) {
        if !matches!(self.out.last(), None | Some(b' ')) {
            self.out.push(b' ');
        }
        self.at += length;
    }

    /// Bytes up to and with `end`, from `skip` bytes on; all that is left where it does not come.
    fn until(&self, end: &[u8], skip: usize) -> usize {
        let rest = self.text.get(self.at + skip..).unwrap_or_default();
        let found = rest.windows(end.len()).position(|window| window == end);
        found.map_or(self.text.len() - self.at, |found| skip + found + end.len())
    }

    /// A comment; those of PostgreSQL nest.
    fn comment(&self) -> usize {
        let (mut depth, mut at) = (0_usize, self.at);
        while at + 1 < self.text.len() {
            match (self.text[at], self.text[at + 1]) {
                (b'/', b'*') => (depth, at) = (depth + 1, at + 2),
                (b'*', b'/') if depth == 1 => return at + 2 - self.at,
                (b'*', b'/') => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        self.text.len() - self.at
    }

    /// A string from its quote on; `''` stands for a quote, and after E a backslash takes the next byte with it.
    fn quoted(&self, skip: usize, escapes: bool) -> usize {
        let mut at = self.at + skip;
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\\' if escapes => at += 2,
                b'\'' if self.text.get(at + 1) == Some(&b'\'') => at += 2,
                b'\'' => return at + 1 - self.at,
                _ => at += 1,
            }
        }
        self.text.len() - self.at
    }

    fn quoted_name(&self) -> usize {
        self.until(b"\"", 1)
    }

    fn name(&mut self, length: usize) {
        self.out.extend_from_slice(&self.text[self.at..self.at + length]);
        self.at += length;
    }

    /// `$1`, `$tag$ … $tag$`, or a dollar within a name.
    fn dollar(&mut self, next: Option<u8>) {
        if self.in_word() || next.is_none() {
            self.out.push(b'$');
            self.at += 1;
            return;
        }
        if next.is_some_and(|byte| byte.is_ascii_digit()) {
            let digits = self.text[self.at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.push_mark();
            self.at += 1 + digits;
            return;
        }
        let tag = self.text[self.at + 1..].iter().take_while(|byte| is_word_byte(**byte)).count();
        if self.text.get(self.at + 1 + tag) == Some(&b'$') {
            let (delimiter, text) = (self.at..self.at + tag + 2, self.text);
            self.value(self.until(&text[delimiter], tag + 2));
        } else {
            self.out.push(b'$');
            self.at += 1;
        }
    }

    fn number(&self) -> usize {
        let rest = &self.text[self.at..];
        let mut length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')).count();
        let signed = matches!(rest.get(length), Some(b'+' | b'-')) && matches!(rest[length - 1], b'e' | b'E');
        if signed {
            length += 1 + rest[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
        length
    }

    /// The minus of a negative literal, which the server counts to the literal: nothing that ends an operand before it.
    fn is_sign(&self, next: Option<u8>) -> bool {
        let before = self.text[..self.at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
        let operator = before.is_none_or(|byte| matches!(byte, b'(' | b',' | b'=' | b'<' | b'>' | b'[' | b'+' | b'*'));
        operator && next.is_some_and(|byte| byte.is_ascii_digit())
    }

    fn in_word(&self) -> bool {
        self.at.checked_sub(1).is_some_and(|before| is_word_byte(self.text[before]) || self.text[before] == b'$')
    }

    fn value(&mut self, length: usize) {
        let value = &self.text[self.at..self.at + length];
        self.values = Values { count: self.values.count + 1, hash: hash(hash(self.values.hash, value), b"\0") };
        self.push_mark();
        self.at += length;
    }

    /// `?`; where it follows another one and a comma, the list is marked and does not grow.
    fn push_mark(&mut self) {
        if self.out.ends_with(b"?, ?,") || self.out.ends_with(b"?,?,") {
            self.out.pop();
            return;
        }
        if self.out.ends_with(b"?, ?, ") {
            self.out.truncate(self.out.len() - 2);
            return;
        }
        self.out.push(b'?');
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, usize) {
        let mut out = Vec::new();
        let values = outline(text, Backslash::Plain, &mut out);
        (String::from_utf8(out).expect("text"), values.count)
    }

    #[test]
    fn an_outline_has_no_values_comments_or_layout() {
        for (text, expected, count) in [
            ("SELECT * FROM t WHERE a = 5", "SELECT * FROM t WHERE a = ?", 1),
            ("SELECT * FROM t1 WHERE a1 = $12", "SELECT * FROM t1 WHERE a1 = ?", 0),
            ("SELECT 'it''s' , E'a\\'b'", "SELECT ? , ?", 2),
            ("SELECT  a -- why 5\nFROM t /* 'x' /* nested */ */ ;", "SELECT a FROM t", 0),
            ("SELECT $a$ it's $a$, 1.5e-7", "SELECT ?, ?", 2),
            ("SELECT \"it's 5\" FROM t", "SELECT \"it's 5\" FROM t", 0),
            ("SELECT a$1 FROM t", "SELECT a$1 FROM t", 0),
            ("SELECT 'open", "SELECT ?", 1),
            ("SELECT /* open", "SELECT", 0),
        ] {
            assert_eq!(of(text), (expected.to_owned(), count), "{text}");
        }
    }

    #[test]
    fn a_list_of_two_has_the_outline_of_a_list_of_a_thousand_but_not_that_of_one() {
        let list = |length: usize| format!("a IN ({})", vec!["7"; length].join(", "));
        assert_eq!(of(&list(2)).0, of(&list(1_000)).0);
        assert_ne!(of(&list(2)).0, of(&list(1)).0);
        let tight = |length: usize| format!("a IN ({})", vec!["$1"; length].join(","));
        assert_eq!(of(&tight(2)).0, of(&tight(50)).0);
    }

    #[test]
    fn a_text_without_values_keeps_its_layout_and_numbers_on() {
        for (text, expected) in [
            (
                "SELECT *\n  FROM t WHERE a = 'Müller' AND b = 5 LIMIT 1",
                "SELECT *\n  FROM t WHERE a = $1 AND b = $2 LIMIT $3",
            ),
            ("SELECT a FROM t WHERE a = $1 AND b = 'x'", "SELECT a FROM t WHERE a = $1 AND b = $2"),
            ("SELECT E'it\\'s', \"näme 5\" FROM t /*route='/me/42'*/", "SELECT $1, \"näme 5\" FROM t"),
            ("SELECT größe, U&'\\0041', x'1F' FROM straße", "SELECT größe, $1, $2 FROM straße"),
            ("SELECT $$ secret $$ -- of 7\nFROM t", "SELECT $1  FROM t"),
            ("SELECT a FROM t WHERE b = -5 AND c > a -5", "SELECT a FROM t WHERE b = $1 AND c > a -$2"),
            (
                "SELECT a FROM t WHERE b = 'costs $1500' AND c = '$4294967295'",
                "SELECT a FROM t WHERE b = $1 AND c = $2",
            ),
            ("SELECT 1_000_000", "SELECT $1"),
            ("SELECT 'never closed", "SELECT $1"),
        ] {
            assert_eq!(without_values(text, Backslash::Plain), expected, "{text}");
        }
    }

    #[test]
    fn a_backslash_escapes_where_the_server_says_so() {
        let text = r"SELECT a FROM t WHERE b = 'it\'s 5' AND c = 'y' OR d = ';'";
        for (backslash, expected) in [
            (Backslash::Escapes, "SELECT a FROM t WHERE b = $1 AND c = $2 OR d = $3"),
            // here the first string ends before the s, and what is outside of strings is the other way round
            (Backslash::Plain, "SELECT a FROM t WHERE b = $1s $2$3y$4;$5"),
        ] {
            assert_eq!(without_values(text, backslash), expected, "{backslash:?}");
        }
    }

    #[test]
    fn values_are_told_apart_by_their_hash() {
        let values = |text: &str| outline(text, Backslash::Plain, &mut Vec::new());
        assert_eq!(values("a = 5 AND b = 'x'"), values("a = 5  AND b = 'x'"));
        assert_ne!(values("a = 5"), values("a = 6"));
        assert_ne!(values("a = 1 AND b = 23"), values("a = 12 AND b = 3"));
    }
}
