//! JSON of a cloud that carries the server's text: Cloud SQL and `AlloyDB` (`textPayload`), Azure (`properties.message`),
//! Docker (`log`), exports with a `message`. Objects one a line, or a list of them however it is laid out.

use memchr::{memchr, memmem};

use super::feed::Feed;
use super::json::{Value, lines, object, unescaped};
use super::out::Out;
use super::stderr::{Stage, Stderr};
use super::tally::reason;

/// A reader of objects that carry text.
#[derive(Debug)]
pub(super) struct Cloud {
    pub feed: Feed,
    skipping: bool,
    text: Vec<u8>,
    detail: Vec<u8>,
}

/// What an object says; strings are raw.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Payload<'a> {
    /// Whose form it is.
    pub name: &'static str,
    pub text: &'a [u8],
    pub detail: Option<&'a [u8]>,
}

/// What is at the front.
enum Framed {
    Whole(usize),
    Broken(usize),
    Unfinished,
}

impl Cloud {
    pub fn new(inner: Stderr) -> Self {
        Self { feed: Feed::new(inner), skipping: false, text: vec![], detail: vec![] }
    }

    /// Takes whole objects off the front; how many bytes they were.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let Some(len) = self.one(rest, stage, out) else { break };
            at += len;
        }
        if at == 0 && stage == Stage::Full {
            out.tally.cut_bytes += bytes.len() as u64;
            out.tally.skip(reason::LONG, lines(bytes));
            self.skipping = true;
            at = bytes.len();
        }
        if stage == Stage::Last {
            self.feed.finish(out);
        }
        at
    }

    /// Takes one thing off the front.
    fn one(&mut self, rest: &[u8], stage: Stage, out: &mut Out<'_>) -> Option<usize> {
        let last = stage == Stage::Last;
        if self.skipping {
            let end = memchr(b'\n', rest);
            self.skipping = end.is_none();
            out.tally.cut_bytes += end.unwrap_or(rest.len()) as u64;
            return Some(end.map_or(rest.len(), |end| end + 1));
        }
        if rest[0].is_ascii_whitespace() || b",[]\0".contains(&rest[0]) {
            return Some(1);
        }
        if rest[0] != b'{' {
            let end = memchr(b'\n', rest);
            if end.is_some() || last {
                out.tally.skip(reason::BROKEN_JSON, 1);
            }
            return end.map(|end| end + 1).or(last.then_some(rest.len()));
        }
        match framed(rest) {
            Framed::Whole(len) => {
                self.object(&rest[..len], out);
                Some(len)
            }
            Framed::Broken(len) => {
                out.tally.skip(reason::BROKEN_JSON, lines(&rest[..len]));
                Some(len)
            }
            Framed::Unfinished if last => {
                out.tally.skip(reason::CUT, lines(rest));
                Some(rest.len())
            }
            Framed::Unfinished => None,
        }
    }

    fn object(&mut self, text: &[u8], out: &mut Out<'_>) {
        let (mut unit, mut detail) = (std::mem::take(&mut self.text), std::mem::take(&mut self.detail));
        match with_payload(text, |payload| {
            unescaped(payload.text, &mut unit);
            detail.clear();
            if let Some(raw) = payload.detail {
                unescaped(raw, &mut detail);
            }
        }) {
            None => out.tally.skip(reason::BROKEN_JSON, lines(text)),
            Some(false) => out.tally.skip(reason::NO_MESSAGE, lines(text)),
            Some(true) => {
                add_detail(&mut unit, &detail);
                self.feed.push(&unit, out);
            }
        }
        (self.text, self.detail) = (unit, detail);
    }
}

/// Azure keeps the DETAIL apart; here it follows its message again, under the same prefix.
fn add_detail(unit: &mut Vec<u8>, detail: &[u8]) {
    let front = &unit[..unit.len().min(400)];
    let Some(end) = memmem::find(front, b"LOG:  ").filter(|_| !detail.is_empty()) else { return };
    let prefix = unit[..end].to_vec();
    if unit.last() != Some(&b'\n') {
        unit.push(b'\n');
    }
    unit.extend_from_slice(&prefix);
    unit.extend_from_slice(b"DETAIL:  ");
    unit.extend_from_slice(detail);
}

/// Calls `with` when the object carries text. `None`: it is no object.
pub(super) fn with_payload(text: &[u8], with: impl FnOnce(&Payload<'_>)) -> Option<bool> {
    let mut found = Payload::default();
    let mut properties = None;
    object(text, |key, value| match (key, value) {
        (b"textPayload", Value::Text(text, _)) => found = Payload { name: "Cloud SQL", text, detail: None },
        (b"log", Value::Text(text, _)) => found = Payload { name: "Docker", text, detail: None },
        (b"message" | b"Message", Value::Text(text, _)) if found.name.is_empty() => {
            found = Payload { name: "JSON", text, detail: None }
        }
        (b"properties", value) => properties = Some(value),
        _ => {}
    })?;
    let mut inner = vec![];
    match properties {
        Some(Value::Object(text)) => inner.extend_from_slice(text),
        Some(Value::Text(raw, _)) => unescaped(raw, &mut inner),
        _ => {}
    }
    let mut azure = Payload { name: "Azure", ..Payload::default() };
    object(&inner, |key, value| match (key, value) {
        (b"message" | b"Message", Value::Text(text, _)) => azure.text = text,
        (b"detail", Value::Text(text, _)) => azure.detail = Some(text),
        _ => {}
    });
    let payload = if azure.text.is_empty() { found } else { azure };
    if payload.text.is_empty() {
        return Some(false);
    }
    with(&payload);
    Some(true)
}

/// The object at the front. A line that begins with a brace begins another one, and no string holds a newline.
fn framed(text: &[u8]) -> Framed {
    let (mut at, mut depth) = (0, 0_u32);
    loop {
        match text.get(at) {
            None => return Framed::Unfinished,
            Some(b'"') => match string_end(text, at) {
                Ok(end) => {
                    at = end;
                    continue;
                }
                Err(framed) => return framed,
            },
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') => depth = depth.saturating_sub(1),
            Some(b'\n') if text.get(at + 1) == Some(&b'{') => return Framed::Broken(at + 1),
            Some(_) => {}
        }
        at += 1;
        if depth == 0 {
            return Framed::Whole(at);
        }
    }
}

fn string_end(text: &[u8], at: usize) -> Result<usize, Framed> {
    let newline = memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
    let mut at = at + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', text.get(at..newline).unwrap_or_default()) {
        at += found;
        if text[at] == b'"' {
            return Ok(at + 1);
        }
        at += 2;
    }
    Err(if newline == text.len() { Framed::Unfinished } else { Framed::Broken(newline + 1) })
}
