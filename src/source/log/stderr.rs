//! `log_destination = stderr`: lines with a prefix; what continues a line begins with a tab.

use memchr::memchr;

use super::clock::Clock;
use super::label::Label;
use super::message::Message;
use super::out::Out;
use super::prefix::{Fields, Head, Prefix};
use super::tally::reason;

/// What the reader knows of the bytes that it hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// More will follow.
    More,
    /// More will follow, and there is no room for it: what is not whole by now is too long.
    Full,
    /// Nothing follows.
    Last,
}

/// A reader of lines with a prefix.
#[derive(Debug)]
pub(super) struct Stderr {
    pub prefix: Prefix,
    /// Lines lost the tab that they continue with, on the way here.
    pub loose: bool,
    /// Lines end as on Windows.
    pub crlf: bool,
    /// A time for lines whose prefix has none: microseconds, and whether they are whole seconds.
    pub outer: Option<(i64, bool)>,
    /// A session for lines whose prefix has none.
    pub outer_session: Option<u64>,
    skipping: Option<MidLine>,
    text: Vec<u8>,
    detail: Vec<u8>,
    statement: Vec<u8>,
}

/// Whether the last byte that was skipped is within a line.
type MidLine = bool;

/// Where a part of a message stands.
type Span = std::ops::Range<usize>;

/// A whole message at the front of the bytes.
#[derive(Debug, Default)]
struct Extent<'a> {
    len: usize,
    lines: u64,
    text: Span,
    detail: Option<Span>,
    statement: Option<Span>,
    /// The line after it, where that was looked at.
    next: Option<Head<'a>>,
    /// The last line has no end.
    cut: bool,
}

impl Stderr {
    pub fn new(prefix: Prefix) -> Self {
        Self {
            prefix,
            loose: false,
            crlf: false,
            outer: None,
            outer_session: None,
            skipping: None,
            text: vec![],
            detail: vec![],
            statement: vec![],
        }
    }

    /// A message begins at the front of `line`.
    pub fn begins(&self, line: &[u8], clock: &mut Clock) -> bool {
        self.prefix.head(line, clock).is_some_and(|head| head.label.begins())
    }

