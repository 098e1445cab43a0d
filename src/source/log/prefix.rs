//! `log_line_prefix`, compiled to a matcher.

use memchr::memchr;

use super::clock::{Clock, epoch};
use super::label::Label;
use super::session::session_id;

/// Longest name, address or command tag that is looked for. PostgreSQL's names are below 64 bytes.
const LONGEST: usize = 256;

/// Places tried on one line before it is given up: a line of something else must not cost much.
const TRIES: u32 = 2000;

/// What the front of a line says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Fields<'a> {
    pub at: Option<i64>,
    pub whole: bool,
    pub pid: Option<u64>,
    pub id: Option<u64>,
    pub start: Option<i64>,
    pub user: Option<&'a [u8]>,
    pub database: Option<&'a [u8]>,
    pub application: Option<&'a [u8]>,
    pub remote: Option<&'a [u8]>,
    pub query_id: Option<i64>,
}

/// The front of a line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Head<'a> {
    pub fields: Fields<'a>,
    pub label: Label,
    /// Where the text after the label begins.
    pub text: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Database,
    Application,
    Remote,
    Host,
    Pid,
    Stamp,
    Epoch,
    Start,
    Session,
    QueryId,
    Digits,
    Virtual,
    State,
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Field(Kind, i32),
    Quit,
}

/// A compiled `log_line_prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix {
    pieces: Vec<Piece>,
    /// As the server's setting would say.
    pub written: String,
}

/// A match in progress.
struct Attempt<'a, 'c> {
    line: &'a [u8],
    fields: Fields<'a>,
    tries: u32,
    clock: &'c mut Clock,
}

impl Prefix {
    /// What the server ignores is ignored: an escape that it does not know writes nothing.
    pub fn new(written: &str) -> Self {
        let mut pieces = vec![];
        let mut rest = written.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            if *byte != b'%' {
                literal(&mut pieces, *byte);
                continue;
            }
            let width = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
            let pad = std::str::from_utf8(&rest[..width]).ok().and_then(|pad| pad.parse().ok()).unwrap_or(0);
            rest = &rest[width..];
            let Some((escape, after)) = rest.split_first() else { break };
            rest = after;
            match escape {
                b'%' => literal(&mut pieces, b'%'),
                b'q' => pieces.push(Piece::Quit),
                escape => pieces.extend(kind(*escape).map(|kind| Piece::Field(kind, pad))),
            }
        }
        Self { pieces, written: written.to_owned() }
    }

    /// Whether a line says when it was written.
    pub fn tells_time(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Field(Kind::Stamp | Kind::Epoch, _)))
    }

    /// The front of a line; `None` when the line does not begin as the prefix says.
    pub fn head<'a>(&self, line: &'a [u8], clock: &mut Clock) -> Option<Head<'a>> {
        let mut attempt = Attempt { line, fields: Fields::default(), tries: 0, clock };
        let (label, text) = attempt.step(&self.pieces, 0)?;
        Some(Head { fields: attempt.fields, label, text })
    }
}

fn literal(pieces: &mut Vec<Piece>, byte: u8) {
    match pieces.last_mut() {
        Some(Piece::Literal(text)) => text.push(byte),
        _ => pieces.push(Piece::Literal(vec![byte])),
    }
}

fn kind(escape: u8) -> Option<Kind> {
    Some(match escape {
        b'u' => Kind::User,
        b'd' => Kind::Database,
        b'a' => Kind::Application,
        b'r' => Kind::Remote,
        b'h' | b'L' => Kind::Host,
        b'p' => Kind::Pid,
        b't' | b'm' => Kind::Stamp,
        b'n' => Kind::Epoch,
        b's' => Kind::Start,
        b'c' => Kind::Session,
        b'Q' => Kind::QueryId,
        b'l' | b'x' | b'P' => Kind::Digits,
        b'v' => Kind::Virtual,
        b'e' => Kind::State,
        b'i' | b'b' | b'?' => Kind::Any,
        _ => return None,
    })
}

