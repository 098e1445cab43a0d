//! One session: lists and the look-ups that follow them, and runs of one statement.

use super::distinct::Distinct;
use super::statements::{Id, Statements};

/// Between two statements of one loop a program thinks, and a network carries; µs.
const GAP: i64 = 50_000;
/// The same for a run without a list, of which less is known; µs.
const SHORT_GAP: i64 = 20_000;
/// Executions from which a list and look-ups are a loop.
const LOOP: u64 = 3;
/// Executions from which look-ups without a list are a run.
const RUN: u64 = 5;
/// Statements that have nothing to do with a loop and may stand in it.
const STRANGERS: usize = 2;
/// Executions of these between two of the loop.
const STRANGE: u32 = 8;
/// Lists that a session may be walking at a time.
const HEADS: usize = 4;
/// Statements of which a run's rounds consist: `SELECT`, `INSERT`, and one more.
const STRIDE: u64 = 3;
/// Work on what was claimed begins within; µs.
const CLAIM: i64 = 100_000;

/// One execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub id: Id,
    /// Hash of its values.
    pub values: u64,
    /// µs.
    pub began: i64,
    /// µs.
    pub ended: i64,
}

/// What a session is in the middle of.
#[derive(Debug, Default)]
pub(super) struct Session {
    ended: i64,
    heads: Vec<Head>,
    runs: Vec<Run>,
    step: u64,
    before: Option<Id>,
    claimed: Option<i64>,
}

/// A list that may be walked.
#[derive(Debug)]
struct Head {
    list: Id,
    /// The statement before it: when that comes again, so does the next request.
    before: Option<Id>,
    taken: Vec<Taken>,
    strangers: Strangers,
}

/// What ran since the last statement of a loop and is not of it.
#[derive(Debug, Default)]
struct Strangers {
    ids: Vec<Id>,
    calls: u32,
}

/// A look-up in a loop.
#[derive(Debug)]
struct Taken {
    body: Id,
    list: Id,
    calls: u64,
    values: Distinct,
}

/// A statement that comes again and again.
#[derive(Debug)]
struct Run {
    id: Id,
    calls: u64,
    /// How many steps from one to the next; none after a single one.
    stride: Option<u64>,
    /// A look-up and an insert into the same table take turns: get or create.
    upsert: bool,
    step: u64,
    values: Distinct,
}

impl Session {
    pub(super) fn ended(&self) -> i64 {
        self.ended
    }

    pub(super) fn observe(&mut self, statements: &mut Statements, seen: &Seen) {
        let gap = seen.began - self.ended;
        self.ended = self.ended.max(seen.ended);
        if statements.get(seen.id).noise {
            return;
        }
        if gap > GAP {
            self.close_heads(statements, |_| true);
        }
        if gap > SHORT_GAP {
            self.close_runs(statements, |_| true);
        }
        self.claims(statements, seen);
        self.step += 1;
        self.run(statements, seen);
        self.walk(statements, seen);
        self.before = Some(seen.id);
    }

    /// The session is over.
    pub(super) fn close(&mut self, statements: &mut Statements) {
        self.close_heads(statements, |_| true);
        self.close_runs(statements, |_| true);
    }

    fn claims(&mut self, statements: &mut Statements, seen: &Seen) {
        if statements.get(seen.id).claim {
            self.claimed = Some(seen.ended);
        } else if self.claimed.is_some_and(|claimed| seen.began - claimed <= CLAIM) {
            statements.get_mut(seen.id).after_claim += 1;
        }
    }

    /// Takes the execution into the loop over the latest list that it is related to.
    fn walk(&mut self, statements: &mut Statements, seen: &Seen) {
        self.close_heads(statements, |head| head.list == seen.id);
        let taken = statements.is_body(seen.id) && self.heads.iter_mut().rev().any(|head| head.take(statements, seen));
        if !taken {
            self.heads.iter_mut().for_each(|head| head.strangers.add(seen.id));
            let again = |head: &Head| head.before == Some(seen.id) || head.strangers.too_many();
            self.close_heads(statements, again);
        }
        if statements.get(seen.id).list && !self.heads.iter().any(|head| head.holds(seen.id)) {
            if self.heads.len() == HEADS {
                self.close_head(statements, 0);
            }
            let head = Head { list: seen.id, before: self.before, taken: Vec::new(), strangers: Strangers::default() };
            self.heads.push(head);
        }
    }

