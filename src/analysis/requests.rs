//! How long requests keep the database busy, and how many statements each of them runs.
//!
//! What a request is, the log must say: the trace of a `traceparent` tag, or else an explicit transaction. A session
//! alone tells nothing, since a pool hands it from one request to the next. The time is that of the statements: what the
//! program does in between is not the database's.

use std::collections::{BTreeMap, HashMap};

use super::trace::tags::Tags;
use super::trace::times::Times;
use crate::snapshot::Snapshot;
use crate::source::log::{Execution, Step};
use crate::workload::outline::{Backslash, hash};

/// Fewer requests have no 95th percentile to speak of.
pub const MIN_REQUESTS: u64 = 20;
/// Fewer have no 99th.
pub const MIN_FOR_P99: u64 = 100;
/// Kept at a time; those idle for a minute go first.
const OPEN: usize = 10_000;
/// A request without a statement for so long is over, µs.
const IDLE: i64 = 60_000_000;
/// Routes of which times are kept.
const ROUTES: usize = 200;
/// Statements of a request beyond which it is one with very many.
const MOST_STATEMENTS: u64 = 10_000;

/// What a request is in this log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// The trace of a `traceparent` tag.
    #[default]
    Trace,
    /// From BEGIN to COMMIT or ROLLBACK: a part of a request at least.
    Transaction,
}

/// The requests of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requests {
    /// What they are.
    pub by: By,
    /// How many.
    pub count: u64,
    /// Of those, how many have a time: all their statements do.
    pub timed: u64,
    /// 95th percentile of their time, ms.
    pub p95_ms: Option<f64>,
    /// The 99th, ms.
    pub p99_ms: Option<f64>,
    /// 95th percentile of their statements, BEGIN, COMMIT and SET left out.
    pub statements_p95: u64,
    /// The most statements of one.
    pub statements_most: u64,
    /// The route whose 95th percentile is the highest, and that, ms; of routes with enough requests.
    pub slowest: Option<(String, f64)>,
    /// The route whose requests run most statements, and their 95th percentile.
    pub busiest: Option<(String, u64)>,
}

/// Watches executions.
#[derive(Debug, Default)]
pub struct Turns {
    backslash: Backslash,
    traces: HashMap<u64, Request>,
    transactions: HashMap<u64, Request>,
    by_trace: Sums,
    by_transaction: Sums,
}

/// One that is under way.
#[derive(Debug, Default)]
struct Request {
    latest: i64,
    us: u64,
    untimed: bool,
    statements: u64,
    route: Option<String>,
}

/// Those that are over.
#[derive(Debug, Default)]
struct Sums {
    count: u64,
    all: Times,
    statements: BTreeMap<u64, u64>,
    routes: BTreeMap<String, (Times, BTreeMap<u64, u64>)>,
}

/// What a text does to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Begin,
    End,
    Aside,
    None,
}

impl Turns {
    /// Of a log of this server.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self { backslash: Backslash::of(snapshot), ..Self::default() }
    }

    /// Takes the next execution, or a step of one, into account.
    pub fn observe(&mut self, execution: &Execution<'_>) {
        let text = execution.prepared.unwrap_or(execution.text);
        let control = control(text);
        let tags = if text.contains("/*") { Tags::of(text, self.backslash) } else { Tags::default() };
        if let Some(trace) = &tags.trace {
            let request = self.traces.entry(hash(0, trace.as_bytes())).or_default();
            request.add(execution, control, &tags);
            if self.traces.len() >= OPEN {
                sweep(&mut self.traces, execution.at_us.unwrap_or_default(), |over| self.by_trace.add(over));
            }
        }
        let Some(session) = execution.session else { return };
        if control == Control::Begin && matches!(execution.step, Step::Statement | Step::Execute) {
            // one that never ended was not seen whole
            self.transactions.insert(session, Request::default());
        }
        if let Some(request) = self.transactions.get_mut(&session) {
            request.add(execution, control, &tags);
        }
        if control == Control::End && matches!(execution.step, Step::Statement | Step::Execute) {
            let over = self.transactions.remove(&session).filter(|request| request.statements > 0);
            if let Some(request) = over {
                self.by_transaction.add(request);
            }
        }
        if self.transactions.len() >= OPEN {
            sweep(&mut self.transactions, execution.at_us.unwrap_or_default(), drop);
        }
    }

    /// The requests, where the log says what one is.
    pub fn finish(mut self) -> Option<Requests> {
        let mut open: Vec<(u64, Request)> = self.traces.drain().collect();
        open.sort_by_key(|(trace, _)| *trace);
        for (_, request) in open {
            self.by_trace.add(request);
        }
        let traced = self.by_trace.count >= MIN_REQUESTS;
        let (by, sums) = if traced { (By::Trace, self.by_trace) } else { (By::Transaction, self.by_transaction) };
        (sums.count > 0).then(|| sums.told(by))
    }
}

