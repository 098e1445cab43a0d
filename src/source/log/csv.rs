//! `log_destination = csvlog`: records of 23, 24 (13) or 26 columns (14 and later), in which a text may hold newlines.

use memchr::{memchr, memchr_iter};

use super::message::Message;
use super::out::Out;
use super::session::session_id;
use super::stderr::Stage;
use super::tally::reason;

/// Columns by their place.
const TIME: usize = 0;
const USER: usize = 1;
const DATABASE: usize = 2;
const SESSION: usize = 5;
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;
const STATEMENT: usize = 19;
const APPLICATION: usize = 22;
const QUERY_ID: usize = 25;

/// Most columns that any version writes.
const COLUMNS: usize = 26;

/// A reader of records.
#[derive(Debug, Default)]
pub(super) struct Csv {
    /// A record is being left out; whether what was read of it ends within quotes, and within a line.
    skipping: Option<(bool, bool)>,
    scratch: [Vec<u8>; 6],
}

/// A column as written.
#[derive(Debug, Clone, Copy, Default)]
struct Column<'a> {
    text: &'a [u8],
    /// It holds doubled quotes.
    doubled: bool,
}

/// What is at the front.
enum Record {
    /// Bytes and lines.
    Whole(usize, u64),
    /// Another record begins within its quotes.
    Broken(usize, u64),
    Unfinished,
}

impl Csv {
    /// A record begins here: `2026-11-22 02:26:10.345 UTC,"postgres","shop",29427,"127.0.0.1:54908",6b0252c2.72f3,`. Within
    /// a quoted text a quote would be doubled, so that SQL that holds a log is not taken for one.
    pub fn begins(line: &[u8]) -> bool {
        let shape = line.len() > 30 && line[4] == b'-' && line[10] == b' ' && line[13] == b':' && line[19] == b'.';
        if !shape || !line[..4].iter().all(u8::is_ascii_digit) {
            return false;
        }
        let mut rest = line;
        let mut columns = [Column::default(); 7];
        for column in &mut columns {
            let Some((found, after)) = column_at(rest) else { return false };
            *column = found;
            let Some((b',', after)) = after.split_first() else { return false };
            rest = after;
        }
        columns[3].text.iter().all(u8::is_ascii_digit)
            && !columns[3].text.is_empty()
            && session_id(columns[SESSION].text).is_some()
            && columns[6].text.iter().all(u8::is_ascii_digit)
    }

