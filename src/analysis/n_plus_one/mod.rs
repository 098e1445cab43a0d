//! Statements that look like the body of a loop over another's rows (N+1).
//!
//! One snapshot has no order of events, so it only suspects: from shapes, foreign keys and call counts, weighed by a model
//! that was measured on mixed traffic; the confidence is capped at one half. A window shows how many executions come
//! together, a log their order, tags the very request: each in turn says more, and what a stronger one says
//! replaces the weaker one's word. A log that lacks executions cannot show that there is no loop: its word is taken only
//! where it marks one more surely. The weights are in `rules/weights/n-plus-one.toml`.

mod each_row;
pub(super) mod keys;
mod log;
mod pattern;
pub(super) mod relation;
mod score;
pub(super) mod shape;
mod traps;
mod weights;
mod window;

use each_row::EachRow;
use keys::Keys;
use log::{Common, Order};
use relation::relation;
use score::{Evidence, Scored, probability};
use shape::Body;
use traps::{ByCount, Together};
use weights::WEIGHTS;
use window::Rhythm;

use super::NPlusOne;
use super::trace::{Tagged, Trace, Traced};
use super::window::Window;
use crate::snapshot::Snapshot;
use crate::workload::{Kind, Query, Workload};

/// Log-odds of counters that fit no list.
const NO_LIST: f64 = -3.0;

/// What there is to go by besides the counters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched<'a> {
    /// Counters interval by interval.
    pub window: Option<&'a Window>,
    /// A log.
    pub trace: Option<&'a Trace>,
}

/// The loops, by falling confidence, then time, then statement.
pub fn find(snapshot: &Snapshot, workload: &Workload, watched: Watched) -> Vec<NPlusOne> {
    let common = watched.trace.map(Common::of);
    let judge = Judge { snapshot, workload, watched, common, keys: Keys::read(snapshot) };
    let mut found: Vec<NPlusOne> = (0..workload.queries.len()).filter_map(|query| judge.judge(query)).collect();
    // queries stand by falling time, so the position settles a tie
    found.sort_by(|one, two| two.confidence.total_cmp(&one.confidence).then(one.child.cmp(&two.child)));
    found
}

struct Judge<'a> {
    snapshot: &'a Snapshot,
    workload: &'a Workload,
    watched: Watched<'a>,
    common: Option<Common>,
    keys: Keys,
}

/// What each kind of evidence says of one body.
struct Said<'a> {
    body: &'a Body,
    counted: Option<Scored>,
    rhythm: Option<Rhythm>,
    order: Option<Order>,
    traced: Option<&'a Traced>,
    /// A log with all executions shows them on what a worker has claimed.
    worker: bool,
}