    fn run(&mut self, statements: &mut Statements, seen: &Seen) {
        let step = self.step;
        self.close_runs(statements, |run| step - run.step > STRIDE);
        if !statements.is_body(seen.id) {
            return;
        }
        let at = self.runs.iter().position(|run| run.id == seen.id);
        match at {
            Some(at) if self.runs[at].goes_on(step) => {
                self.runs[at].add(step, seen.values);
                let stride = self.runs[at].stride;
                let with = |run: &Run| run.stride == stride && statements.get_or_create(run.id, seen.id);
                let upsert = stride > Some(1) && self.runs.iter().any(with);
                self.runs[at].upsert |= upsert;
            }
            Some(at) => {
                let run = self.runs.swap_remove(at);
                run.close(statements);
                self.runs.push(Run::begin(seen, step));
            }
            None => self.runs.push(Run::begin(seen, step)),
        }
    }

    fn close_heads(&mut self, statements: &mut Statements, over: impl Fn(&Head) -> bool) {
        for at in (0..self.heads.len()).rev() {
            if over(&self.heads[at]) {
                self.close_head(statements, at);
            }
        }
    }

    fn close_head(&mut self, statements: &mut Statements, at: usize) {
        let head = self.heads.remove(at);
        for taken in head.taken.iter().filter(|taken| taken.calls >= LOOP) {
            statements.loop_over(head.list_of(taken, statements), taken.body, taken.calls, &taken.values);
        }
    }

    fn close_runs(&mut self, statements: &mut Statements, over: impl Fn(&Run) -> bool) {
        for at in (0..self.runs.len()).rev() {
            if over(&self.runs[at]) {
                self.runs.swap_remove(at).close(statements);
            }
        }
    }
}

impl Strangers {
    fn add(&mut self, id: Id) {
        self.calls += 1;
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    /// A loop may repeat what is not of it for each row, too.
    fn too_many(&self) -> bool {
        self.ids.len() > STRANGERS || self.calls > STRANGE
    }
}

impl Head {
    /// The list that a look-up is repeated for, and how often it was read. What reads one row and gives the next key is a step
    /// on the way; the list of an inner loop is a look-up of the outer one.
    fn list_of(&self, taken: &Taken, statements: &Statements) -> (Id, u64) {
        match self.taken.iter().find(|one| one.body == taken.list) {
            None => (taken.list, 1),
            Some(inner) if statements.get(inner.body).list => (inner.body, inner.calls),
            Some(step) => self.list_of(step, statements),
        }
    }

    fn holds(&self, id: Id) -> bool {
        self.taken.iter().any(|taken| taken.body == id)
    }

    /// Whether the execution belongs to this list, or to a look-up of its loop that returns lists of its own.
    fn take(&mut self, statements: &mut Statements, seen: &Seen) -> bool {
        if let Some(taken) = self.taken.iter_mut().find(|taken| taken.body == seen.id) {
            taken.calls += 1;
            taken.values.add(seen.values);
            self.strangers = Strangers::default();
            return true;
        }
        let inner: Vec<Id> = self.taken.iter().rev().map(|taken| taken.body).collect();
        let Some(list) = [self.list].into_iter().chain(inner).find(|list| statements.related(*list, seen.id)) else {
            return false;
        };
        let mut taken = Taken { body: seen.id, list, calls: 1, values: Distinct::default() };
        taken.values.add(seen.values);
        self.taken.push(taken);
        self.strangers = Strangers::default();
        true
    }
}

impl Run {
    fn begin(seen: &Seen, step: u64) -> Self {
        let mut run = Self { id: seen.id, calls: 1, stride: None, upsert: false, step, values: Distinct::default() };
        run.values.add(seen.values);
        run
    }

    /// Strictly: every statement, every second, or every third one.
    fn goes_on(&self, step: u64) -> bool {
        self.stride.is_none_or(|stride| step - self.step == stride)
    }

    fn add(&mut self, step: u64, values: u64) {
        self.stride = Some(step - self.step);
        self.step = step;
        self.calls += 1;
        self.values.add(values);
    }

    /// What takes turns with other statements may as well be requests that follow each other, each with its own.
    fn close(self, statements: &mut Statements) {
        let alone = self.stride == Some(1) || self.upsert;
        if self.calls >= RUN && alone && self.values.mostly() {
            statements.get_mut(self.id).headless += self.calls;
        }
    }
}
