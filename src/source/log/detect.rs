//! What form a log has, from its beginning.

use super::clock::{Clock, iso};
use super::cloud::{Cloud, with_payload};
use super::csv::Csv;
use super::json::{Json, Value, object, unescaped};
use super::language;
use super::parser::Parser;
use super::recognise::recognised;
use super::stderr::Stderr;
use super::wrapped::{Wrapped, unwrapped};

/// Objects of a sample that are looked at.
const OBJECTS: usize = 50;

/// Lines of a sample among which a record is looked for.
const LINES: usize = 1000;

/// Why the form is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unrecognised {
    /// Nothing that is known.
    Unknown,
    /// A log in another language.
    Language(&'static str),
}

/// A form, and the first time in the sample.
#[derive(Debug)]
pub(super) struct Detected {
    pub parser: Parser,
    pub first_at: Option<i64>,
}

/// The form of a log that begins with `sample`.
pub(super) fn detected(sample: &[u8], given: Option<&str>) -> Result<Detected, Unrecognised> {
    let lines: Vec<&[u8]> = sample.split(|byte| *byte == b'\n').map(bare).collect();
    if let Some(language) = language::of(sample) {
        return Err(Unrecognised::Language(language));
    }
    let found = csv(&lines).or_else(|| json(sample, &lines, given)).or_else(|| wrapped(&lines, given));
    found.or_else(|| stderr(&lines, given)).ok_or(Unrecognised::Unknown)
}

/// Without a byte order mark, padding and a carriage return.
fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let padding = line.iter().take_while(|byte| **byte == 0).count();
    line[padding..].strip_suffix(b"\r").unwrap_or(&line[padding..])
}

fn csv(lines: &[&[u8]]) -> Option<Detected> {
    let first = lines.iter().find(|line| Csv::begins(line))?;
    let first_at = Clock::default().stamp(first).map(|stamp| stamp.at);
    Some(Detected { parser: Parser::Csv(Csv::default()), first_at })
}

fn json(sample: &[u8], lines: &[&[u8]], given: Option<&str>) -> Option<Detected> {
    let record = lines.iter().take(LINES).filter(|line| line.starts_with(b"{")).find_map(|line| json_time(line));
    if let Some(RecordTime(first_at)) = record {
        return Some(Detected { parser: Parser::Json(Json::default()), first_at });
    }
    let opens = |line: &&&[u8]| line.trim_ascii_start().starts_with(b"{");
    let list = sample.trim_ascii_start().starts_with(b"[\n") || sample.trim_ascii_start().starts_with(b"[{");
    if !list && lines.iter().filter(opens).count() * 2 < lines.iter().filter(|line| !line.is_empty()).count() {
        return None;
    }
    let (name, texts) = payloads(sample)?;
    let inner: Vec<&[u8]> = texts.iter().flat_map(|text| text.split(|byte| *byte == b'\n')).collect();
    let found = inner_stderr(&inner, given)?;
    Some(Detected { parser: Parser::Cloud(Box::new(Cloud::new(found.0)), name), first_at: found.1 })
}

/// The time of a record that may have none.
struct RecordTime(Option<i64>);

/// The time of a record of jsonlog or `CloudNativePG`; `None` when the line is none.
fn json_time(line: &[u8]) -> Option<RecordTime> {
    let mut time = None;
    let mut severity = false;
    let mut record = None;
    let mut keep = |key: &[u8], value: Value<'_>| match (key, value) {
        (b"timestamp" | b"log_time", Value::Text(text, _)) => {
            time = Clock::default().stamp(text).map(|stamp| stamp.at);
        }
        (b"error_severity", _) => severity = true,
        _ => {}
    };
    object(line, |key, value| match (key, value) {
        (b"record", Value::Object(inner)) => record = Some(inner),
        (key, value) => keep(key, value),
    })?;
    if let Some(record) = record {
        object(record, keep);
    }
    severity.then_some(RecordTime(time))
}

/// The texts that the first objects carry.
fn payloads(sample: &[u8]) -> Option<(&'static str, Vec<Vec<u8>>)> {
    let mut texts = vec![];
    let mut name = None;
    let mut rest = sample;
    while texts.len() < OBJECTS {
        let Some(brace) = memchr::memchr(b'{', rest) else { break };
        rest = &rest[brace..];
        let Some(end) = super::json::balanced(rest, 0) else { break };
        with_payload(&rest[..end], |payload| {
            let mut text = vec![];
            unescaped(payload.text, &mut text);
            name = name.or(Some(payload.name));
            texts.push(super::message::without_place(&text).to_vec());
        });
        rest = &rest[end..];
    }
    Some((name?, texts))
}

fn wrapped(lines: &[&[u8]], given: Option<&str>) -> Option<Detected> {
    let found: Vec<_> = lines.iter().filter_map(|line| unwrapped(line)).collect();
    let first = found.first()?;
    if found.len() * 2 < lines.iter().filter(|line| line.first().is_some_and(|first| *first != b'\t')).count() {
        return None;
    }
    let texts: Vec<&[u8]> = found.iter().map(|unwrapped| unwrapped.text.trim_ascii_start()).collect();
    let (inner, at) = inner_stderr(&texts, given)?;
    let first_at = at.or(first.at.map(|(at, _)| at)).or_else(|| iso(lines.first()?).map(|stamp| stamp.at));
    Some(Detected { parser: Parser::Wrapped(Box::new(Wrapped::new(inner)), first.name), first_at })
}

fn stderr(lines: &[&[u8]], given: Option<&str>) -> Option<Detected> {
    let (mut parser, first_at) = inner_stderr(lines, given)?;
    let mut clock = Clock::default();
    let follows = |line: &&&[u8]| parser.prefix.head(line, &mut clock).is_none() && !line.is_empty();
    let foreign = lines.iter().skip(1).filter(follows).count();
    parser.loose = foreign > 0 && !lines.iter().any(|line| line.starts_with(b"\t"));
    Some(Detected { parser: Parser::Stderr(Box::new(parser)), first_at })
}

/// A reader of the lines, and the first time in them.
fn inner_stderr(lines: &[&[u8]], given: Option<&str>) -> Option<(Stderr, Option<i64>)> {
    let prefix = recognised(lines.iter().copied(), given)?;
    let mut clock = Clock::default();
    let first = lines.iter().find_map(|line| prefix.head(line, &mut clock)?.fields.at);
    Some((Stderr::new(prefix), first))
}

/// Lines of the sample end as on Windows.
pub(super) fn is_crlf(sample: &[u8]) -> bool {
    let ends = memchr::memchr_iter(b'\n', sample);
    let mut any = false;
    for end in ends {
        any = true;
        if end == 0 || sample[end - 1] != b'\r' {
            return false;
        }
    }
    any
}
