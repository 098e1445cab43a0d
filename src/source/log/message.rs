//! The grammar of a message: what the server says of a statement, whatever the form of the log.

use memchr::{memchr, memmem};

use super::event::{PlanFormat, Step};

/// A message with all that belongs to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Message<'a> {
    pub at: Option<i64>,
    pub whole: bool,
    pub session: Option<u64>,
    pub user: Option<&'a [u8]>,
    pub database: Option<&'a [u8]>,
    pub application: Option<&'a [u8]>,
    pub query_id: Option<i64>,
    /// `ERROR` and worse.
    pub error: bool,
    pub text: &'a [u8],
    pub detail: Option<&'a [u8]>,
    pub statement: Option<&'a [u8]>,
    /// Lines of the log.
    pub lines: u64,
}

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said<'a> {
    /// A step, with its duration or (`log_statement`) without.
    Step {
        duration: Option<u64>,
        step: Step,
        name: Option<&'a [u8]>,
        sql: &'a [u8],
    },
    /// A duration alone: of what was logged before.
    Duration(u64),
    /// A duration and something unknown.
    UnknownDuration,
    Plan {
        duration: u64,
        body: &'a [u8],
    },
    Wait {
        pid: u64,
        acquired: bool,
        mode: &'a [u8],
        object: &'a [u8],
        waited: u64,
    },
    TempFile(u64),
    Setting {
        name: &'a [u8],
        value: &'a [u8],
    },
    Cancelled(&'a [u8]),
    Error,
    Nothing,
}

/// Takes a message apart.
pub(super) fn said(text: &[u8], error: bool) -> Said<'_> {
    let text = without_place(text);
    if error {
        return text.strip_prefix(b"canceling statement due to ").map_or(Said::Error, Said::Cancelled);
    }
    let found = match text.first() {
        Some(b'd') => text.strip_prefix(b"duration: ").map(duration),
        Some(b's') => text.strip_prefix(b"statement: ").map(|sql| step_of(None, Step::Statement, sql)),
        Some(b'e') => text.strip_prefix(b"execute ").and_then(|rest| named(None, Step::Execute, rest)),
        Some(b'p') if text.starts_with(b"process ") => wait(&text[8..]),
        Some(b'p') => setting(text),
        Some(b't') => temporary_file(text),
        _ => None,
    };
    found.unwrap_or(Said::Nothing)
}

/// `AlloyDB` writes `[postgres.c:1234]` in front.
pub(super) fn without_place(text: &[u8]) -> &[u8] {
    if text.first() != Some(&b'[') {
        return text;
    }
    let inside = text[1..].iter().take(80).take_while(|byte| !matches!(**byte, b']' | b' ')).count();
    let place = &text[1..=inside];
    let digits = place.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let is_place = digits > 0
        && place.len() > digits + 1
        && place[place.len() - digits - 1] == b':'
        && !place[0].is_ascii_digit()
        && text.get(inside + 1) == Some(&b']')
        && text.get(inside + 2) == Some(&b' ');
    if is_place { text[inside + 2..].trim_ascii_start() } else { text }
}

/// What follows `duration: `.
fn duration(text: &[u8]) -> Said<'_> {
    let Some((us, end)) = milliseconds(text) else { return Said::UnknownDuration };
    let Some(rest) = text[end..].strip_prefix(b" ms") else { return Said::UnknownDuration };
    let rest = rest.trim_ascii_start();
    if rest.is_empty() {
        return Said::Duration(us);
    }
    let rest = without_counts(rest);
    if let Some(body) = rest.strip_prefix(b"plan:") {
        return Said::Plan { duration: us, body: body.trim_ascii() };
    }
    step(us, rest).unwrap_or(Said::UnknownDuration)
}

fn step(us: u64, text: &[u8]) -> Option<Said<'_>> {
    let space = text.iter().take(11).position(|byte| *byte == b' ')?;
    let rest = &text[space + 1..];
    match &text[..space] {
        b"statement:" | b"query:" => Some(step_of(Some(us), Step::Statement, rest)),
        b"parse" => named(Some(us), Step::Parse, rest),
        b"bind" => named(Some(us), Step::Bind, rest),
        b"execute" => named(Some(us), Step::Execute, rest),
        b"prepare" => named(Some(us), Step::Prepare, rest),
        _ => None,
    }
}

fn step_of(duration: Option<u64>, step: Step, sql: &[u8]) -> Said<'_> {
    Said::Step { duration, step, name: None, sql }
}

