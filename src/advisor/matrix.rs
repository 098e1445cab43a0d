//! The answers, as time saved by sets of indexes.

use std::collections::{BTreeMap, BTreeSet};

use crate::what_if::{Answer, Basis, Design, Question};
use crate::workload::Workload;

/// A smaller fall of the cost is within the error of any estimate.
pub const MIN_GAIN: f64 = 0.20;
/// No index takes all of a statement's time.
const MAX_GAIN: f64 = 0.95;

/// A set of designs, by their positions in [`Matrix::designs`].
pub type Set = BTreeSet<usize>;

/// What is known of each statement under each set of designs.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// Every design asked about, in a stable order.
    pub designs: Vec<&'a Design>,
    outcomes: BTreeMap<usize, Vec<Outcome<'a>>>,
    total_ms: BTreeMap<usize, f64>,
}

/// One answer: with these designs, this cost.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// Those that the plan uses.
    pub used: Set,
    /// Those that were offered.
    pub offered: Set,
    /// The answer itself.
    pub answer: &'a Answer,
}

impl Outcome<'_> {
    /// Share of the cost that goes, 0 to 1.
    pub fn gain(&self) -> f64 {
        let gain = if self.answer.before > 0.0 { 1.0 - self.answer.after / self.answer.before } else { 0.0 };
        if self.used.is_empty() { 0.0 } else { gain.clamp(0.0, MAX_GAIN) }
    }
}

impl<'a> Matrix<'a> {
    /// Of questions and their answers, in the same order.
    pub fn new(workload: &Workload, questions: &'a [Question], answers: &'a [Answer]) -> Self {
        let all: BTreeSet<&Design> = questions.iter().flat_map(|question| &question.designs).collect();
        let designs: Vec<&Design> = all.into_iter().collect();
        let places: BTreeMap<&Design, usize> = designs.iter().copied().zip(0..).collect();
        let (mut outcomes, mut total_ms) = (BTreeMap::<usize, Vec<Outcome>>::new(), BTreeMap::new());
        for (question, answer) in questions.iter().zip(answers) {
            let offered: Vec<usize> = question.designs.iter().map(|design| places[design]).collect();
            let used = answer.used.iter().filter_map(|position| offered.get(*position).copied()).collect();
            let outcome = Outcome { used, offered: offered.iter().copied().collect(), answer };
            outcomes.entry(question.query).or_default().push(outcome);
            total_ms.insert(question.query, workload.queries[question.query].counters.total_ms);
        }
        Self { designs, outcomes, total_ms }
    }

    /// The best that is known of a statement when these exist.
    pub fn best(&self, query: usize, set: &Set) -> Option<&Outcome<'a>> {
        let known = self.outcomes.get(&query)?.iter().filter(|one| one.used.is_subset(set) && one.gain() >= MIN_GAIN);
        known.reduce(|best, next| if next.gain() > best.gain() { next } else { best })
    }

    /// Time saved on all statements, ms of the snapshot's window.
    pub fn saved(&self, set: &Set) -> f64 {
        self.outcomes.keys().map(|query| self.saved_on(*query, set)).sum()
    }

    /// Time saved on one.
    pub fn saved_on(&self, query: usize, set: &Set) -> f64 {
        self.best(query, set).map_or(0.0, |outcome| outcome.gain() * self.total_ms[&query])
    }

    /// Statements asked about.
    pub fn queries(&self) -> impl Iterator<Item = usize> {
        self.outcomes.keys().copied()
    }

    /// Sets that some plan used: what may be worth adding in one step.
    pub fn moves(&self) -> BTreeSet<Set> {
        let used = self.outcomes.values().flatten().filter(|one| one.gain() >= MIN_GAIN).map(|one| one.used.clone());
        used.collect()
    }

    /// The greatest gain that a design had anywhere, when it was offered.
    pub fn greatest_gain(&self, design: usize) -> f64 {
        let with = self.outcomes.values().flatten().filter(|one| one.offered.contains(&design));
        with.filter(|one| one.used.contains(&design)).map(Outcome::gain).fold(0.0, f64::max)
    }

    /// The weakest basis among the answers that speak for a design.
    pub fn basis(&self, queries: &[usize], set: &Set) -> Basis {
        let bases = queries.iter().filter_map(|query| self.best(*query, set)).map(|outcome| outcome.answer.basis);
        bases.max().unwrap_or_default()
    }
}