/// Ends those that are idle; where none is, all.
fn sweep(open: &mut HashMap<u64, Request>, now: i64, mut over: impl FnMut(Request)) {
    let idle = |request: &Request| now - request.latest > IDLE;
    let some = open.values().any(idle);
    let mut ended: Vec<u64> =
        open.iter().filter(|(_, request)| !some || idle(request)).map(|(name, _)| *name).collect();
    ended.sort_unstable();
    ended.into_iter().filter_map(|name| open.remove(&name)).for_each(&mut over);
}

impl Request {
    /// Parsing and planning have times of their own in the extended protocol, and are no statements.
    fn add(&mut self, execution: &Execution<'_>, control: Control, tags: &Tags) {
        self.latest = execution.at_us.unwrap_or(self.latest);
        match execution.duration_us {
            Some(us) => self.us += us,
            None => self.untimed = true,
        }
        let counts = control == Control::None && matches!(execution.step, Step::Statement | Step::Execute);
        self.statements += u64::from(counts);
        if self.route.is_none() {
            self.route.clone_from(&tags.route);
        }
    }
}

impl Sums {
    fn add(&mut self, request: Request) {
        self.count += 1;
        let statements = request.statements.min(MOST_STATEMENTS);
        *self.statements.entry(statements).or_default() += 1;
        if !request.untimed {
            self.all.add(request.us);
        }
        let Some(route) = request.route else { return };
        if self.routes.len() < ROUTES || self.routes.contains_key(&route) {
            let (times, counts) = self.routes.entry(route).or_default();
            *counts.entry(statements).or_default() += 1;
            if !request.untimed {
                times.add(request.us);
            }
        }
    }

    fn told(&self, by: By) -> Requests {
        let enough = |times: &Times, least: u64| times.calls >= least;
        let p95 = |times: &Times| times.percentile(0.95).filter(|_| enough(times, MIN_REQUESTS));
        let slowest = self.routes.iter().filter_map(|(route, (times, _))| Some((route.clone(), p95(times)?)));
        let known = |counts: &BTreeMap<u64, u64>| counts.values().sum::<u64>() >= MIN_REQUESTS;
        let busiest = self.routes.iter().filter(|(_, (_, counts))| known(counts));
        let busiest = busiest.map(|(route, (_, counts))| (route.clone(), percentile(counts, 0.95)));
        Requests {
            by,
            count: self.count,
            timed: self.all.calls,
            p95_ms: p95(&self.all),
            p99_ms: self.all.percentile(0.99).filter(|_| enough(&self.all, MIN_FOR_P99)),
            statements_p95: percentile(&self.statements, 0.95),
            statements_most: self.statements.keys().next_back().copied().unwrap_or_default(),
            slowest: slowest.reduce(|best, next| if next.1 > best.1 { next } else { best }),
            busiest: busiest.reduce(|best, next| if next.1 > best.1 { next } else { best }),
        }
    }
}

