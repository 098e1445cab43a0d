//! Statements whose duration is on a later line of their session (`log_statement` with `log_duration`).

use std::collections::BTreeMap;

use super::event::{Execution, Step};

/// Sessions held at once; one more gives up the oldest.
const SESSIONS: usize = 4096;

/// Bytes of SQL held at once.
const BYTES: usize = 32 << 20;

/// An execution without a duration, owned.
#[derive(Debug)]
pub(super) struct Held {
    number: u64,
    at_us: Option<i64>,
    whole_seconds: bool,
    session: u64,
    step: Step,
    name: Option<String>,
    text: String,
    prepared: Option<String>,
    parameters: Option<String>,
    user: Option<String>,
    database: Option<String>,
    application: Option<String>,
    query_id: Option<i64>,
}

impl Held {
    /// As it was written, before it ran.
    pub fn execution(&self) -> Execution<'_> {
        Execution {
            at_us: self.at_us,
            whole_seconds: self.whole_seconds,
            duration_us: None,
            session: Some(self.session),
            step: self.step,
            name: self.name.as_deref(),
            text: &self.text,
            prepared: self.prepared.as_deref(),
            parameters: self.parameters.as_deref(),
            user: self.user.as_deref(),
            database: self.database.as_deref(),
            application: self.application.as_deref(),
            query_id: self.query_id,
        }
    }
}

/// One statement a session.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    by_session: BTreeMap<u64, Held>,
    number: u64,
    bytes: usize,
}

impl Waiting {
    /// Holds it. What must go instead comes back.
    pub fn hold(&mut self, execution: &Execution<'_>, session: u64) -> Vec<Held> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        self.number += 1;
        self.bytes += size([Some(execution.text), execution.prepared, execution.parameters]);
        let held = Held {
            number: self.number,
            at_us: execution.at_us,
            whole_seconds: execution.whole_seconds,
            session,
            step: execution.step,
            name: owned(execution.name),
            text: execution.text.to_owned(),
            prepared: owned(execution.prepared),
            parameters: owned(execution.parameters),
            user: owned(execution.user),
            database: owned(execution.database),
            application: owned(execution.application),
            query_id: execution.query_id,
        };
        let mut gone: Vec<Held> = self.release(session).into_iter().collect();
        self.by_session.insert(session, held);
        while self.by_session.len() > SESSIONS || self.bytes > BYTES {
            let oldest = self.by_session.values().min_by_key(|held| held.number).map(|held| held.session);
            let Some(held) = oldest.and_then(|oldest| self.release(oldest)) else { break };
            gone.push(held);
        }
        gone
    }

    /// The statement that the session waits with.
    pub fn release(&mut self, session: u64) -> Option<Held> {
        if self.by_session.is_empty() {
            return None;
        }
        let held = self.by_session.remove(&session)?;
        self.bytes -= size([Some(&held.text), held.prepared.as_deref(), held.parameters.as_deref()]);
        Some(held)
    }

    /// All, in the order in which they were written.
    pub fn release_all(&mut self) -> Vec<Held> {
        let mut all: Vec<Held> = std::mem::take(&mut self.by_session).into_values().collect();
        all.sort_by_key(|held| held.number);
        self.bytes = 0;
        all
    }
}

/// Texts may be megabytes; the rest of an execution is small.
fn size(texts: [Option<&str>; 3]) -> usize {
    texts.into_iter().flatten().map(str::len).sum::<usize>() + 200
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_whichever_of_its_texts_is_long() {
        let long = "x".repeat(BYTES / 4);
        let short = || Execution {
            at_us: None,
            whole_seconds: false,
            duration_us: None,
            session: None,
            step: Step::Statement,
            name: None,
            text: "EXECUTE p",
            prepared: None,
            parameters: None,
            user: None,
            database: None,
            application: None,
            query_id: None,
        };
        for execution in [
            Execution { text: &long, ..short() },
            Execution { prepared: Some(&long), ..short() },
            Execution { parameters: Some(&long), ..short() },
        ] {
            let mut waiting = Waiting::default();
            let gone: usize = (0..8).map(|session| waiting.hold(&execution, session).len()).sum();
            assert!((4..=5).contains(&gone), "{gone} of 8 made room");
            waiting.release_all();
            assert_eq!(waiting.bytes, 0);
        }
    }
}
