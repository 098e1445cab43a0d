//! Comments that say where a statement comes from: sqlcommenter, Rails query log tags, marginalia.

use std::collections::HashMap;

use super::count;
use super::distinct::Distinct;
use super::session::Seen;
use super::statements::{Id, Statements};
use crate::workload::outline::{Backslash, comments, hash};

/// Executions in one trace from which they are a loop.
const LOOP: u64 = 3;
/// Characters kept of a tag.
const LONGEST: usize = 200;
/// Traces kept at a time.
const TRACES: usize = 10_000;
/// A trace without an execution for so long is over, µs.
const IDLE: i64 = 60_000_000;

/// The tags of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Tags {
    /// The trace of a W3C `traceparent`.
    pub trace: Option<String>,
    /// The route; else controller and action; else the job.
    pub route: Option<String>,
    /// A job ran it.
    pub job: bool,
    /// `file:line`.
    pub place: Option<String>,
}

/// Traces that are under way.
#[derive(Debug, Default)]
pub(super) struct Traces {
    open: HashMap<u64, Trace>,
}

#[derive(Debug, Default)]
struct Trace {
    latest: i64,
    route: Option<String>,
    worker: bool,
    statements: Vec<(Id, u64, Distinct)>,
}

impl Traces {
    pub(super) fn observe(&mut self, statements: &mut Statements, seen: &Seen, text: &str) {
        if !text.contains("/*") {
            return;
        }
        let tags = Tags::of(text, statements.backslash);
        let known = statements.get_mut(seen.id);
        if let Some(route) = &tags.route {
            count(&mut known.routes, route, 1);
        }
        if let Some(place) = &tags.place {
            count(&mut known.places, place, 1);
        }
        let claim = known.claim;
        if let Some(name) = &tags.trace {
            known.traced.of += 1;
            let trace = self.open.entry(hash(0, name.as_bytes())).or_default();
            trace.latest = seen.ended;
            trace.worker |= tags.job || claim;
            trace.route = trace.route.take().or(tags.route);
            trace.add(seen);
        }
        self.sweep(statements, seen.ended);
    }

    fn sweep(&mut self, statements: &mut Statements, now: i64) {
        if self.open.len() < TRACES {
            return;
        }
        let idle: Vec<u64> =
            self.open.iter().filter(|(_, trace)| now - trace.latest > IDLE).map(|(id, _)| *id).collect();
        let over = if idle.is_empty() { self.open.keys().copied().collect() } else { idle };
        self.end(statements, over);
    }

    pub(super) fn close(&mut self, statements: &mut Statements) {
        let all = self.open.keys().copied().collect();
        self.end(statements, all);
    }

    fn end(&mut self, statements: &mut Statements, mut over: Vec<u64>) {
        over.sort_unstable();
        for trace in over.into_iter().filter_map(|id| self.open.remove(&id)) {
            trace.close(statements);
        }
    }
}

impl Trace {
    fn add(&mut self, seen: &Seen) {
        let at = self.statements.iter().position(|(id, ..)| *id == seen.id).unwrap_or_else(|| {
            self.statements.push((seen.id, 0, Distinct::default()));
            self.statements.len() - 1
        });
        let (_, calls, values) = &mut self.statements[at];
        *calls += 1;
        values.add(seen.values);
    }

    fn close(self, statements: &mut Statements) {
        for (id, calls, values) in self.statements {
            if calls < LOOP || !values.mostly() || !statements.is_body(id) {
                continue;
            }
            let tagged = &mut statements.get_mut(id).traced;
            tagged.traces += 1;
            tagged.calls += calls;
            tagged.worker_calls += if self.worker { calls } else { 0 };
            if let Some(route) = &self.route {
                count(&mut tagged.routes, route, calls);
            }
        }
    }
}

impl Tags {
    /// Of the comments of a text.
    pub(in crate::analysis) fn of(text: &str, backslash: Backslash) -> Self {
        let mut tags = Self::default();
        let (mut controller, mut action) = (None, None);
        for (key, value) in comments(text, backslash).into_iter().filter_map(inner).flat_map(pairs) {
            match key {
                "traceparent" => tags.trace = value.split('-').nth(1).map(str::to_owned),
                "route" => tags.route = Some(value),
                "controller" => controller = Some(value),
                "action" => action = Some(value),
                "job" | "job_name" => (tags.job, tags.route) = (true, tags.route.or(Some(value))),
                "source_location" | "line" => tags.place = Some(value),
                _ => {}
            }
        }
        tags.route = tags.route.or_else(|| match (controller, action) {
            (Some(controller), Some(action)) => Some(format!("{controller}#{action}")),
            (one, other) => one.or(other),
        });
        tags
    }
}

/// What stands between `/*` and `*/`.
fn inner(comment: &str) -> Option<&str> {
    comment.strip_prefix("/*")?.strip_suffix("*/")
}

/// `key='value'` with URL encoding, or `key:value`.
fn pairs(comment: &str) -> Vec<(&str, String)> {
    let pair = |part: &'_ str| -> Option<(usize, usize, String)> {
        let at = part.find(['=', ':'])?;
        let value = part[at + 1..].trim();
        let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).unwrap_or(value);
        Some((0, at, decoded(value)))
    };
    let parts = comment.split(',').map(str::trim);
    parts.filter_map(|part| pair(part).map(|(from, to, value)| (part[from..to].trim(), value))).collect()
}

/// Percent encoding undone; what is no text stays as it is.
fn decoded(value: &str) -> String {
    let pair = format!("v={}", value.replace('+', "%2B").replace('&', "%26"));
    let first = url::form_urlencoded::parse(pair.as_bytes()).next();
    let decoded = first.map_or_else(|| value.to_owned(), |(_, value)| value.into_owned());
    decoded.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_tag_is_read() {
        for (text, route, trace, place) in [
            (
                "SELECT 1 /*action='count',controller='t',framework='django',route='%2Fcount',traceparent='00-5bd66ef5-ab-01'*/",
                Some("/count"),
                Some("5bd66ef5"),
                None,
            ),
            ("/*application:App,controller:users,action:index*/ SELECT 1", Some("users#index"), None, None),
            (
                "SELECT 1 /*application='A',job='SendMail',source_location='app/x.rb:12'*/",
                Some("SendMail"),
                None,
                Some("app/x.rb:12"),
            ),
            ("SELECT 1 /* a note, nothing more */", None, None, None),
            ("SELECT 1 /* open", None, None, None),
            ("SELECT '/*route=anna*/'", None, None, None),
        ] {
            let tags = Tags::of(text, Backslash::Plain);
            assert_eq!(
                (tags.route.as_deref(), tags.trace.as_deref(), tags.place.as_deref()),
                (route, trace, place),
                "{text}"
            );
        }
    }
}