impl<'a> Attempt<'a, '_> {
    /// Matches `pieces` from `at` on, and the label after them.
    fn step(&mut self, pieces: &[Piece], at: usize) -> Option<(Label, usize)> {
        self.tries += 1;
        if self.tries > TRIES {
            return None;
        }
        let rest = self.line.get(at..)?;
        let Some((piece, after)) = pieces.split_first() else { return self.label(at) };
        match piece {
            Piece::Literal(text) => rest.starts_with(text).then(|| self.step(after, at + text.len())).flatten(),
            Piece::Quit => {
                let before = self.fields;
                self.step(after, at).or_else(|| {
                    self.fields = before;
                    self.label(at)
                })
            }
            Piece::Field(kind, pad) => self.field(*kind, *pad, after, at),
        }
    }

    fn label(&self, at: usize) -> Option<(Label, usize)> {
        let (label, text) = Label::at(&self.line[at..])?;
        Some((label, at + text))
    }

    fn field(&mut self, kind: Kind, pad: i32, after: &[Piece], at: usize) -> Option<(Label, usize)> {
        let width = pad.unsigned_abs() as usize;
        let spaces =
            if pad > 0 { self.line[at..].iter().take_while(|byte| **byte == b' ').count().min(width) } else { 0 };
        let start = at + spaces;
        if let Some(len) = self.shaped(kind, start) {
            let end = if pad < 0 { at + len.max(width) } else { start + len };
            if let Some(found) = self.step(after, end) {
                self.keep(kind, &self.line[start..start + len]);
                return Some(found);
            }
        }
        match kind {
            Kind::User | Kind::Database | Kind::Application | Kind::Remote | Kind::Host | Kind::Any => {
                self.free(kind, width, after, at)
            }
            // the server leaves it empty for a process that has none
            Kind::Virtual | Kind::Digits | Kind::QueryId => self.step(after, at + width),
            _ => None,
        }
    }

    /// The length of what stands at `at`, for a kind that has a shape of its own.
    fn shaped(&mut self, kind: Kind, at: usize) -> Option<usize> {
        let text = self.line.get(at..)?;
        let digits = |text: &[u8]| text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
        let len = match kind {
            Kind::Pid | Kind::Digits => digits(text),
            Kind::QueryId => {
                let sign = usize::from(text.first() == Some(&b'-'));
                sign + Some(digits(&text[sign..])).filter(|len| *len > 0)?
            }
            Kind::Stamp => {
                let stamp = self.clock.stamp(text)?;
                (self.fields.at, self.fields.whole) = (Some(stamp.at), stamp.whole);
                stamp.len
            }
            Kind::Epoch => {
                let stamp = epoch(text)?;
                (self.fields.at, self.fields.whole) = (Some(stamp.at), false);
                stamp.len
            }
            Kind::Start => {
                let stamp = self.clock.stamp(text)?;
                self.fields.start = Some(stamp.at);
                stamp.len
            }
            Kind::Session => text.iter().take(22).take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'.').count(),
            Kind::Virtual => {
                let first = digits(text);
                (text.get(first) == Some(&b'/')).then(|| first + 1 + digits(&text[first + 1..]))?
            }
            Kind::State => text.iter().take(5).take_while(|byte| byte.is_ascii_alphanumeric()).count(),
            Kind::Remote => remote(text)?,
            Kind::Host => address(text),
            Kind::User | Kind::Database | Kind::Application | Kind::Any => return None,
        };
        (len > 0).then_some(len)
    }

    /// A name: it ends where the rest of the prefix first matches.
    fn free(&mut self, kind: Kind, width: usize, after: &[Piece], at: usize) -> Option<(Label, usize)> {
        let limit = self.line.len().min(at + LONGEST);
        let mut end = at + width;
        while end <= limit {
            if let Some(Piece::Literal(text)) = after.first() {
                end += memchr(text[0], &self.line[end..limit])?;
            }
            if let Some(found) = self.step(after, end) {
                self.keep(kind, self.line[at..end].trim_ascii());
                return Some(found);
            }
            if self.tries > TRIES {
                return None;
            }
            end += 1;
        }
        None
    }

    fn keep(&mut self, kind: Kind, text: &'a [u8]) {
        let known = Some(text).filter(|text| !text.is_empty() && *text != b"[unknown]");
        let number = || std::str::from_utf8(text).ok()?.parse::<u64>().ok();
        match kind {
            Kind::User => self.fields.user = known,
            Kind::Database => self.fields.database = known,
            Kind::Application => self.fields.application = known,
            Kind::Remote => self.fields.remote = known,
            Kind::Pid => self.fields.pid = number(),
            Kind::Session => self.fields.id = session_id(text),
            Kind::QueryId => {
                let id = std::str::from_utf8(text).ok().and_then(|id| id.parse().ok());
                self.fields.query_id = id.filter(|id| *id != 0);
            }
            _ => {}
        }
    }
}

/// `[local]`, `127.0.0.1(50142)`, `::1(50142)`.
fn remote(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"[local]") {
        return Some(7);
    }
    let open = text.iter().take(LONGEST).position(|byte| *byte == b'(' || *byte == b' ')?;
    let digits = text[open + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (text[open] == b'(' && digits > 0 && text.get(open + 1 + digits) == Some(&b')')).then_some(open + digits + 2)
}

/// An address of either kind; a colon at its end belongs to what follows.
fn address(text: &[u8]) -> usize {
    let fits = |byte: &&u8| byte.is_ascii_hexdigit() || matches!(**byte, b':' | b'.');
    let len = text.iter().take(46).take_while(fits).count();
    len - usize::from(len > 0 && text[len - 1] == b':')
}