impl Judge<'_> {
    fn judge(&self, position: usize) -> Option<NPlusOne> {
        let query = &self.workload.queries[position];
        // what runs inside a function, or for a foreign key, is no round trip of a program; `function_loop` sees the first
        if !query.toplevel {
            return None;
        }
        let bodies = shape::bodies(position, query, &self.keys);
        let judged = bodies.iter().filter_map(|body| self.said(body)?.verdict(query, self));
        judged.reduce(|best, next| if next.confidence > best.confidence { next } else { best })
    }

    /// `None` for what every request runs, or a worker.
    fn said<'b>(&'b self, body: &'b Body) -> Option<Said<'b>> {
        let query = &self.workload.queries[body.query];
        let traced = self.watched.trace.and_then(|trace| trace.statements.get(&query.fingerprint));
        let order = traced.zip(self.common).and_then(|(traced, common)| log::weigh(traced, common));
        let whole = self.common.is_some_and(Common::is_whole);
        let ordered = order.as_ref().filter(|_| whole);
        let shown = ordered.is_some_and(|order| order.after_list >= WEIGHTS.log.per_request);
        // a name and an equal count are guesses: they give way to who is seen to repeat it
        let proven = shown || traced.is_some_and(|traced| tagged(traced).is_some());
        if !proven && traps::is_per_request(self.snapshot, body) {
            return None;
        }
        let counted = (query.counters.calls >= WEIGHTS.min_calls).then(|| self.counted(body)).flatten();
        let odds = counted.map_or(NO_LIST, |scored| scored.odds);
        let rhythm =
            self.watched.window.and_then(|window| window::weigh(window, body.query, odds, self.followed(window, body)));
        if !proven && ordered.is_none() && self.is_trap(body, rhythm) {
            return None;
        }
        let counted = counted.filter(|scored| scored.fan_out >= WEIGHTS.min_fan_out);
        let worker = whole && traced.is_some_and(log::is_worker);
        let said = Said { body, counted, rhythm, order: None, traced, worker };
        Some(match order {
            Some(order) if whole => Said { order: Some(order), ..said },
            Some(order) => said.with_part_of_a_log(order, query),
            None => said,
        })
    }

    /// By the best evidence of who runs with whom, short of a log, which sees it itself.
    fn is_trap(&self, body: &Body, rhythm: Option<Rhythm>) -> bool {
        // a window in which it hardly ran does not know
        let together: &dyn Together = match self.watched.window.filter(|_| rhythm.is_some()) {
            Some(window) => window,
            None => &ByCount,
        };
        traps::is_owner(self.snapshot, self.workload, body, together) || traps::is_worker(self.workload, body, together)
    }

    fn counted(&self, body: &Body) -> Option<Scored> {
        let child = &self.workload.queries[body.query];
        parents(self.workload, &self.keys, body).map(|evidence| evidence.scored(child)).reduce(Scored::better)
    }

    /// The related list whose rows its calls follow, in a window.
    fn followed(&self, window: &Window, body: &Body) -> Option<EachRow> {
        let detail =
            |table| traps::one_row_reader(self.workload, &self.keys, body, table, window, WEIGHTS.worker_calls);
        let lists = parents(self.workload, &self.keys, body).filter(|list| !list.detail && !detail(list.table));
        let followed = lists.filter_map(|list| each_row::follow(window, body.query, list.parent));
        followed.reduce(|best, next| if next.evidence > best.evidence { next } else { best })
    }

    fn position(&self, fingerprint: &str) -> Option<usize> {
        self.workload.queries.iter().position(|query| query.fingerprint == fingerprint)
    }
}

