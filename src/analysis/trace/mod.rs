//! What a log tells beyond counters: the order of executions within sessions, and their rhythm.
//!
//! An [`Observer`] sees one execution after another and keeps sums only, so that a log of any length needs the memory of
//! its distinct statements. What it looks for are the marks of a loop: a list followed by look-ups related to it in one
//! session, long runs of one statement, bursts over the sessions of a pool, and the same statement many times in
//! one trace. It judges nothing; `n_plus_one` weighs the marks.

mod burst;
mod constant;
mod distinct;
pub mod entries;
pub mod limits;
mod observer;
mod rhythm;
mod session;
mod span;
pub mod stated;
mod statements;
pub(in crate::analysis) mod tags;
pub(in crate::analysis) mod times;

use std::collections::BTreeMap;

pub use observer::Observer;
pub use rhythm::Beat;

use super::requests::Requests;
use super::slowness::Evidence;
use crate::source::log::{Execution, Step};

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
    /// The log does not say of which database it is.
    pub anywhere: bool,
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
            anywhere: execution.database.is_none(),
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
    /// Executions of which the log does not say the database.
    pub anywhere: u64,
    /// Of these, executions that were left out: they name tables that the database lacks, or none.
    pub elsewhere: u64,
    /// Executions with a time far from those around them.
    pub strays: u64,
    /// Whether the log tells sessions apart.
    pub sessions: bool,
    /// Only slow executions, or a sample of them, have a duration: times are not those of all.
    pub partial: bool,
    /// Whether its times have only whole seconds: gaps between statements then tell nothing.
    pub whole_seconds: bool,
    /// What it tells beside executions: waits, temporary files, plans.
    pub evidence: Evidence,
    /// Its requests, where it says what one is.
    pub requests: Option<Requests>,
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
    /// Values that its parameters had each time, as SQL by their numbers in `text`; of columns with few values alone.
    pub constants: BTreeMap<u32, String>,
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
    /// Loops; one within another is a part of it.
    pub loops: u64,
    /// Times that the list was read in them.
    pub reads: u64,
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
