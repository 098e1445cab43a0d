//! Loops that a program runs over several pooled connections at once.

use std::collections::HashMap;

use super::session::Seen;
use super::statements::{Id, Statements};

/// From one start of a burst to the next; µs.
const STEP: i64 = 4_000;
/// From the end of the list to the burst; µs.
const AFTER_LIST: i64 = 60_000;
/// Executions of a burst.
const BURST: u64 = 4;

/// The bursts that are under way, over all sessions.
#[derive(Debug, Default)]
pub(super) struct Bursts {
    /// When each list was last read.
    lists: HashMap<Id, i64>,
    running: HashMap<Id, Burst>,
}

#[derive(Debug)]
struct Burst {
    began: i64,
    latest: i64,
    calls: u64,
    session: u64,
    several: bool,
    after_list: bool,
}

impl Bursts {
    pub(super) fn observe(&mut self, statements: &mut Statements, seen: &Seen, session: u64) {
        if statements.is_body(seen.id) {
            self.extend(statements, seen, session);
        }
        if statements.get(seen.id).list {
            self.lists.insert(seen.id, seen.ended);
        }
    }

    fn extend(&mut self, statements: &mut Statements, seen: &Seen, session: u64) {
        if let Some(burst) = self.running.get_mut(&seen.id)
            && (seen.began - burst.latest).abs() <= STEP
        {
            burst.latest = burst.latest.max(seen.began);
            burst.calls += 1;
            burst.several |= burst.session != session;
            return;
        }
        self.lists.retain(|_, ended| seen.began - *ended <= AFTER_LIST);
        let recent = |(_, ended): &(&Id, &i64)| (0..=AFTER_LIST).contains(&(seen.began - **ended));
        let mut lists: Vec<Id> = self.lists.iter().filter(recent).map(|(list, _)| *list).collect();
        lists.sort_unstable();
        let after_list = lists.into_iter().any(|list| statements.related(list, seen.id));
        let next = Burst { began: seen.began, latest: seen.began, calls: 1, session, several: false, after_list };
        if let Some(burst) = self.running.insert(seen.id, next) {
            burst.close(statements, seen.id);
        }
    }

    pub(super) fn close(&mut self, statements: &mut Statements) {
        for (id, burst) in self.running.drain() {
            burst.close(statements, id);
        }
    }
}

impl Burst {
    fn close(self, statements: &mut Statements, id: Id) {
        if self.calls >= BURST && self.several && self.after_list && self.latest >= self.began {
            statements.get_mut(id).bursts += self.calls;
        }
    }
}
