//! `log_destination = jsonlog` (15 and later), and `CloudNativePG`'s records: one object a line.

use memchr::{memchr, memchr_iter, memchr2};

use super::message::Message;
use super::out::Out;
use super::session::session_id;
use super::stderr::Stage;
use super::tally::reason;

/// A value as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// Without its quotes; whether it holds escapes.
    Text(&'a [u8], bool),
    /// With its braces.
    Object(&'a [u8]),
    /// A number, `true`, `null`, a list.
    Other(&'a [u8]),
}

/// Calls `each` with every key of the object at the front of `text`; where the object ends. `None`: broken.
pub(super) fn object<'a>(text: &'a [u8], mut each: impl FnMut(&'a [u8], Value<'a>)) -> Option<usize> {
    let mut at = blank(text, 0);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    at = blank(text, at + 1);
    if text.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let (key, _, end) = string(text, at)?;
        at = blank(text, end);
        if text.get(at) != Some(&b':') {
            return None;
        }
        let (value, end) = value(text, blank(text, at + 1))?;
        each(key, value);
        at = blank(text, end);
        match text.get(at)? {
            b',' => at = blank(text, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn blank(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The string that begins at `at`: what it holds, whether there are escapes, where it ends.
fn string(text: &[u8], at: usize) -> Option<(&[u8], bool, usize)> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let start = at + 1;
    let (mut at, mut escaped) = (start, false);
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((&text[start..at], escaped, at + 1));
        }
        escaped = true;
        at += 2;
    }
}

fn value(text: &[u8], at: usize) -> Option<(Value<'_>, usize)> {
    match text.get(at)? {
        b'"' => string(text, at).map(|(inner, escaped, end)| (Value::Text(inner, escaped), end)),
        b'{' => {
            let end = balanced(text, at)?;
            Some((Value::Object(&text[at..end]), end))
        }
        b'[' => {
            let end = balanced(text, at)?;
            Some((Value::Other(&text[at..end]), end))
        }
        _ => {
            let len =
                text[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(*byte)).count();
            (len > 0).then(|| (Value::Other(&text[at..at + len]), at + len))
        }
    }
}

/// Where the braces or brackets that open at `at` are closed.
pub(super) fn balanced(text: &[u8], at: usize) -> Option<usize> {
    let (mut at, mut depth) = (at, 0_u32);
    loop {
        match text.get(at)? {
            b'"' => {
                let (_, _, end) = string(text, at)?;
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Writes a string's text to `out`, which is emptied before; damaged escapes become U+FFFD.
pub(super) fn unescaped(raw: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = raw;
    while let Some(slash) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        let escape = rest.get(slash + 1).copied().unwrap_or(b'\\');
        rest = rest.get(slash + 2..).unwrap_or_default();
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => rest = character(rest, out),
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
}

/// The four digits after `\u`, or the eight of a surrogate pair; what follows them.
fn character<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let unit = |at: usize| u32::from_str_radix(std::str::from_utf8(rest.get(at..at + 4)?).ok()?, 16).ok();
    let (code, len) = match unit(0) {
        Some(high @ 0xd800..=0xdbff) if rest.get(4..6) == Some(b"\\u") => match unit(6) {
            Some(low @ 0xdc00..=0xdfff) => (Some(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 10),
            _ => (None, 4),
        },
        code => (code, 4),
    };
    let mut buffer = [0; 4];
    let character = code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    rest.get(len..).unwrap_or_default()
}

/// Keys that are kept, under PostgreSQL's names and `CloudNativePG`'s.
const KEYS: [&[&[u8]]; 11] = [
    &[b"timestamp", b"log_time"],
    &[b"user", b"user_name"],
    &[b"dbname", b"database_name"],
    &[b"session_id"],
    &[b"error_severity"],
    &[b"message"],
    &[b"detail"],
    &[b"statement", b"query"],
    &[b"application_name"],
    &[b"query_id"],
    &[b"pid", b"process_id"],
];

/// A reader of objects, one a line.
#[derive(Debug, Default)]
pub(super) struct Json {
    skipping: bool,
    scratch: [Vec<u8>; 6],
}

/// A value's text: raw, and whether it holds escapes.
type Slot<'a> = Option<(&'a [u8], bool)>;

impl Json {
    /// Takes whole lines off the front; how many bytes they were.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = 0;
        while let Some(end) = memchr(b'\n', &bytes[at..]) {
            let line = &bytes[at..at + end];
            at += end + 1;
            if self.skipping {
                self.skipping = false;
                out.tally.cut_bytes += end as u64 + 1;
                out.tally.skip(reason::LONG, 1);
            } else {
                self.line(line, reason::BROKEN_JSON, out);
            }
        }
        let rest = &bytes[at..];
        if rest.is_empty() || (stage == Stage::More && !self.skipping) {
            return at;
        }
        if self.skipping || (stage == Stage::Full && at == 0) {
            self.skipping = true;
            out.tally.cut_bytes += rest.len() as u64;
            out.tally.skip(reason::LONG, u64::from(stage == Stage::Last));
        } else if stage == Stage::Last {
            self.line(rest, reason::CUT, out);
        } else {
            return at;
        }
        bytes.len()
    }

    /// One object; `broken` is why it is left out when it is none.
    fn line(&mut self, line: &[u8], broken: &'static str, out: &mut Out<'_>) {
        let padding = line.iter().take_while(|byte| **byte == 0).count();
        let line = line[padding..].trim_ascii();
        if line.is_empty() {
            return out.tally.understood(1);
        }
        let mut slots: [Slot<'_>; 11] = [None; 11];
        let mut record = None;
        let end = object(line, |key, value| {
            keep(&mut slots, key, value);
            if let (b"record", Value::Object(inner)) = (key, value) {
                record = Some(inner);
            }
        });
        if end != Some(line.len()) {
            let why = if memchr(0, line).is_some() { reason::BINARY } else { broken };
            return out.tally.skip(why, 1);
        }
        if let Some(record) = record {
            slots = [None; 11];
            object(record, |key, value| keep(&mut slots, key, value));
        }
        self.message(&slots, out);
    }

    fn message(&mut self, slots: &[Slot<'_>; 11], out: &mut Out<'_>) {
        let [time, user, database, session, severity, text, detail, statement, application, query_id, pid] = *slots;
        let (Some(text), Some(severity)) = (text, severity) else { return out.tally.skip(reason::NO_MESSAGE, 1) };
        let stamp = time.and_then(|(time, _)| out.clock.stamp(time));
        let number = |slot: Slot<'_>| std::str::from_utf8(slot?.0).ok()?.parse::<i64>().ok();
        let [one, two, three, four, five, six] = &mut self.scratch;
        out.message(&Message {
            at: stamp.map(|stamp| stamp.at),
            whole: stamp.is_some_and(|stamp| stamp.whole),
            session: session.and_then(|(id, _)| session_id(id)).or_else(|| number(pid).map(|pid| pid as u64)),
            user: plain(user, one),
            database: plain(database, two),
            application: plain(application, three),
            query_id: number(query_id).filter(|id| *id != 0),
            error: matches!(severity.0, b"ERROR" | b"FATAL" | b"PANIC"),
            text: plain(Some(text), four).unwrap_or_default(),
            detail: plain(detail, five),
            statement: plain(statement, six),
            lines: 1,
        });
    }
}

fn keep<'a>(slots: &mut [Slot<'a>; 11], key: &[u8], value: Value<'a>) {
    let Some(slot) = KEYS.iter().position(|names| names.contains(&key)) else { return };
    slots[slot] = match value {
        Value::Text(text, escaped) => Some((text, escaped)),
        Value::Other(text) => Some((text, false)),
        Value::Object(_) => None,
    };
}

fn plain<'a>(slot: Slot<'a>, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let (raw, escaped) = slot?;
    if !escaped {
        return Some(raw).filter(|raw| !raw.is_empty());
    }
    unescaped(raw, scratch);
    Some(scratch)
}

/// Lines of a text, whether or not the last one has an end.
pub(super) fn lines(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64 + u64::from(text.last().is_some_and(|last| *last != b'\n'))
}
