//! What a log tells beyond counters: the order of executions within sessions, and their rhythm.
//!
//! An [`Observer`] sees one execution after another and keeps sums only, so that a log of any length needs the memory of
//! its distinct statements. What it looks for are the marks of a loop: a list followed by look-ups related to it in one
//! session, long runs of one statement, bursts over the sessions of a pool, and the same statement many times in
//! one trace. It judges nothing; `n_plus_one` weighs the marks.

mod burst;
mod distinct;
pub mod entries;
pub mod limits;
mod rhythm;
mod session;
mod statements;
mod tags;
mod times;

use std::collections::{BTreeMap, HashMap};

use burst::Bursts;
pub use rhythm::Beat;
use session::{Seen, Session};
use statements::Statements;
use tags::Traces;

use crate::snapshot::Snapshot;
use crate::source::log::{Execution, Step};
use crate::workload::Workload;
use crate::workload::outline::hash;

/// One execution, as a log tells it. Times in µs since the epoch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ran<'a> {
    /// When it began; `None` where the log has no times.
    pub began: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
    /// How long it took, µs.
    pub took: Option<u64>,
    /// Which session; executions without one are counted, and in no order.
    pub session: Option<u64>,
    /// The statement, with or without its values.
    pub text: &'a str,
    /// The values of its parameters, as written; only compared.
    pub parameters: Option<&'a str>,
    /// `application_name`.
    pub application: Option<&'a str>,
}

impl<'a> Ran<'a> {
    /// Of a line of a log. Parsing and planning have lines of their own in the extended protocol, and a further batch of a
    /// cursor is no execution: `None`.
    pub fn of(execution: &Execution<'a>) -> Option<Self> {
        let took = execution.duration_us;
        matches!(execution.step, Step::Statement | Step::Execute).then(|| Self {
            began: execution.at_us.map(|at| at - took.map_or(0, u64::cast_signed)),
            ended: execution.at_us,
            took,
            session: execution.session,
            text: execution.prepared.unwrap_or(execution.text),
            parameters: execution.parameters,
            application: execution.application,
        })
    }
}

/// What became of a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// Every statement that is no utility command, by fingerprint.
    pub statements: BTreeMap<String, Traced>,
    /// From the first to the last execution, seconds; `None` where the log has no times.
    pub seconds: Option<f64>,
    /// Executions seen, utility commands among them.
    pub executions: u64,
    /// Executions of statements past the number that is kept.
    pub left_out: u64,
    /// Whether the log tells sessions apart.
    pub sessions: bool,
    /// Only slow executions, or a sample of them, have a duration: times are not those of all.
    pub partial: bool,
    /// Whether its times have only whole seconds: gaps between statements then tell nothing.
    pub whole_seconds: bool,
}

/// What a log tells of one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traced {
    /// One text of it, without values where the server left them out.
    pub text: String,
    /// Executions.
    pub calls: u64,
    /// Executions with a duration.
    pub timed: u64,
    /// Their time, ms.
    pub total_ms: f64,
    /// Shortest, ms.
    pub min_ms: f64,
    /// Longest, ms.
    pub max_ms: f64,
    /// Population standard deviation, ms.
    pub stddev_ms: f64,
    /// Measured percentiles, ms, within 3 %: 95th and 99th.
    pub p95_ms: Option<f64>,
    /// The 99th.
    pub p99_ms: Option<f64>,
    /// Executions in loops after a related list, by fingerprint of the list.
    pub looped: BTreeMap<String, Looped>,
    /// Executions in runs of their own.
    pub headless: u64,
    /// Executions in bursts over several sessions, after a related list.
    pub bursts: u64,
    /// Executions soon after a claim with a lock, in the same session.
    pub after_claim: u64,
    /// Calls per window, for windows of several lengths.
    pub beats: Vec<Beat>,
    /// Executions in traces that repeat it, from `traceparent` tags.
    pub traced: Option<Tagged>,
    /// Where it comes from, by tag: route, job, or controller and action.
    pub routes: BTreeMap<String, u64>,
    /// `file:line` of tags.
    pub places: BTreeMap<String, u64>,
    /// `application_name`s.
    pub applications: BTreeMap<String, u64>,
}

/// Loops over one list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looped {
    /// Executions of the body.
    pub calls: u64,
    /// Loops.
    pub loops: u64,
}

