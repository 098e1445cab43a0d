//! Watches the executions of a log, one after another, and keeps sums only.

use std::collections::HashMap;

use super::burst::Bursts;
use super::session::{Seen, Session};
use super::span::Span;
use super::statements::Statements;
use super::tags::Traces;
use super::{Ran, Trace};
use crate::snapshot::Snapshot;
use crate::workload::Workload;
use crate::workload::outline::hash;

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
    span: Span,
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
            span: Span::default(),
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
        if ran.anywhere {
            self.trace.anywhere += 1;
            if !self.statements.is_here(id) {
                self.trace.elsewhere += 1;
                return;
            }
        }
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
        self.span.add(began, ended);
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
        let (span, strays) = self.span.finish();
        let times = span.filter(|_| !self.time_less);
        let seconds = times.map(|(first, last)| (last - first) as f64 / 1e6);
        let whole_seconds = self.trace.whole_seconds && span.is_some();
        Trace { statements: self.statements.finish(times), seconds, strays, whole_seconds, ..self.trace }
    }
}
