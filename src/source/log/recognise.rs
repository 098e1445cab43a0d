//! Which `log_line_prefix` a log was written with: one that is well known, or one made from a line of it.

use memchr::{memchr, memmem};

use super::clock::{Clock, epoch};
use super::label::Label;
use super::prefix::{Fields, Prefix};
use super::session::session_id;

/// Prefixes of the manuals, packages, clouds and tools. Of two that fit equally well the first is taken.
const KNOWN: &[&str] = &[
    "%m [%p] ",
    "%m [%p] %q%u@%d ",
    "%t [%p] ",
    "%t [%p] %q%u@%d ",
    "%t:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "%t-%c-",
    "%m-%c-",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: [%l-1] user=%u,db=%d ",
    "%t [%p]: [%l-1] ",
    "%t [%p-%l] %q%u@%d ",
    "%t [%p-%l] ",
    "%m [%p] %q%u@%d %a ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p] %q[%u@%d] [%a] ",
    "%m [%p][%v] : [%l-1] %q[app=%a] ",
    "%m [%p][%b][%v][%x] %q[%a] ",
    "%m [%p] %q%u@%d %a %c:%l %x %Q ",
    "%m [%p] %q%u@%d/%a ",
    "%t [%p] %u@%d %h ",
    "%m [%p] %r %u@%d ",
    "%m %r %u %a [%c] [%p] ",
    "%t %p %u@%d/%a ",
    "%m|%u|%d|%r|%p|%l|%e|%s|%v|%x|%c|%i|%P|%a|%Q|",
    "%m|%u|%d|%c|",
    "%n %c %l %x %v %e ",
    "user=%u,db=%d,app=%a,client=%h ",
    "user=%u,db=%d,client=%h ",
    "user=%u,db=%d ",
    "[%p] %q%u@%d ",
    "[%p] ",
    "sql_error_code = %e ",
    "sql_error_code = %e time_ms = \"%m\" pid=\"%p\" proc_start_time=\"%s\" session_id=\"%c\" vtid=\"%v\" tid=\"%x\" \
     log_line=\"%l\" database=\"%d\" connection_source=\"%r\" user=\"%u\" application_name=\"%a\" ",
    "",
];

/// Lines of a sample that are looked at.
const LINES: usize = 2000;

/// Lines from which a prefix of its own is made.
const MODELS: usize = 8;

/// How well a prefix fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Lines that match, less those whose names look as if they were more than a name.
    lines: usize,
    /// Fields that were read off them.
    fields: usize,
}

/// The prefix of the lines; `given` is believed where it fits. `None`: they have none in common.
pub(super) fn recognised<'a>(lines: impl Iterator<Item = &'a [u8]>, given: Option<&str>) -> Option<Prefix> {
    let mut continues = false;
    let lines = lines.inspect(|line| continues |= line.starts_with(b"\t"));
    let mut labelled: Vec<&[u8]> = lines.filter(|line| label(line).is_some()).take(LINES).collect();
    if labelled.len() > 2 {
        // a file may begin in the middle of a line
        labelled.remove(0);
    }
    let given = given.map(Prefix::new);
    if labelled.is_empty() {
        // the end of a statement that an earlier file begins
        return given.filter(|_| continues);
    }
    let known = best(KNOWN.iter().map(|written| (*written).to_owned()), &labelled);
    let made = best(models(&labelled).map(made_from), &labelled);
    // what was set or chosen says more than what was made up, so that this must fit clearly more lines
    let given = given.map(|given| (fit(&given, &labelled), given));
    let found = [given, known, made].into_iter().flatten().filter(|(fit, _)| fit.lines > 0);
    let found = found.reduce(|sooner, later| if later.0.clearly_better(sooner.0) { later } else { sooner });
    found.filter(|(fit, _)| fit.lines * 2 >= labelled.len()).map(|(_, prefix)| prefix)
}

impl Fit {
    /// By more than a tenth, and by more than a line that was cut.
    fn clearly_better(self, other: Self) -> bool {
        self.lines > other.lines + 1 && self.lines * 9 > other.lines * 10
    }
}

