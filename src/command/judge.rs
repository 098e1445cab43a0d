//! Who says what an index would change: asks them until the advice rests on answers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::advisor::{self, Candidates, Input, Recommendations, Step};
use crate::report::{Judged, doubt};
use crate::snapshot::Snapshot;
use crate::what_if::ask::{self, Place};
use crate::what_if::oracle::{Oracle, Summary, Ways};
use crate::what_if::{Basis, Design, Known};
use crate::workload::Workload;

use super::progress::Progress;
use super::wishes::Wishes;

/// Questions between two looks at the clock, for each backend.
const AT_ONCE: usize = 64;
/// Candidates between two looks at the clock.
const PREPARED_AT_ONCE: usize = 100;

/// The workload with the statements that only a planner could read.
pub async fn adopted(ways: &mut Ways<'_>, snapshot: &Snapshot, workload: Workload) -> Workload {
    if workload.unparsed.is_empty() {
        return workload;
    }
    let found = match (&ways.lab, ways.server.as_deref_mut()) {
        (Some(lab), _) => match lab.connect().await {
            Ok(mut session) => ask::from_plans(&mut session, Place::Lab(lab), snapshot, &workload).await,
            // the first question will meet the same error, and say so
            Err(_) => Vec::new(),
        },
        (None, Some(server)) => ask::from_plans(server, Place::Server, snapshot, &workload).await,
        (None, None) => Vec::new(),
    };
    ask::adopt(workload, found)
}

/// The advice, and who judged it.
pub async fn advise(
    ways: Ways<'_>,
    snapshot: &Snapshot,
    workload: &Workload,
    wishes: &Wishes,
    progress: &Progress,
) -> (Recommendations, Judged) {
    let deadline = Deadline::new(wishes.time_limit);
    let mut candidates = advisor::candidates(snapshot, workload);
    let mut oracle = Oracle::with_backends(snapshot, workload, ways, wishes.threads);
    progress.phase(format!("preparing {} candidates", candidates.designs.len()));
    let untried = prepare(&mut oracle, &candidates, &deadline).await;
    let incomplete = !untried.is_empty();
    leave_out(&mut candidates, &oracle, untried);
    let mut asking = Asking { oracle, wishes, progress, deadline, asked: 0, incomplete };
    let mut recommendations = asking.until_done(snapshot, workload, &candidates).await;
    let (summary, incomplete) = (asking.oracle.summary(), asking.incomplete);
    cast_doubt(&mut recommendations, &summary, snapshot);
    (recommendations, Judged { summary, incomplete, skipped: Vec::new() })
}

/// Makes the candidates known: all, or as many as there is time for, the most promising first. Those that are left.
async fn prepare(oracle: &mut Oracle<'_>, candidates: &Candidates, deadline: &Deadline) -> Vec<Design> {
    if deadline.0.is_none() {
        let designs: Vec<Design> = candidates.designs.keys().cloned().collect();
        oracle.prepare(&designs).await;
        return Vec::new();
    }
    let mut left = by_promise(candidates);
    loop {
        let some: Vec<Design> = left.drain(..PREPARED_AT_ONCE.min(left.len())).collect();
        oracle.prepare(&some).await;
        if left.is_empty() || deadline.over() {
            return left;
        }
    }
}

/// The first of every statement, then the second of every statement, and so on; then those of no statement.
fn by_promise(candidates: &Candidates) -> Vec<Design> {
    let mut ranks: BTreeMap<&Design, usize> = candidates.designs.keys().map(|design| (design, usize::MAX)).collect();
    for (place, design) in candidates.promise.values().flat_map(|designs| designs.iter().enumerate()) {
        ranks.entry(design).and_modify(|rank| *rank = place.min(*rank));
    }
    let mut designs: Vec<(usize, &Design)> = ranks.into_iter().map(|(design, rank)| (rank, design)).collect();
    designs.sort();
    designs.into_iter().map(|(_, design)| design.clone()).collect()
}

/// Figures of a lab that does not plan as the server does say so.
fn cast_doubt(recommendations: &mut Recommendations, summary: &Summary, snapshot: &Snapshot) {
    let check = summary.self_check.as_ref();
    let doubt = summary.lab_major.and_then(|major| doubt(major, snapshot.server.major(), check));
    for advice in recommendations.create.iter_mut().filter(|advice| advice.basis == Basis::Lab) {
        advice.doubt.clone_from(&doubt);
    }
}

/// What PostgreSQL would not build is no candidate, nor what nobody had the time to try.
fn leave_out(candidates: &mut Candidates, oracle: &Oracle<'_>, untried: Vec<Design>) {
    let refused =
        |design: &Design| Some((design.clone(), format!("PostgreSQL would not build it: {}", oracle.refused(design)?)));
    let late = untried.into_iter().map(|design| (design, "the time limit was over before it was tried".to_owned()));
    let left_out: Vec<(Design, String)> = candidates.designs.keys().filter_map(refused).chain(late).collect();
    for (design, why) in left_out {
        candidates.designs.remove(&design);
        candidates.rejected.insert((design, why));
    }
}

/// Questions and answers.
struct Asking<'a> {
    oracle: Oracle<'a>,
    wishes: &'a Wishes,
    progress: &'a Progress,
    deadline: Deadline,
    asked: usize,
    incomplete: bool,
}

impl Asking<'_> {
    /// Asks what the advisor needs until it needs no more, or until the time is over.
    async fn until_done(
        &mut self,
        snapshot: &Snapshot,
        workload: &Workload,
        candidates: &Candidates,
    ) -> Recommendations {
        let (mut known, sizes): (Known, BTreeMap<_, _>) = (Known::default(), self.oracle.sizes());
        let options = &self.wishes.options;
        loop {
            let input = |last| Input { snapshot, workload, candidates, sizes: &sizes, known: &known, options, last };
            let questions = match advisor::advise(&input(false)) {
                Step::Done(recommendations) => return recommendations,
                Step::Ask(questions) => questions,
            };
            if self.deadline.over() {
                self.incomplete = true;
                if let Step::Done(recommendations) = advisor::advise(&input(true)) {
                    return recommendations;
                }
            }
            let all = self.asked + questions.len();
            for some in questions.chunks(AT_ONCE * self.wishes.threads.max(1)) {
                self.progress.phase(format!("asking the planner: {} of {all} questions", self.asked));
                known.learn(some.to_vec(), self.oracle.answer(some).await);
                self.asked += some.len();
                if self.deadline.over() {
                    break;
                }
            }
        }
    }
}

/// When to stop asking.
struct Deadline(Option<Instant>);

impl Deadline {
    fn new(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| Instant::now() + limit))
    }

    fn over(&self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}