/// `NAME: SQL`, `NAME/PORTAL: SQL`, `fetch from NAME: SQL`.
fn named(duration: Option<u64>, step: Step, text: &[u8]) -> Option<Said<'_>> {
    let (step, text) = match text.strip_prefix(b"fetch from ") {
        Some(rest) if step == Step::Execute => (Step::Fetch, rest),
        _ => (step, text),
    };
    let end = memmem::find(&text[..text.len().min(300)], b": ").or_else(|| text.strip_suffix(b":").map(<[u8]>::len))?;
    let name = &text[..end];
    let name = memchr(b'/', name).map_or(name, |slash| &name[..slash]);
    let name = Some(name).filter(|name| *name != b"<unnamed>" && !name.is_empty());
    Some(Said::Step { duration, step, name, sql: text.get(end + 2..).unwrap_or_default() })
}

/// `rows: 3 size: 120 bytes`, as some forks write.
fn without_counts(text: &[u8]) -> &[u8] {
    let mut rest = text;
    for (word, unit) in [(&b"rows: "[..], &b""[..]), (b"size: ", b" bytes")] {
        let Some(after) = rest.strip_prefix(word) else { continue };
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(after) = after[digits..].strip_prefix(unit) else { return text };
        rest = after.trim_ascii_start();
    }
    rest
}

/// `12.345`: microseconds, and where it ends.
fn milliseconds(text: &[u8]) -> Option<(u64, usize)> {
    let whole = text.iter().take(15).take_while(|byte| byte.is_ascii_digit()).count();
    let mut us = number(&text[..whole])? * 1000;
    if text.get(whole) != Some(&b'.') {
        return Some((us, whole));
    }
    let mut end = whole + 1;
    let mut unit = 100;
    while let Some(digit) = text.get(end).filter(|byte| byte.is_ascii_digit()) {
        us += u64::from(digit - b'0') * unit;
        unit /= 10;
        end += 1;
    }
    Some((us, end))
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

/// `42 still waiting for ShareLock on transaction 7 after 1000.123 ms`, after `process `.
fn wait(text: &[u8]) -> Option<Said<'_>> {
    let space = memchr(b' ', text)?;
    let pid = number(&text[..space])?;
    let rest = &text[space + 1..];
    let (acquired, rest) = match rest.strip_prefix(b"acquired ") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(b"still waiting for ")?),
    };
    let on = memmem::find(rest, b" on ")?;
    let after = memmem::rfind(rest, b" after ")?;
    let (waited, _) = milliseconds(&rest[after + 7..])?;
    let object = rest.get(on + 4..after)?;
    Some(Said::Wait { pid, acquired, mode: &rest[..on], object, waited })
}

/// `temporary file: path "…", size 123`.
fn temporary_file(text: &[u8]) -> Option<Said<'_>> {
    let rest = text.strip_prefix(b"temporary file: ")?;
    number(&rest[memmem::rfind(rest, b", size ")? + 7..]).map(Said::TempFile)
}

/// `parameter "log_min_duration_statement" changed to "100"`: only settings that say what is logged.
fn setting(text: &[u8]) -> Option<Said<'_>> {
    let rest = text.strip_prefix(b"parameter \"")?;
    let quote = memchr(b'"', rest)?;
    let name = &rest[..quote];
    let value = rest[quote + 1..].strip_prefix(b" changed to \"")?.strip_suffix(b"\"")?;
    (name.starts_with(b"log_") || name.starts_with(b"auto_explain.")).then_some(Said::Setting { name, value })
}

/// The list after `parameters: ` (before 16) or `Parameters: `, and the statement after `prepare: `.
pub(super) fn detail(text: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let list = text.strip_prefix(b"parameters: ").or_else(|| text.strip_prefix(b"Parameters: "));
    (list, text.strip_prefix(b"prepare: "))
}

/// A plan's format, and where in it the SQL is and the plan itself. `None`: XML or YAML.
pub(super) fn plan(body: &str) -> Option<(PlanFormat, Option<&str>, &str)> {
    if body.starts_with('{') {
        return Some((PlanFormat::Json, json_text(body), body));
    }
    let Some(rest) = body.strip_prefix("Query Text: ") else {
        return body.lines().next()?.contains("  (cost=").then_some((PlanFormat::Text, None, body));
    };
    let cost = memmem::find(rest.as_bytes(), b"  (cost=")?;
    let root = rest[..cost].rfind('\n')?;
    let text = &rest[..root];
    let text = memmem::find(text.as_bytes(), b"\nQuery Parameters: ").map_or(text, |end| &text[..end]);
    Some((PlanFormat::Text, Some(text), &rest[root + 1..]))
}

