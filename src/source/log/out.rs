//! From a message to its event, and the tally of both.

use super::clock::Clock;
use super::event::{Event, Execution, LockWait, Plan, PlanFormat, Step};
use super::held::{Held, Waiting};
use super::json::unescaped;
use super::language;
use super::message::{Message, Said, detail, plan, said};
use super::tally::{Tally, reason};

/// Where events go.
pub(super) struct Out<'s> {
    pub tally: Tally,
    pub clock: Clock,
    sink: &'s mut dyn FnMut(&Event<'_>),
    waiting: Waiting,
    /// Time of the line before.
    previous: i64,
    scratch: Vec<u8>,
}

impl<'s> Out<'s> {
    /// `region` is the server's `log_timezone`.
    pub fn new(sink: &'s mut dyn FnMut(&Event<'_>), region: Option<String>) -> Self {
        let previous = i64::MIN + 1_000_000;
        Self {
            tally: Tally::default(),
            clock: Clock::of(region),
            sink,
            waiting: Waiting::default(),
            previous,
            scratch: vec![],
        }
    }

    /// A whole message of the log.
    pub fn message(&mut self, message: &Message<'_>) {
        if let Some(at) = message.at {
            self.tally.time(at, message.whole, self.previous);
            self.previous = at;
        }
        match self.event(message) {
            Ok(()) => self.tally.understood(message.lines),
            Err(reason) => self.tally.skip(reason, message.lines),
        }
    }

    /// The end of the log.
    pub fn finish(mut self) -> Tally {
        for held in self.waiting.release_all() {
            self.emit_held(&held);
        }
        self.tally.unknown_zone = self.clock.unknown.take();
        self.tally.ambiguous_zone = self.clock.ambiguous.take();
        self.tally
    }

    fn event(&mut self, message: &Message<'_>) -> Result<(), &'static str> {
        match said(message.text, message.error) {
            Said::Step { duration, step, name, sql } => self.step(message, duration, step, name, sql),
            Said::Duration(us) => self.bare_duration(message, us),
            Said::Plan { duration, body } => self.plan(message, duration, body),
            Said::Wait { pid, acquired, mode, object, waited } => {
                let (mode, object) = (text(mode)?, text(object)?);
                let queue = message.detail.map(text).transpose()?;
                let sql = message.statement.map(text).transpose()?;
                let (at_us, session, waited_us) = (message.at, message.session, waited);
                let database = message.database.map(text).transpose()?;
                let wait =
                    LockWait { at_us, session, database, pid, acquired, mode, object, waited_us, queue, text: sql };
                self.emit(&Event::Wait(wait));
                Ok(())
            }
            Said::TempFile(bytes) => {
                let sql = message.statement.map(text).transpose()?;
                let (at_us, session) = (message.at, message.session);
                let database = message.database.map(text).transpose()?;
                self.emit(&Event::TempFile { at_us, session, database, bytes, text: sql });
                Ok(())
            }
            Said::Cancelled(why) => self.cancelled(message, why),
            Said::Setting { name, value } => {
                self.tally.settings.insert(text(name)?.to_owned(), text(value)?.to_owned());
                Ok(())
            }
            Said::Error => {
                self.give_up(message.session);
                Ok(())
            }
            Said::UnknownDuration if message.text.windows(9).take(60).any(|word| word == b" fastpath") => Ok(()),
            Said::UnknownDuration => Err(reason::GRAMMAR),
            Said::Nothing if language::is_foreign(message.text) => Err(reason::LANGUAGE),
            Said::Nothing => Ok(()),
        }
    }

    fn cancelled(&mut self, message: &Message<'_>, why: &[u8]) -> Result<(), &'static str> {
        self.give_up(message.session);
        let sql = message.statement.map(text).transpose()?;
        let (at_us, session, reason) = (message.at, message.session, text(why)?);
        let database = message.database.map(text).transpose()?;
        self.emit(&Event::Cancelled { at_us, session, database, reason, text: sql });
        Ok(())
    }

    fn step(
        &mut self,
        message: &Message<'_>,
        duration_us: Option<u64>,
        step: Step,
        name: Option<&[u8]>,
        sql: &[u8],
    ) -> Result<(), &'static str> {
        let (parameters, prepared) = message.detail.map_or((None, None), detail);
        let execution = Execution {
            at_us: message.at,
            whole_seconds: message.whole,
            duration_us,
            session: message.session,
            step,
            name: name.map(text).transpose()?,
            text: text(sql)?,
            prepared: prepared.map(text).transpose()?,
            parameters: parameters.map(text).transpose()?,
            user: message.user.map(text).transpose()?,
            database: message.database.map(text).transpose()?,
            application: message.application.map(text).transpose()?,
            query_id: message.query_id,
        };
        match message.session {
            Some(session) if duration_us.is_none() => {
                for held in self.waiting.hold(&execution, session) {
                    self.emit_held(&held);
                }
            }
            session => {
                self.give_up(session);
                self.execution(&execution);
            }
        }
        Ok(())
    }

    /// `duration: 0.083 ms` belongs to the statement that the session logged before it ran.
    fn bare_duration(&mut self, message: &Message<'_>, us: u64) -> Result<(), &'static str> {
        let held = message.session.and_then(|session| self.waiting.release(session)).ok_or(reason::BARE)?;
        let mut execution = held.execution();
        execution.duration_us = Some(us);
        execution.at_us = message.at;
        execution.query_id = execution.query_id.or(message.query_id);
        self.execution(&execution);
        Ok(())
    }

    fn plan(&mut self, message: &Message<'_>, duration_us: u64, body: &[u8]) -> Result<(), &'static str> {
        let (format, sql, body) = plan(text(body)?).ok_or(reason::PLAN)?;
        let mut scratch = std::mem::take(&mut self.scratch);
        let sql = match (format, sql) {
            (PlanFormat::Json, Some(raw)) => {
                unescaped(raw.as_bytes(), &mut scratch);
                Some(text(&scratch)?)
            }
            (_, sql) => sql,
        };
        let (at_us, session, query_id) = (message.at, message.session, message.query_id);
        let database = message.database.map(text).transpose()?;
        self.emit(&Event::Plan(Plan { at_us, session, database, duration_us, query_id, text: sql, format, body }));
        self.scratch = scratch;
        Ok(())
    }

    /// The session goes on: what it holds has no duration in the log.
    fn give_up(&mut self, session: Option<u64>) {
        if let Some(held) = session.and_then(|session| self.waiting.release(session)) {
            self.emit_held(&held);
        }
    }

    fn emit_held(&mut self, held: &Held) {
        self.execution(&held.execution());
    }

    fn execution(&mut self, execution: &Execution<'_>) {
        self.tally.executions += 1;
        self.tally.with_parameters += u64::from(execution.parameters.is_some());
        if let Some(us) = execution.duration_us {
            self.tally.duration(us);
        }
        self.emit(&Event::Execution(execution.clone()));
    }

    fn emit(&mut self, event: &Event<'_>) {
        self.tally.events += 1;
        (self.sink)(event);
    }
}

/// The server writes neither NUL nor broken UTF-8; damage does.
fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    if memchr::memchr(0, bytes).is_some() {
        return Err(reason::BINARY);
    }
    std::str::from_utf8(bytes).map_err(|_| reason::ENCODING)
}