/// The number that `share` of those counted do not exceed.
fn percentile(counts: &BTreeMap<u64, u64>, share: f64) -> u64 {
    let wanted = (counts.values().sum::<u64>() as f64 * share).ceil() as u64;
    let mut seen = 0;
    let at = counts.iter().find(|(_, count)| {
        seen += **count;
        seen >= wanted
    });
    at.map_or(0, |(number, _)| *number)
}

/// By the first words; comments of tags may stand before them.
fn control(text: &str) -> Control {
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
        rest = after.1.trim_start();
    }
    let mut words = rest.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    let second = words.next().unwrap_or_default().to_ascii_uppercase();
    match (first.as_str(), second.as_str()) {
        ("BEGIN", _) | ("START", "TRANSACTION") => Control::Begin,
        ("ROLLBACK", "TO") | ("SAVEPOINT" | "RELEASE" | "SET" | "RESET" | "DISCARD" | "DEALLOCATE" | "SHOW", _) => {
            Control::Aside
        }
        ("COMMIT" | "ROLLBACK" | "END" | "ABORT", _) | ("PREPARE", "TRANSACTION") => Control::End,
        _ => Control::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(text: &str, session: u64, ms: u64, step: Step) -> Execution<'_> {
        Execution {
            at_us: Some(0),
            whole_seconds: false,
            duration_us: Some(ms * 1_000),
            session: Some(session),
            step,
            name: None,
            text,
            prepared: None,
            parameters: None,
            user: None,
            database: None,
            application: None,
            query_id: None,
        }
    }

    #[test]
    fn a_transaction_is_a_request_where_no_trace_says_better() {
        let mut turns = Turns::default();
        for round in 1..=100 {
            for (text, step) in [
                ("BEGIN", Step::Statement),
                ("SELECT 1", Step::Bind),
                ("SELECT 1", Step::Execute),
                ("SAVEPOINT a", Step::Statement),
                ("SELECT 2", Step::Statement),
                ("ROLLBACK TO a", Step::Statement),
                ("/*route='x'*/ COMMIT", Step::Statement),
            ] {
                turns.observe(&execution(text, round % 3, if text == "SELECT 2" { round } else { 1 }, step));
            }
            turns.observe(&execution("SELECT 'alone'", round % 3, 1_000, Step::Statement));
        }
        let requests = turns.finish().expect("requests");
        assert_eq!((requests.by, requests.count, requests.timed), (By::Transaction, 100, 100));
        assert_eq!((requests.statements_p95, requests.statements_most), (2, 2));
        let p95 = requests.p95_ms.expect("a percentile");
        assert!((p95 / 101.0 - 1.0).abs() < 0.05, "{p95}");
        assert!(requests.p99_ms.is_some());
    }

    #[test]
    fn a_trace_is_a_request_over_sessions_and_names_its_route() {
        let mut turns = Turns::default();
        let texts: Vec<String> = (0..30)
            .flat_map(|number| {
                let (route, times) = if number < 25 { ("/slow", 5) } else { ("/quick", 1) };
                let text = format!("SELECT 1 /*route='{route}',traceparent='00-{number:032x}-01-01'*/");
                vec![text; times]
            })
            .collect();
        for (number, text) in texts.iter().enumerate() {
            turns.observe(&execution(text, number as u64, 10, Step::Statement));
        }
        let requests = turns.finish().expect("requests");
        assert_eq!((requests.by, requests.count, requests.statements_p95), (By::Trace, 30, 5));
        assert_eq!(requests.busiest, Some(("/slow".to_owned(), 5)));
        assert_eq!(requests.slowest.map(|(route, _)| route).as_deref(), Some("/slow"));
        assert_eq!(requests.p99_ms, None);
    }

    #[test]
    fn statements_without_an_end_that_is_known_are_no_requests() {
        let mut turns = Turns::default();
        for text in ["SELECT 1", "BEGIN", "SELECT 1", "SET x = 1", "SELECT 2"] {
            turns.observe(&execution(text, 1, 1, Step::Statement));
        }
        assert_eq!(turns.finish(), None);
    }
}
