//! Lines of the server behind something in front: syslog, journald, Heroku's logplex, `CloudWatch`.
//!
//! syslog and logplex split a message at its newlines and where it is long, and mix the processes; its parts are put
//! together again by process.

use std::collections::BTreeMap;

use memchr::memmem;

use super::LONGEST_MESSAGE;
use super::clock::iso;
use super::feed::{Feed, split_line};
use super::label::Label;
use super::out::Out;
use super::stderr::{Stage, Stderr};
use super::tally::reason;

/// Lines after which a message whose process has written nothing more is taken to be whole.
const PATIENCE: u64 = 2000;

/// Bytes of messages that wait for their rest.
const BYTES: usize = 32 << 20;

/// A line without what is in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unwrapped<'a> {
    /// `syslog`, `Heroku`, `CloudWatch`.
    pub name: &'static str,
    /// The process, where the line says.
    pub key: Option<u64>,
    /// Microseconds, and whether they are whole seconds.
    pub at: Option<(i64, bool)>,
    pub text: &'a [u8],
}

/// A message that waits for its rest.
#[derive(Debug, Default)]
struct Parts {
    text: Vec<u8>,
    at: Option<(i64, bool)>,
    touched: u64,
    too_long: bool,
}

/// A reader of lines with something in front.
#[derive(Debug)]
pub(super) struct Wrapped {
    pub feed: Feed,
    waiting: BTreeMap<u64, Parts>,
    bytes: usize,
    line: u64,
    skipping: bool,
}

impl Wrapped {
    pub fn new(inner: Stderr) -> Self {
        Self { feed: Feed::new(inner), waiting: BTreeMap::new(), bytes: 0, line: 0, skipping: false }
    }

    /// Takes whole lines off the front; how many bytes they were.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = 0;
        while let Some((line, len)) = split_line(&bytes[at..]) {
            at += len;
            if self.skipping {
                self.skipping = false;
                out.tally.cut_bytes += len as u64;
                out.tally.skip(reason::LONG, 1);
            } else {
                self.line(line.strip_suffix(b"\r").unwrap_or(line), out);
            }
        }
        let rest = &bytes[at..];
        if !rest.is_empty() && (self.skipping || (stage == Stage::Full && at == 0)) {
            self.skipping = true;
            out.tally.cut_bytes += rest.len() as u64;
            at = bytes.len();
        }
        if stage == Stage::Last {
            out.tally.skip(if self.skipping { reason::LONG } else { reason::CUT }, u64::from(!rest.is_empty()));
            self.flush(u64::MAX, out);
            self.feed.finish(out);
            at = bytes.len();
        }
        at
    }

    fn line(&mut self, line: &[u8], out: &mut Out<'_>) {
        self.line += 1;
        let Some(unwrapped) = unwrapped(line) else {
            return match line.first() {
                None => out.tally.understood(1),
                Some(_) if memchr::memchr(0, line).is_some() => out.tally.skip(reason::BINARY, 1),
                Some(_) if self.waiting.is_empty() => self.feed.continued(line, out),
                Some(_) => out.tally.skip(reason::FOREIGN, 1),
            };
        };
        match unwrapped.key {
            None => self.feed.push_at(unwrapped.at, unwrapped.text, out),
            Some(key) => self.part(key, &unwrapped, out),
        }
        if self.line.is_multiple_of(PATIENCE) || self.bytes > BYTES {
            let before = if self.bytes > BYTES { u64::MAX } else { self.line - PATIENCE };
            self.flush(before, out);
        }
    }

    /// A part of a message of one process.
    fn part(&mut self, key: u64, unwrapped: &Unwrapped<'_>, out: &mut Out<'_>) {
        let decoded = decoded(unwrapped.text);
        let text = decoded.as_deref().unwrap_or(unwrapped.text);
        let head = self.feed.inner.prefix.head(text.trim_ascii_start(), &mut out.clock);
        let begins = head.is_some_and(|head| head.label.begins());
        if begins && let Some(parts) = self.waiting.remove(&key) {
            self.release(key, parts, out);
        }
        let parts = self.waiting.entry(key).or_default();
        parts.touched = self.line;
        if parts.text.is_empty() {
            parts.at = unwrapped.at;
        } else if head.is_some() || starts_line(text, unwrapped.name) {
            parts.text.push(b'\n');
            parts.text.extend_from_slice(if head.is_some() || text.first() == Some(&b'\t') { b"" } else { b"\t" });
        }
        if parts.text.len() + text.len() > LONGEST_MESSAGE {
            parts.too_long = true;
            out.tally.cut_bytes += text.len() as u64;
            return;
        }
        let text = if head.is_some() { text.trim_ascii_start() } else { text };
        parts.text.extend_from_slice(text);
        self.bytes += text.len();
    }

    /// Messages that were not touched since `before`, in the order in which they last were.
    fn flush(&mut self, before: u64, out: &mut Out<'_>) {
        let ripe = self.waiting.iter().filter(|(_, parts)| parts.touched < before);
        let mut keys: Vec<(u64, u64)> = ripe.map(|(key, parts)| (parts.touched, *key)).collect();
        keys.sort_unstable();
        for (_, key) in keys {
            if let Some(parts) = self.waiting.remove(&key) {
                self.release(key, parts, out);
            }
        }
    }

    fn release(&mut self, key: u64, mut parts: Parts, out: &mut Out<'_>) {
        self.bytes = self.bytes.saturating_sub(parts.text.len());
        if parts.too_long {
            return out.tally.skip(reason::LONG, super::json::lines(&parts.text));
        }
        parts.text.push(b'\n');
        self.feed.inner.outer = parts.at;
        self.feed.inner.outer_session = Some(key);
        self.feed.whole(&parts.text, out);
    }
}