    /// Takes whole records off the front; how many bytes they were.
    pub fn take(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = self.skip(bytes, stage, out);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let padding = rest.iter().take_while(|byte| **byte == 0).count();
            at += padding;
            if padding > 0 {
                continue;
            }
            match record(rest) {
                Record::Whole(len, lines) => {
                    self.record(&rest[..len - 1], lines, out);
                    at += len;
                }
                Record::Broken(len, lines) => {
                    out.tally.skip(reason::BROKEN_CSV, lines);
                    at += len;
                }
                Record::Unfinished if stage == Stage::Last => {
                    self.unfinished(rest, out);
                    return bytes.len();
                }
                Record::Unfinished => break,
            }
        }
        if at == 0 && stage == Stage::Full { self.give_up(bytes, out) } else { at }
    }

    /// The end of the log, without a newline: whole all the same, or cut off.
    fn unfinished(&mut self, rest: &[u8], out: &mut Out<'_>) {
        let lines = memchr_iter(b'\n', rest).count() as u64 + u64::from(rest.last() != Some(&b'\n'));
        if memchr_iter(b'"', rest).count().is_multiple_of(2) && columns(rest).is_some() {
            self.record(rest, lines, out);
        } else {
            out.tally.skip(reason::CUT, lines);
        }
    }

    fn record(&mut self, record: &[u8], lines: u64, out: &mut Out<'_>) {
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        if record.trim_ascii().is_empty() {
            return out.tally.understood(lines);
        }
        let Some(columns) = columns(record) else {
            let why = if memchr(0, record).is_some() { reason::BINARY } else { reason::BROKEN_CSV };
            return out.tally.skip(why, lines);
        };
        let Some(stamp) = out.clock.stamp(columns[TIME].text) else {
            return out.tally.skip(reason::BROKEN_CSV, lines);
        };
        let [text, detail, statement, user, database, application] = &mut self.scratch;
        let query_id = std::str::from_utf8(columns[QUERY_ID].text).ok().and_then(|id| id.parse().ok());
        out.message(&Message {
            at: Some(stamp.at),
            whole: stamp.whole,
            session: session_id(columns[SESSION].text),
            user: known(columns[USER].plain(user)),
            database: known(columns[DATABASE].plain(database)),
            application: known(columns[APPLICATION].plain(application)),
            query_id: query_id.filter(|id| *id != 0),
            error: matches!(columns[SEVERITY].text, b"ERROR" | b"FATAL" | b"PANIC"),
            text: columns[MESSAGE].plain(text),
            detail: known(columns[DETAIL].plain(detail)),
            statement: known(columns[STATEMENT].plain(statement)),
            lines,
        });
    }

    fn give_up(&mut self, bytes: &[u8], out: &mut Out<'_>) -> usize {
        out.tally.cut_bytes += bytes.len() as u64;
        out.tally.skip(reason::LONG, memchr_iter(b'\n', bytes).count() as u64);
        let quoted = memchr_iter(b'"', bytes).count() % 2 == 1;
        self.skipping = Some((quoted, bytes.last() != Some(&b'\n')));
        bytes.len()
    }

    /// Goes on leaving out a record that was given up.
    fn skip(&mut self, bytes: &[u8], stage: Stage, out: &mut Out<'_>) -> usize {
        let mut at = 0;
        while let Some((quoted, mid_line)) = self.skipping {
            let rest = &bytes[at..];
            let end = memchr(b'\n', rest);
            if rest.is_empty() || (end.is_none() && !mid_line && stage == Stage::More) {
                break;
            }
            if !mid_line && (!quoted || Self::begins(rest)) {
                self.skipping = None;
                break;
            }
            let len = end.map_or(rest.len(), |end| end + 1);
            let odd = memchr_iter(b'"', &rest[..len]).count() % 2 == 1;
            out.tally.cut_bytes += len as u64;
            out.tally.skip(reason::LONG, u64::from(end.is_some() || stage == Stage::Last));
            self.skipping = Some((quoted ^ odd, end.is_none()));
            at += len;
        }
        at
    }
}

impl<'a> Column<'a> {
    /// Without doubled quotes.
    fn plain(&self, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        if !self.doubled {
            return self.text;
        }
        scratch.clear();
        let mut rest = self.text;
        while let Some(quote) = memchr(b'"', rest) {
            scratch.extend_from_slice(&rest[..=quote]);
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        scratch.extend_from_slice(rest);
        scratch
    }
}

fn known(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

/// The record at the front: it ends at a newline outside of quotes.
fn record(bytes: &[u8]) -> Record {
    let (mut at, mut quotes, mut lines) = (0, 0, 0);
    while let Some(end) = memchr(b'\n', &bytes[at..]) {
        let next = at + end + 1;
        quotes += memchr_iter(b'"', &bytes[at..next]).count();
        lines += 1;
        at = next;
        if quotes % 2 == 0 {
            return Record::Whole(at, lines);
        }
        if Csv::begins(&bytes[at..]) {
            return Record::Broken(at, lines);
        }
    }
    Record::Unfinished
}

/// The columns of a record; `None` when it has not as many as some version writes.
fn columns(record: &[u8]) -> Option<[Column<'_>; COLUMNS]> {
    let mut columns = [Column::default(); COLUMNS];
    let mut rest = record;
    for number in 0..COLUMNS {
        let (column, after) = column_at(rest)?;
        columns[number] = column;
        match after.split_first() {
            Some((b',', after)) => rest = after,
            Some(_) => return None,
            None => return [23, 24, 26].contains(&(number + 1)).then_some(columns),
        }
    }
    None
}

/// The column at the front, and what follows it.
fn column_at(rest: &[u8]) -> Option<(Column<'_>, &[u8])> {
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let end = memchr(b',', rest).unwrap_or(rest.len());
        return Some((Column { text: &rest[..end], doubled: false }, &rest[end..]));
    };
    let (mut at, mut doubled) = (0, false);
    loop {
        at += memchr(b'"', &quoted[at..])?;
        if quoted.get(at + 1) != Some(&b'"') {
            return Some((Column { text: &quoted[..at], doubled }, &quoted[at + 1..]));
        }
        doubled = true;
        at += 2;
    }
}