/// What traces tell of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tagged {
    /// Traces that repeat it three times or more, with different values.
    pub traces: u64,
    /// Its executions in them.
    pub calls: u64,
    /// Of these, executions in jobs and workers.
    pub worker_calls: u64,
    /// Executions with a trace at all.
    pub of: u64,
    /// The routes of those traces.
    pub routes: BTreeMap<String, u64>,
}

/// Distinct names kept for a statement; a tag with a value of its own for each request would grow without end.
const NAMES: usize = 30;
/// Sessions kept at a time; those idle for a minute go first.
const SESSIONS: usize = 20_000;
/// A session that is idle for so long has ended its loops, µs.
const IDLE: i64 = 60_000_000;

/// Watches executions.
pub struct Observer<'a> {
    statements: Statements<'a>,
    sessions: HashMap<u64, Session>,
    bursts: Bursts,
    traces: Traces,
    trace: Trace,
    span: Option<(i64, i64)>,
    time_less: bool,
}

impl<'a> Observer<'a> {
    /// On the tables of a snapshot; the counters of its workload tell how many rows a statement returns.
    pub fn of(snapshot: &'a Snapshot, workload: &'a Workload) -> Self {
        Self {
            statements: Statements::of(snapshot, workload),
            sessions: HashMap::new(),
            bursts: Bursts::default(),
            traces: Traces::default(),
            trace: Trace { whole_seconds: true, ..Trace::default() },
            span: None,
            time_less: false,
        }
    }

    /// Takes the next execution of the log into account.
    pub fn observe(&mut self, ran: &Ran) {
        self.trace.executions += 1;
        let Some((id, values)) = self.statements.identify(ran.text) else {
            self.trace.left_out += 1;
            return;
        };
        let values = ran.parameters.map_or(values, |parameters| hash(values, parameters.as_bytes()));
        let when = self.when(ran);
        let seen = Seen { id, values, began: when.0, ended: when.1 };
        // lines come in the order of their ends
        self.statements.count(id, ran, when.1);
        self.traces.observe(&mut self.statements, &seen, ran.text);
        if let Some(session) = ran.session {
            self.trace.sessions = true;
            self.sweep(when.1);
            self.sessions.entry(session).or_default().observe(&mut self.statements, &seen);
            self.bursts.observe(&mut self.statements, &seen, session);
        }
    }

    /// Start and end; where the log has no times every execution is a moment after the one before.
    fn when(&mut self, ran: &Ran) -> (i64, i64) {
        let Some(ended) = ran.ended.or(ran.began) else {
            self.time_less = true;
            let moment = self.trace.executions.cast_signed();
            return (moment, moment);
        };
        self.trace.whole_seconds &= ended % 1_000_000 == 0;
        let began = ran.began.unwrap_or(ended);
        let span = self.span.get_or_insert((began, ended));
        *span = (span.0.min(began), span.1.max(ended));
        (began, ended)
    }

    fn sweep(&mut self, now: i64) {
        if self.sessions.len() < SESSIONS {
            return;
        }
        let mut sessions = std::mem::take(&mut self.sessions);
        // a program that connects for each request leaves none idle for long: then all are closed
        let idle = sessions.values().any(|session| now - session.ended() > IDLE);
        sessions.retain(|_, session| {
            let over = !idle || now - session.ended() > IDLE;
            if over {
                session.close(&mut self.statements);
            }
            !over
        });
        self.sessions = sessions;
    }

    /// The sums.
    pub fn finish(mut self) -> Trace {
        // in the order of their numbers, so that a hash map's order is seen nowhere
        let mut sessions: Vec<_> = std::mem::take(&mut self.sessions).into_iter().collect();
        sessions.sort_by_key(|(number, _)| *number);
        for (_, mut session) in sessions {
            session.close(&mut self.statements);
        }
        self.bursts.close(&mut self.statements);
        self.traces.close(&mut self.statements);
        let times = self.span.filter(|_| !self.time_less);
        let seconds = times.map(|(first, last)| (last - first) as f64 / 1e6);
        let whole_seconds = self.trace.whole_seconds && self.span.is_some();
        Trace { statements: self.statements.finish(times), seconds, whole_seconds, ..self.trace }
    }
}

/// Counts a name, unless too many are kept already.
fn count(names: &mut BTreeMap<String, u64>, name: &str, calls: u64) {
    if let Some(known) = names.get_mut(name) {
        *known += calls;
    } else if names.len() < NAMES {
        names.insert(name.to_owned(), calls);
    }
}

#[cfg(test)]
mod tests;