/// The part begins a line of the message; else it goes on where a long line was split. PostgreSQL continues lines with a
/// tab and splits before a space; logplex makes spaces of the tab.
fn starts_line(text: &[u8], name: &str) -> bool {
    text.first() == Some(&b'\t') || (name == "Heroku" && text.starts_with(b"  "))
}

/// rsyslog writes a tab as `#011`.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut at = memmem::find(text, b"#011")?;
    let mut out = text[..at].to_vec();
    loop {
        out.push(b'\t');
        let rest = &text[at + 4..];
        let Some(next) = memmem::find(rest, b"#011") else {
            out.extend_from_slice(rest);
            return Some(out);
        };
        out.extend_from_slice(&rest[..next]);
        at += 4 + next;
    }
}

/// A line without what is in front; `None` when there is nothing of the kind.
pub(super) fn unwrapped(line: &[u8]) -> Option<Unwrapped<'_>> {
    let (at, rest) = outer_time(line)?;
    let tag = tag(rest);
    let Some((name, key, text)) = tag else {
        let stream = rest.iter().take(200).position(|byte| *byte == b' ');
        // `aws logs tail` names the stream between the two times
        let behind = stream.map(|space| &rest[space + 1..]).filter(|text| is_time(text) && !is_time(rest));
        let at = at.filter(|_| line[0].is_ascii_digit());
        return at.map(|at| Unwrapped { name: "CloudWatch", key: None, at: Some(at), text: behind.unwrap_or(rest) });
    };
    Some(Unwrapped { name, key: Some(key), at, text: without_sequence(text) })
}

fn is_time(text: &[u8]) -> bool {
    text.len() > 19 && text[..4].iter().all(u8::is_ascii_digit) && text[4] == b'-' && text[13] == b':'
}

/// A time: microseconds since the epoch, and whether they are whole seconds.
type OuterTime = Option<(i64, bool)>;

/// The time in front, as far as it says the year.
fn outer_time(line: &[u8]) -> Option<(OuterTime, &[u8])> {
    let line = match line.strip_prefix(b"<") {
        Some(rest) => rest[rest.iter().take(5).position(|byte| *byte == b'>')? + 1..].trim_prefix_one(),
        None => line,
    };
    if let Some(stamp) = iso(line) {
        let rest = line[stamp.len..].strip_prefix(b" ")?;
        return Some((Some((stamp.at, stamp.whole)), rest));
    }
    // `Nov 22 02:51:44 `
    let shape = line.len() > 16 && line[3] == b' ' && line[6] == b' ' && line[9] == b':' && line[12] == b':';
    (shape && line[15] == b' ' && line[..3].iter().all(u8::is_ascii_alphabetic)).then(|| (None, &line[16..]))
}

trait TrimPrefix {
    fn trim_prefix_one(&self) -> &Self;
}

impl TrimPrefix for [u8] {
    /// Without the version of RFC 5424.
    fn trim_prefix_one(&self) -> &Self {
        self.strip_prefix(b"1 ").unwrap_or(self)
    }
}

/// `host postgres[123]: `, `app[postgres.123]: `, `host postgres 123 - - `, `host app postgres.123 - `: the form, the
/// process, what follows.
fn tag(rest: &[u8]) -> Option<(&'static str, u64, &[u8])> {
    let front = &rest[..rest.len().min(200)];
    let word = front.windows(8).position(|word| word == b"postgres")?;
    if memchr::memchr_iter(b' ', &front[..word]).count() > 2 || front[..word].contains(&b'"') {
        return None;
    }
    let after = &rest[word + 8..];
    let start = after.iter().take(60).position(|byte| b"[. ".contains(byte))? + 1;
    let digits = after[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let key = std::str::from_utf8(&after[start..start + digits]).ok()?.parse().ok()?;
    let text = &after[start + digits..];
    let name = if after[start - 1] == b'.' { "Heroku" } else { "syslog" };
    let text =
        text.strip_prefix(b"]: ").or_else(|| text.strip_prefix(b" - - ")).or_else(|| text.strip_prefix(b" - "))?;
    Some((name, key, text))
}

/// Without Heroku's `[DATABASE] ` and PostgreSQL's `[5-1] `.
fn without_sequence(text: &[u8]) -> &[u8] {
    let mut rest = text;
    if let Some(end) = bracketed(rest, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_') {
        rest = &rest[end..];
    }
    if let Some(end) = bracketed(rest, |byte| byte.is_ascii_digit() || *byte == b'-') {
        rest = &rest[end..];
    }
    if Label::at(rest.trim_ascii_start()).is_some() { rest.trim_ascii_start() } else { rest }
}

/// The length of `[…] ` at the front.
fn bracketed(text: &[u8], fits: impl Fn(&u8) -> bool) -> Option<usize> {
    let inside = text.strip_prefix(b"[")?;
    let len = inside.iter().take(60).take_while(|byte| fits(byte)).count();
    inside[len..].starts_with(b"] ").then_some(len + 3)
}
