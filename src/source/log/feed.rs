//! Text of the server that reached us inside of something else, handed to the reader of lines.

use memchr::memchr;

use super::LONGEST_MESSAGE;
use super::message::without_place;
use super::out::Out;
use super::stderr::{Stage, Stderr};

/// Bytes gathered before they are read.
const BLOCK: usize = 256 << 10;

/// Lines that were unwrapped and wait for the rest of their message.
#[derive(Debug)]
pub(super) struct Feed {
    pub inner: Stderr,
    text: Vec<u8>,
}

impl Feed {
    pub fn new(inner: Stderr) -> Self {
        Self { inner, text: vec![] }
    }

    /// One unit of the wrapping: the first line begins a message or continues one, the others continue it.
    pub fn push(&mut self, unit: &[u8], out: &mut Out<'_>) {
        let unit = without_place(unit.strip_suffix(b"\n").unwrap_or(unit));
        for (number, line) in unit.split(|byte| *byte == b'\n').enumerate() {
            let continues =
                number > 0 && line.first() != Some(&b'\t') && self.inner.prefix.head(line, &mut out.clock).is_none();
            if continues {
                self.text.push(b'\t');
            }
            self.text.extend_from_slice(line);
            self.text.push(b'\n');
        }
        if self.text.len() > BLOCK {
            self.drain(Stage::More, out);
        }
    }

    /// A unit with a time in front, which stands in for that of the server where its lines have none.
    pub fn push_at(&mut self, at: Option<(i64, bool)>, unit: &[u8], out: &mut Out<'_>) {
        if !self.inner.prefix.tells_time() && self.inner.begins(without_place(unit), &mut out.clock) {
            // what came before has a time of its own
            self.finish(out);
            self.inner.outer = at;
        }
        self.push(unit, out);
    }

    /// A line that lost what says that it continues one.
    pub fn continued(&mut self, line: &[u8], out: &mut Out<'_>) {
        if line.first() != Some(&b'\t') && self.inner.prefix.head(line, &mut out.clock).is_none() {
            self.text.push(b'\t');
        }
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        if self.text.len() > BLOCK {
            self.drain(Stage::More, out);
        }
    }

    /// Nothing follows.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        self.drain(Stage::Last, out);
        self.text.clear();
    }

    /// A message that is whole, apart from what waits.
    pub fn whole(&mut self, message: &[u8], out: &mut Out<'_>) {
        self.inner.take(message, Stage::Last, out);
    }

    fn drain(&mut self, stage: Stage, out: &mut Out<'_>) {
        let stage = if stage == Stage::More && self.text.len() >= LONGEST_MESSAGE { Stage::Full } else { stage };
        let taken = self.inner.take(&self.text, stage, out);
        self.text.drain(..taken);
    }
}

/// The first line, and the rest.
pub(super) fn split_line(text: &[u8]) -> Option<(&[u8], usize)> {
    memchr(b'\n', text).map(|end| (&text[..end], end + 1))
}