impl Said<'_> {
    /// With the word of a log that lacks executions: it counts where it marks a loop more surely than all else does.
    fn with_part_of_a_log(self, order: Order, child: &Query) -> Self {
        let without = self.level(child).map_or(0.0, |(_, confidence)| confidence);
        let surer = order.odds > 0.0 && probability(order.odds) > without;
        if surer { Self { order: Some(order), rhythm: None, ..self } } else { self }
    }

    /// The word of the strongest evidence that there is.
    fn verdict(&self, child: &Query, judge: &Judge) -> Option<NPlusOne> {
        let (level, confidence) = self.level(child)?;
        let confidence = confidence.min(WEIGHTS.confidence.most);
        let list = self.order.as_ref().and_then(|order| judge.position(order.list.as_ref()?));
        let together = self.order.as_ref().and_then(|order| order.together);
        let together = together.or(self.rhythm.map(|rhythm| rhythm.together));
        let per_parent = self.order.as_ref().and_then(|order| order.per_parent);
        let per_loop = self.order.as_ref().and_then(|order| order.per_loop);
        let followed = self.rhythm.and_then(|rhythm| rhythm.list);
        Some(NPlusOne {
            child: self.body.query,
            parent: list.or(followed).or(self.counted.map(|scored| scored.parent)),
            pattern: self.pattern(child).to_owned(),
            calls_per_parent: per_parent.or(together).or(self.counted.map(|scored| scored.fan_out)),
            calls_per_request: self.per_trace().or(per_loop).or(together),
            confidence,
            level: level.to_owned(),
            key_columns: self.body.columns.iter().cloned().collect(),
            routes: self.traced.map(routes).unwrap_or_default(),
            places: self.traced.map(|traced| most(&traced.places)).unwrap_or_default(),
            applications: self.traced.map(|traced| most(&traced.applications)).unwrap_or_default(),
            function: None,
        })
    }

    fn pattern(&self, child: &Query) -> &'static str {
        if self.tagged().is_some_and(is_job) { "worker-loop" } else { pattern::name(child, self.body) }
    }

    fn level(&self, child: &Query) -> Option<(&'static str, f64)> {
        if let Some(tagged) = self.tagged() {
            let confidence = if is_job(tagged) { WEIGHTS.tags.worker } else { WEIGHTS.tags.confidence };
            return Some(("tags", confidence));
        }
        if self.worker {
            return None;
        }
        match (&self.order, self.rhythm) {
            (Some(order), Some(rhythm)) => {
                let odds = f64::midpoint(order.odds, rhythm.odds) * WEIGHTS.both.sharper;
                Some(("window and log", probability(odds)))
            }
            (Some(order), None) => Some(("log", probability(order.odds))),
            (None, Some(rhythm)) => Some(("window", probability(rhythm.odds))),
            (None, None) => {
                let scored = self.counted?;
                let band = WEIGHTS.confidence.band(probability(scored.odds), child.kind == Kind::Insert)?;
                Some(("snapshot", band))
            }
        }
    }

    fn tagged(&self) -> Option<&Tagged> {
        tagged(self.traced?)
    }

    fn per_trace(&self) -> Option<f64> {
        let tagged = self.traced?.traced.as_ref()?;
        (tagged.traces > 0).then(|| tagged.calls as f64 / tagged.traces as f64)
    }
}

/// Traces that repeat it: proof, unless a job does so on purpose.
fn tagged(traced: &Traced) -> Option<&Tagged> {
    let weights = &WEIGHTS.tags;
    let often = |tagged: &&Tagged| tagged.traces > 0 && tagged.calls >= weights.min_calls;
    let repeats = |tagged: &&Tagged| tagged.calls as f64 >= weights.min_share * tagged.of as f64;
    traced.traced.as_ref().filter(often).filter(repeats)
}

/// Whether most of it is a worker's, which takes rows one by one on purpose.
fn is_job(tagged: &Tagged) -> bool {
    tagged.worker_calls * 2 >= tagged.calls
}

/// The routes of the traces that repeat it, else of all its executions; the most frequent first.
fn routes(traced: &Traced) -> Vec<String> {
    let looping = traced.traced.as_ref().map(|tagged| most(&tagged.routes)).filter(|routes| !routes.is_empty());
    looping.unwrap_or_else(|| most(&traced.routes))
}

fn most(names: &std::collections::BTreeMap<String, u64>) -> Vec<String> {
    let mut names: Vec<(&String, &u64)> = names.iter().collect();
    names.sort_by(|(one, a), (two, b)| b.cmp(a).then(one.cmp(two)));
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

/// Every list whose rows could give the body its keys.
fn parents<'a>(workload: &'a Workload, keys: &'a Keys, body: &'a Body) -> impl Iterator<Item = Evidence<'a>> {
    let lists = workload.queries.iter().enumerate().filter(|(position, query)| {
        *position != body.query && shape::is_list(query, WEIGHTS.min_list) && query.counters.calls > 0
    });
    let writes = workload.queries[body.query].kind != Kind::Select;
    lists.filter_map(move |(position, list)| {
        let (relation, table) = relation(list, body, writes, keys)?;
        let detail = traps::one_row_reader(workload, keys, body, table, &ByCount, WEIGHTS.equal_calls);
        Some(Evidence { parent: position, list, relation, table, detail })
    })
}

#[cfg(test)]
mod tests;