/// The first of those that fit best.
fn best(all: impl Iterator<Item = String>, lines: &[&[u8]]) -> Option<(Fit, Prefix)> {
    let mut best: Option<(Fit, Prefix)> = None;
    for prefix in all.map(|written| Prefix::new(&written)) {
        let fit = fit(&prefix, lines);
        if best.as_ref().is_none_or(|(best, _)| fit > *best) {
            best = Some((fit, prefix));
        }
    }
    best
}

/// Lines of sessions say more than those of background processes.
fn models<'a>(lines: &[&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    let of_session =
        |line: &&&[u8]| memmem::find(line, b"[unknown]").is_none() && memmem::find(line, b"duration: ").is_some();
    lines.iter().filter(of_session).chain(lines.iter()).take(MODELS).copied().collect::<Vec<_>>().into_iter()
}

fn fit(prefix: &Prefix, lines: &[&[u8]]) -> Fit {
    let mut clock = Clock::default();
    let mut fit = Fit { lines: 0, fields: 0 };
    for head in lines.iter().filter_map(|line| prefix.head(line, &mut clock)) {
        let fields = &head.fields;
        let odd = [fields.user, fields.database].into_iter().flatten().any(is_odd);
        fit.lines += usize::from(!odd);
        fit.fields += known(fields);
    }
    fit
}

fn known(fields: &Fields<'_>) -> usize {
    let names = [fields.user, fields.database, fields.application, fields.remote];
    names.into_iter().flatten().count()
        + usize::from(fields.at.is_some())
        + usize::from(fields.session().is_some())
        + usize::from(fields.id.is_some())
        + usize::from(fields.query_id.is_some())
}

/// No name of a role or a database that anybody gives.
fn is_odd(name: &[u8]) -> bool {
    name.iter().any(|byte| b" =,[]@|:\"()/".contains(byte))
}

/// Where the label of a line is; only those that a message may begin with.
fn label(line: &[u8]) -> Option<usize> {
    let front = &line[..line.len().min(500)];
    let mut from = 0;
    while let Some(colon) = memmem::find(&front[from..], b":  ").map(|at| from + at) {
        let word =
            front[..colon].iter().rev().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
        if Label::at(&line[colon - word..]).is_some_and(|(label, _)| label.begins()) {
            return Some(colon - word);
        }
        from = colon + 3;
    }
    None
}

/// A prefix made from the front of one line: what has a shape becomes an escape, a word becomes `%?`.
fn made_from(line: &[u8]) -> String {
    let front = &line[..label(line).unwrap_or(0)];
    let mut maker = Maker { front, at: 0, written: String::new(), time: false, pid: false, key: String::new() };
    while maker.at < front.len() {
        maker.one();
    }
    maker.written
}

/// A prefix in the making.
struct Maker<'a> {
    front: &'a [u8],
    at: usize,
    written: String,
    time: bool,
    pid: bool,
    /// The last word, when a value comes after it.
    key: String,
}

