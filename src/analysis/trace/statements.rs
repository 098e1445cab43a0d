//! The statements of a log: each known by its outline, parsed when it is first seen.

use std::collections::{BTreeMap, HashMap};

use super::constant::Constants;
use super::distinct::Distinct;
use super::rhythm::Rhythm;
use super::times::Times;
use super::{Looped, Ran, Tagged, Traced, count};
use crate::analysis::n_plus_one::keys::Keys;
use crate::analysis::n_plus_one::relation::relation;
use crate::analysis::n_plus_one::shape::{self, Body};
use crate::snapshot::Snapshot;
use crate::workload::outline::{Backslash, hash, outline, without_values};
use crate::workload::{Binder, Kind, Query, Workload};

/// Statements kept: a program that writes values into its names would fill any memory.
const KEPT: usize = 20_000;
/// Outlines kept, of which several may be one statement.
const OUTLINES: usize = 4 * KEPT;
/// Characters of text kept of a statement; a longer one is known by its counts alone.
const TEXT: usize = 100_000;
/// The statement that stands for every utility command.
const UTILITY: Id = 0;
/// Rows per call from which a statement reads a list, where counters tell.
const LIST: f64 = 1.5;

/// Number of a statement.
pub(super) type Id = u32;

/// All that a log holds.
pub(super) struct Statements<'a> {
    snapshot: &'a Snapshot,
    binder: Binder<'a>,
    keys: Keys,
    counted: HashMap<&'a str, &'a Query>,
    /// By a hash of 128 bits: the outlines themselves may be long. `None`: no more are kept.
    by_outline: HashMap<(u64, u64), Option<Id>>,
    by_fingerprint: HashMap<String, Id>,
    known: Vec<Known>,
    related: HashMap<(Id, Id), bool>,
    pub backslash: Backslash,
    scratch: Vec<u8>,
}

/// One statement and what was seen of it.
#[derive(Default)]
pub(super) struct Known {
    fingerprint: Option<String>,
    query: Option<Query>,
    bodies: Vec<Body>,
    /// Says nothing about what a program does: utility commands, `SELECT 1`.
    pub noise: bool,
    /// Reads several rows.
    pub list: bool,
    /// Takes rows for itself with a lock.
    pub claim: bool,
    text: String,
    calls: u64,
    times: Times,
    constants: Constants,
    rhythm: Rhythm,
    looped: BTreeMap<Id, Looped>,
    pub headless: u64,
    pub bursts: u64,
    pub after_claim: u64,
    /// The counters of the database tell of it, or the database has all of its tables.
    here: bool,
    pub traced: Tagged,
    pub routes: BTreeMap<String, u64>,
    pub places: BTreeMap<String, u64>,
    applications: BTreeMap<String, u64>,
}