    /// Takes whole messages off the front; how many bytes they were.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = self.skip(bytes, stage, out);
        let mut known = None;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let head = known.take().or_else(|| self.prefix.head(first_line(rest), &mut out.clock));
            let Some(head) = head.filter(|head| head.label.begins()) else {
                let Some(len) = Self::foreign(rest, head, stage, out) else { break };
                at += len;
                continue;
            };
            match self.extent(rest, head, stage, &mut out.clock) {
                Some(extent) => {
                    at += extent.len;
                    self.message(rest, &head, &extent, out);
                    known = extent.next;
                }
                None => break,
            }
        }
        if at == 0 && stage == Stage::Full { self.give_up(bytes, out) } else { at }
    }

    /// A line that begins no message; its length.
    fn foreign(rest: &[u8], head: Option<Head<'_>>, stage: Stage, out: &mut Out<'_>) -> Option<usize> {
        let padding = rest.iter().take_while(|byte| **byte == 0).count();
        if padding > 0 {
            return Some(padding);
        }
        let (line, len) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], end + 1),
            None if stage == Stage::Last => (rest, rest.len()),
            None => return None,
        };
        match line {
            line if line.trim_ascii().is_empty() => out.tally.understood(1),
            _ if len == line.len() => out.tally.skip(reason::CUT, 1),
            line if memchr(0, line).is_some() => out.tally.skip(reason::BINARY, 1),
            _ if head.is_some() || line[0] == b'\t' => out.tally.skip(reason::ORPHAN, 1),
            _ => out.tally.skip(reason::FOREIGN, 1),
        }
        Some(len)
    }

    /// How far the message at the front goes; `None` when its end is not yet there.
    fn extent<'a>(&self, rest: &'a [u8], head: Head<'a>, stage: Stage, clock: &mut Clock) -> Option<Extent<'a>> {
        let last = stage == Stage::Last;
        let mut found = Extent { text: head.text..head.text, lines: 1, ..Extent::default() };
        let mut part = Label::Log;
        let mut at = 0;
        loop {
            // the line at `at` belongs to the message
            let Some(end) = memchr(b'\n', &rest[at..]) else {
                found.cut = true;
                found.len = rest.len();
                return last.then_some(found);
            };
            at += end + 1;
            found.extend(part, at);
            if at == rest.len() {
                return last.then_some(found);
            }
            if rest[at] != b'\t' {
                let line = first_line(&rest[at..]);
                let whole = at + line.len() < rest.len();
                if !whole && stage == Stage::More {
                    return None;
                }
                let next = self.prefix.head(line, clock);
                match next {
                    Some(next) if !next.label.begins() && same_session(&next.fields, &head.fields) && whole => {
                        part = next.label;
                        found.begin(part, at + next.text);
                    }
                    None if self.loose && !line.is_empty() => {}
                    next => {
                        found.next = next;
                        return Some(found);
                    }
                }
            }
            found.lines += 1;
        }
    }

    fn message(&mut self, rest: &[u8], head: &Head<'_>, extent: &Extent<'_>, out: &mut Out<'_>) {
        if extent.cut {
            out.tally.skip(reason::CUT, extent.lines);
            return;
        }
        let crlf = self.crlf;
        let text = without_state(unfolded(&rest[extent.text.clone()], crlf, &mut self.text));
        let detail = extent.detail.clone().map(|span| unfolded(&rest[span], crlf, &mut self.detail));
        let statement = extent.statement.clone().map(|span| unfolded(&rest[span], crlf, &mut self.statement));
        let fields = &head.fields;
        let at = fields.at.or(self.outer.map(|(at, _)| at));
        let whole = if fields.at.is_some() { fields.whole } else { self.outer.is_some_and(|(_, whole)| whole) };
        out.message(&Message {
            at,
            whole,
            session: fields.session().or(self.outer_session),
            user: fields.user,
            database: fields.database,
            application: fields.application,
            query_id: fields.query_id,
            error: head.label == Label::Error,
            text,
            detail,
            statement,
            lines: extent.lines,
        });
    }

    /// The message at the front has no room: what is there of it goes, and what comes of it will go.
    fn give_up(&mut self, bytes: &[u8], out: &mut Out<'_>) -> usize {
        out.tally.cut_bytes += bytes.len() as u64;
        out.tally.skip(reason::LONG, memchr::memchr_iter(b'\n', bytes).count() as u64);
        self.skipping = Some(bytes.last() != Some(&b'\n'));
        bytes.len()
    }

    /// Goes on leaving out a message that was given up.
    fn skip(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = 0;
        while let Some(mid_line) = self.skipping {
            let rest = &bytes[at..];
            let end = memchr(b'\n', rest);
            if mid_line {
                let len = end.map_or(rest.len(), |end| end + 1);
                out.tally.cut_bytes += len as u64;
                out.tally.skip(reason::LONG, u64::from(end.is_some() || stage == Stage::Last));
                at += len;
                if end.is_none() {
                    break;
                }
                self.skipping = Some(false);
            } else if rest.is_empty() || (end.is_none() && stage == Stage::More) {
                break;
            } else if rest[0] != b'\t' && self.begins(first_line(rest), &mut out.clock) {
                self.skipping = None;
            } else {
                self.skipping = Some(true);
            }
        }
        at
    }
}

impl Extent<'_> {
    fn begin(&mut self, part: Label, at: usize) {
        match part {
            Label::Detail => self.detail = Some(at..at),
            Label::Statement => self.statement = Some(at..at),
            _ => {}
        }
    }

    /// The part goes to `end`, as does the message.
    fn extend(&mut self, part: Label, end: usize) {
        self.len = end;
        let span = match part {
            Label::Log | Label::Error => Some(&mut self.text),
            Label::Detail => self.detail.as_mut(),
            Label::Statement => self.statement.as_mut(),
            Label::Other => None,
        };
        if let Some(span) = span {
            span.end = end;
        }
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    memchr(b'\n', text).map_or(text, |end| &text[..end])
}

fn same_session(one: &Fields<'_>, other: &Fields<'_>) -> bool {
    one.pid == other.pid && one.id == other.id
}

/// `00000: ` in front of a verbose message.
fn without_state(text: &[u8]) -> &[u8] {
    let is_state = text.len() >= 7
        && &text[5..7] == b": "
        && text[..5].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if is_state { &text[7..] } else { text }
}

/// The lines of a part without their ends' carriage returns and the tabs that continue them.
fn unfolded<'a>(raw: &'a [u8], crlf: bool, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let trimmed = |line: &'a [u8]| if crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let Some(end) = memchr(b'\n', raw) else { return trimmed(raw) };
    scratch.clear();
    scratch.extend_from_slice(trimmed(&raw[..end]));
    let mut at = end + 1;
    loop {
        let end = memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end);
        let line = trimmed(&raw[at..end]);
        scratch.push(b'\n');
        scratch.extend_from_slice(line.strip_prefix(b"\t").unwrap_or(line));
        if end == raw.len() {
            return scratch;
        }
        at = end + 1;
    }
}