impl Maker<'_> {
    fn one(&mut self) {
        let rest = &self.front[self.at..];
        if let Some((escape, len)) = self.time(rest).or_else(|| self.shape(rest)) {
            return self.write(escape, len);
        }
        let word = rest.iter().take_while(|byte| is_word(**byte)).count();
        if word == 0 {
            let byte = rest[0];
            let literal = if byte == b'%' { "%%".to_owned() } else { String::from_utf8_lossy(&rest[..1]).into_owned() };
            return self.write(&literal, 1);
        }
        self.word(rest, word);
    }

    fn word(&mut self, rest: &[u8], word: usize) {
        if rest.get(word) == Some(&b'=') {
            self.key = String::from_utf8_lossy(&rest[..word]).to_ascii_lowercase();
            let literal = String::from_utf8_lossy(&rest[..=word]).into_owned();
            return self.write_keeping_key(&literal, word + 1);
        }
        let second = rest.get(word + 1..).map_or(0, |rest| rest.iter().take_while(|byte| is_word(**byte)).count());
        if rest.get(word) == Some(&b'@') && second > 0 {
            return self.write("%u@%d", word + 1 + second);
        }
        let escape = match self.key.as_str() {
            "user" | "usr" | "u" | "role" => "%u",
            "db" | "database" | "dbname" | "d" => "%d",
            "app" | "application" | "application_name" | "appname" | "a" => "%a",
            "pid" | "p" => "%p",
            "client" | "host" | "remote" => "%h",
            "session" | "session_id" | "sid" => "%c",
            _ => "%?",
        };
        self.pid |= escape == "%p";
        self.write(escape, word);
    }

    fn time(&mut self, rest: &[u8]) -> Option<(&'static str, usize)> {
        let stamp = Clock::default().stamp(rest);
        let (escape, stamp) = match stamp {
            Some(stamp) if self.time => ("%s", stamp),
            Some(stamp) => (if stamp.whole { "%t" } else { "%m" }, stamp),
            None => ("%n", epoch(rest)?),
        };
        self.time = true;
        Some((escape, stamp.len))
    }

    fn shape(&mut self, rest: &[u8]) -> Option<(&'static str, usize)> {
        let token = rest.iter().take_while(|byte| !b" ,;|]\"=@".contains(byte)).count();
        let token = &rest[..token];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let hex = rest.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'.').count();
        let is_id = memchr(b'.', &rest[..hex]).is_some_and(|dot| (8..=10).contains(&dot) && dot + 1 < hex);
        if is_id && session_id(&rest[..hex]).is_some() {
            return Some(("%c", hex));
        }
        if rest.starts_with(b"[local]") {
            return Some(("%r", 7));
        }
        let open = memchr(b'(', token).filter(|open| *open > 0);
        if let Some(open) = open {
            let port = token[open + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            return (port > 0 && token.get(open + 1 + port) == Some(&b')')).then_some(("%r", open + port + 2));
        }
        if memchr::memchr_iter(b'.', token).count() == 3
            && token.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            return Some(("%h", token.len()));
        }
        let negative = usize::from(rest.first() == Some(&b'-'));
        let long = rest[negative..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if long >= 15 {
            return Some(("%Q", negative + long));
        }
        self.number(rest, digits)
    }

    /// A number is the process only where it stands as one does: in brackets.
    fn number(&mut self, rest: &[u8], digits: usize) -> Option<(&'static str, usize)> {
        let after = rest.get(digits).copied();
        if digits == 0 || after.is_some_and(is_word) && after != Some(b'-') {
            return None;
        }
        if after == Some(b'/') {
            let second = rest[digits + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            return (second > 0).then_some(("%v", digits + 1 + second));
        }
        if rest.starts_with(b"00000") && digits == 5 {
            return Some(("%e", 5));
        }
        let bracket = self.written.ends_with('[') && matches!(after, Some(b']' | b'-'));
        let named = ["pid", "p"].contains(&self.key.as_str());
        if (bracket && after == Some(b']') || named) && !self.pid {
            self.pid = true;
            return Some(("%p", digits));
        }
        Some(("%l", digits))
    }

    fn write(&mut self, escape: &str, len: usize) {
        self.write_keeping_key(escape, len);
        // a quote stands between a key and its value
        if escape != "\"" && escape != "[" {
            self.key.clear();
        }
    }

    fn write_keeping_key(&mut self, escape: &str, len: usize) {
        self.written.push_str(escape);
        self.at += len;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'$') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Option<String> {
        recognised(lines.iter().map(|line| line.as_bytes()), None).map(|prefix| prefix.written)
    }

    #[test]
    fn a_prefix_that_nobody_knows_is_made_from_the_lines() {
        for (line, expected) in [
            ("<2026-11-22 02:53:22.745 UTC> {4711} LOG:  duration: 1.0 ms", "<%m> {%l} "),
            ("2026-11-22 02:53:22 CET <role=bob database=shop pid=12> LOG:  x", "%t <role=%u database=%d pid=%p> "),
            ("t=2026-11-22 02:53:22.745 UTC s=6b0258fa.71de bob@shop/psql LOG:  x", "t=%m s=%c %u@%d/%? "),
            ("2026-11-22 02:53:22.745 UTC [42] client=10.0.0.1 app=\"psql\" LOG:  x", "%m [%p] client=%h app=\"%a\" "),
        ] {
            assert_eq!(of(&[line]).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(of(&["nothing of a log"]), None);
    }
}