impl<'a> Statements<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, workload: &'a Workload) -> Self {
        Self {
            snapshot,
            binder: Binder::of(snapshot),
            keys: Keys::read(snapshot),
            counted: workload.queries.iter().map(|query| (query.fingerprint.as_str(), query)).collect(),
            by_outline: HashMap::new(),
            by_fingerprint: HashMap::new(),
            known: vec![Known { noise: true, ..Known::default() }],
            related: HashMap::new(),
            backslash: Backslash::of(snapshot),
            scratch: Vec::new(),
        }
    }

    /// The statement of a text, and the hash of its values; `None` where no more are kept.
    pub(super) fn identify(&mut self, text: &str) -> Option<(Id, u64)> {
        let text = executed(text);
        let mut scratch = std::mem::take(&mut self.scratch);
        let values = outline(text, self.backslash, &mut scratch).hash;
        let name = (hash(1, &scratch), hash(2, &scratch));
        self.scratch = scratch;
        let known = self.by_outline.get(&name).copied();
        Some((known.unwrap_or_else(|| self.learn(text, name))?, values))
    }

    /// Of a new outline. The text is bound without its values, as the counters would have it.
    fn learn(&mut self, text: &str, name: (u64, u64)) -> Option<Id> {
        let text = without_values(text, self.backslash);
        let short = text.len() <= TEXT;
        let id = match short.then(|| self.binder.bind(&text)).flatten() {
            None => Some(UTILITY),
            Some((fingerprint, query)) => self
                .by_fingerprint
                .get(&fingerprint)
                .copied()
                .or_else(|| (self.known.len() < KEPT).then(|| self.add(text, fingerprint, query))),
        };
        if self.by_outline.len() < OUTLINES {
            self.by_outline.insert(name, id);
        }
        id
    }

    fn add(&mut self, text: String, fingerprint: String, query: Option<Query>) -> Id {
        let id = self.known.len() as Id;
        let mut known = Known { noise: true, text, ..Known::default() };
        let counted = self.counted.get(fingerprint.as_str()).copied();
        known.here = counted.is_some();
        let mut query = counted.cloned().or(query);
        if let Some(query) = &mut query {
            known.here |= !query.tables.is_empty() && query.tables.iter().all(|used| used.table_oid.is_some());
            known.noise = query.tables.is_empty();
            known.bodies = shape::bodies(id as usize, query, &self.keys);
            known.list = reads_list(query, &self.keys);
            known.constants = Constants::of(query, self.snapshot);
            known.claim = query.lock.is_some_and(|lock| lock.exclusive || lock.skip_locked);
            // the text is kept once
            query.text = String::new();
        }
        known.query = query;
        self.by_fingerprint.insert(fingerprint.clone(), id);
        known.fingerprint = Some(fingerprint);
        self.known.push(known);
        id
    }

    pub(super) fn get(&self, id: Id) -> &Known {
        &self.known[id as usize]
    }

    pub(super) fn get_mut(&mut self, id: Id) -> &mut Known {
        &mut self.known[id as usize]
    }

    /// Whether it may be of the audited database, where the log does not say so. Utility commands may.
    pub(super) fn is_here(&self, id: Id) -> bool {
        id == UTILITY || self.get(id).here
    }

    /// Whether it has the shape of a loop's body.
    pub(super) fn is_body(&self, id: Id) -> bool {
        !self.get(id).bodies.is_empty()
    }

    /// Whether the rows of `list` can give `body` its keys.
    pub(super) fn related(&mut self, list: Id, body: Id) -> bool {
        if let Some(known) = self.related.get(&(list, body)) {
            return *known;
        }
        let found = self.relates(list, body);
        self.related.insert((list, body), found);
        found
    }

    fn relates(&self, list: Id, body: Id) -> bool {
        let (Some(query), child) = (&self.get(list).query, self.get(body)) else { return false };
        let writes = child.query.as_ref().is_some_and(|query| query.kind != Kind::Select);
        list != body && child.bodies.iter().any(|body| relation(query, body, writes, &self.keys).is_some())
    }

    /// Whether one looks for rows of a table and the other inserts into it.
    pub(super) fn get_or_create(&self, one: Id, other: Id) -> bool {
        let (Some(one), Some(other)) = (&self.get(one).query, &self.get(other).query) else { return false };
        let creates = |insert: &Query, select: &Query| {
            insert.kind == Kind::Insert
                && select.kind == Kind::Select
                && select.tables.iter().any(|used| used.table_oid == insert.target)
        };
        creates(one, other) || creates(other, one)
    }

    pub(super) fn count(&mut self, id: Id, ran: &Ran, at: i64) {
        let backslash = self.backslash;
        let known = self.get_mut(id);
        known.calls += 1;
        known.constants.add(executed(ran.text), ran.parameters, backslash);
        known.rhythm.add(at);
        if let Some(took) = ran.took {
            known.times.add(took);
        }
        if let Some(application) = ran.application.filter(|name| !name.is_empty()) {
            count(&mut known.applications, application, 1);
        }
    }

    /// A loop over `list` has ended, in which it was read so often.
    pub(super) fn loop_over(&mut self, (list, reads): (Id, u64), body: Id, calls: u64, values: &Distinct) {
        if values.mostly() {
            let known = self.get_mut(body);
            let looped = known.looped.entry(list).or_default();
            looped.calls += calls;
            looped.loops += 1;
            looped.reads += reads;
        }
    }

    /// What was seen; `span` is the time that the log covers, where it has times.
    pub(super) fn finish(self, span: Option<(i64, i64)>) -> BTreeMap<String, Traced> {
        let names: Vec<Option<String>> = self.known.iter().map(|known| known.fingerprint.clone()).collect();
        let named = |known: Known| Some((known.fingerprint.clone()?, known.finish(&names, span)));
        // one that was left out each time is none of this database's
        self.known.into_iter().filter(|known| known.calls > 0).filter_map(named).collect()
    }
}

impl Known {
    fn finish(self, names: &[Option<String>], span: Option<(i64, i64)>) -> Traced {
        let name = |(id, looped): (Id, Looped)| Some((names[id as usize].clone()?, looped));
        Traced {
            text: self.text,
            calls: self.calls,
            timed: self.times.calls,
            total_ms: self.times.total_ms,
            min_ms: self.times.min_ms,
            max_ms: self.times.max_ms,
            stddev_ms: self.times.stddev_ms(),
            p95_ms: self.times.percentile(0.95),
            p99_ms: self.times.percentile(0.99),
            constants: self.constants.finish(),
            looped: self.looped.into_iter().filter_map(name).collect(),
            headless: self.headless,
            bursts: self.bursts,
            after_claim: self.after_claim,
            beats: span.map(|span| self.rhythm.beats(span)).unwrap_or_default(),
            traced: (self.traced.of > 0).then_some(self.traced),
            routes: self.routes,
            places: self.places,
            applications: self.applications,
        }
    }
}

/// What `PREPARE name(types) AS …` prepares; any other text as it is.
fn executed(text: &str) -> &str {
    let prepares = text.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("prepare "));
    let after = |text: &str| -> Option<usize> {
        let lower = text.get(..200.min(text.len()))?.to_ascii_lowercase();
        lower.find(" as ").map(|at| at + 4)
    };
    if prepares { after(text).and_then(|at| text.get(at..)).unwrap_or(text) } else { text }
}

/// By its counters; where there are none, by what it does not say: a key that finds one row, a LIMIT of one.
fn reads_list(query: &Query, keys: &Keys) -> bool {
    if query.counters.calls > 0 {
        return shape::is_list(query, LIST);
    }
    let single = query.limit.is_some_and(|limit| limit.rows == Some(1))
        || query
            .tables
            .iter()
            .filter_map(|used| used.table_oid)
            .any(|table| keys.identifies(table, &shape::equalities(query, table)) && query.tables.len() == 1);
    let unknown =
        Query { counters: crate::workload::Counters { calls: 1, rows: 2, ..Default::default() }, ..query.clone() };
    !single && shape::is_list(&unknown, LIST)
}