/// The raw JSON string after `"Query Text":`, without its quotes.
fn json_text(body: &str) -> Option<&str> {
    let start = body.find("\"Query Text\": \"")? + 15;
    let bytes = body.as_bytes();
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
        if bytes[at] == b'"' {
            return body.get(start..at);
        }
        at += 2;
        if at >= bytes.len() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_a_step() {
        let step = |duration, step, name, sql| Said::Step { duration, step, name, sql };
        for (text, expected) in [
            (&b"duration: 0.170 ms  statement: SELECT 1"[..], step(Some(170), Step::Statement, None, &b"SELECT 1"[..])),
            (b"duration: 12.5 ms  parse <unnamed>: SELECT 1", step(Some(12_500), Step::Parse, None, b"SELECT 1")),
            (b"duration: 2 ms  bind S_1/C_2: SELECT ': '", step(Some(2000), Step::Bind, Some(b"S_1"), b"SELECT ': '")),
            (b"duration: 1.001 ms  execute a1: TABLE t", step(Some(1001), Step::Execute, Some(b"a1"), b"TABLE t")),
            (
                b"duration: 1.0 ms  execute fetch from a/c: TABLE t",
                step(Some(1000), Step::Fetch, Some(b"a"), b"TABLE t"),
            ),
            (b"duration: 1.0 ms  rows: 3 size: 12 bytes statement: X", step(Some(1000), Step::Statement, None, b"X")),
            (b"statement: BEGIN", step(None, Step::Statement, None, b"BEGIN")),
            (b"execute <unnamed>: SELECT $1", step(None, Step::Execute, None, b"SELECT $1")),
            (b"execute <unnamed>: ", step(None, Step::Execute, None, b"")),
            (b"[postgres.c:1362]  statement: BEGIN", step(None, Step::Statement, None, b"BEGIN")),
            (b"duration: 0.083 ms", Said::Duration(83)),
            (b"duration: 0,083 ms", Said::UnknownDuration),
            (b"duration: 1 ms  fastpath function call: \"f\" (OID 1)", Said::UnknownDuration),
            (b"connection received: host=[local]", Said::Nothing),
            (b"temporary file: path \"base/a, size 1\", size 123", Said::TempFile(123)),
            (b"parameter \"log_duration\" changed to \"on\"", Said::Setting { name: b"log_duration", value: b"on" }),
            (b"parameter \"work_mem\" changed to \"4MB\"", Said::Nothing),
        ] {
            assert_eq!(said(text, false), expected, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(said(b"canceling statement due to user request", true), Said::Cancelled(b"user request"));
        assert_eq!(said(b"duration: 1 ms  statement: SELECT 1", true), Said::Error);
    }

    #[test]
    fn a_lock_that_is_waited_for() {
        let text = b"process 42 still waiting for ShareLock on transaction 7 after 1000.123 ms";
        let wait =
            Said::Wait { pid: 42, acquired: false, mode: b"ShareLock", object: b"transaction 7", waited: 1_000_123 };
        assert_eq!(said(text, false), wait);
        let text = b"process 42 acquired AccessShareLock on relation 1 of database 2 after 5.000 ms";
        assert!(matches!(said(text, false), Said::Wait { acquired: true, waited: 5000, .. }));
    }

    #[test]
    fn a_plan_and_its_sql() {
        let text = "Query Text: SELECT a,\n  b FROM t\nQuery Parameters: $1 = '1'\nSeq Scan on t  (cost=0.00..1.00 rows=1)\n  Filter: x";
        let (format, sql, body) = plan(text).expect("a plan");
        assert_eq!((format, sql), (PlanFormat::Text, Some("SELECT a,\n  b FROM t")));
        assert!(body.starts_with("Seq Scan on t"), "{body}");
        let json = "{\n  \"Query Text\": \"SELECT \\\"a\\\"\",\n  \"Plan\": {}}";
        assert_eq!(plan(json), Some((PlanFormat::Json, Some("SELECT \\\"a\\\""), json)));
        assert_eq!(plan("<explain xmlns=\"\">"), None);
    }
}
