//! Who answers what-if questions: the lab, HypoPG on the server, or our own model.
//!
//! A statement keeps its judge: costs of two planners do not compare. The judge is
//! found at its first question, and why a better one could not be had is kept for the
//! report. A lab has a backend for each core; answers come in the order of the questions
//! whoever gave them.

mod backend;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use futures_util::future::join_all;

use super::ask::{self, Asked, Explain, Place, Refused};
use super::hypopg::{Hypopg, beyond, imagines};
use super::lab::{Lab, LabSession};
use super::{Answer, Basis, Design, Question, Size, model, size};
use crate::snapshot::Snapshot;
use crate::workload::{Query, Workload};
use backend::{dealt, planned, taken};
pub use summary::{Summary, Unplanned, Wanted, Ways};

/// Backends of a lab at most: beyond it they wait for each other.
const MOST_BACKENDS: usize = 8;

/// Answers questions about the statements of a workload.
#[derive(Debug)]
pub struct Oracle<'a> {
    snapshot: &'a Snapshot,
    workload: &'a Workload,
    ways: Ways<'a>,
    backends: usize,
    sessions: Vec<LabSession>,
    hypopg: Option<Hypopg>,
    judges: BTreeMap<usize, Judge>,
    designs: BTreeSet<Design>,
    summary: Summary,
}

/// Who answers for a statement.
#[derive(Debug, Clone)]
enum Judge {
    Lab(Asked),
    Hypopg(Asked),
    Model(Option<String>),
}

impl<'a> Oracle<'a> {
    /// With as many backends of a lab as the machine has cores.
    pub fn new(snapshot: &'a Snapshot, workload: &'a Workload, ways: Ways<'a>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_backends(snapshot, workload, ways, cores)
    }

    /// With so many backends of a lab.
    pub fn with_backends(snapshot: &'a Snapshot, workload: &'a Workload, ways: Ways<'a>, backends: usize) -> Self {
        let hypopg = Hypopg::of(snapshot).filter(|_| ways.server.is_some());
        let summary = Summary {
            lab_major: ways.lab.as_ref().map(Lab::major),
            missing: ways.lab.as_ref().map(|lab| lab.missing().to_vec()).unwrap_or_default(),
            ..Summary::default()
        };
        let backends = backends.clamp(1, MOST_BACKENDS);
        let (judges, designs) = (BTreeMap::new(), BTreeSet::new());
        Self { snapshot, workload, ways, backends, sessions: Vec::new(), hypopg, judges, designs, summary }
    }

    /// Makes indexes known that questions will be about, and sizes them. The first time the lab is also checked
    /// against the server's own plans in the snapshot.
    pub async fn prepare(&mut self, designs: &[Design]) {
        let begun = Instant::now();
        self.designs.extend(designs.iter().cloned());
        if let Some(lab) = self.ways.lab.as_mut()
            && let Err(error) = lab.add(designs).await
        {
            self.lose_lab(error.to_string());
        }
        self.connect().await;
        if self.summary.self_check.is_none()
            && !self.snapshot.reference_plans.is_empty()
            && let (Some(lab), Some(session)) = (&self.ways.lab, self.sessions.first_mut())
        {
            // as it was when those plans were made: a log's constants are not in it
            let workload = Workload::build(self.snapshot);
            let check = ask::self_check(session, Place::Lab(lab), self.snapshot, &workload).await;
            self.summary.self_check = Some(check);
        }
        self.summary.elapsed += begun.elapsed();
    }

    /// Sizes of the indexes that were made known: the lab's, else by statistics alone.
    pub fn sizes(&self) -> BTreeMap<Design, Size> {
        let size = |design: &Design| {
            let asked = self.ways.lab.as_ref().and_then(|lab| lab.size(design));
            Some((design.clone(), asked.or_else(|| size::of_design(self.snapshot, design))?))
        };
        self.designs.iter().filter_map(size).collect()
    }

    /// Why `PostgreSQL` would not build an index; `None` where it would or nobody tried.
    pub fn refused(&self, design: &Design) -> Option<&str> {
        self.ways.lab.as_ref()?.refused(design)
    }

    /// Answers in the order of the questions.
    pub async fn answer(&mut self, questions: &[Question]) -> Vec<Answer> {
        let begun = Instant::now();
        self.connect().await;
        let new: BTreeSet<usize> =
            questions.iter().map(|one| one.query).filter(|query| !self.judges.contains_key(query)).collect();
        self.judge(new.into_iter().collect()).await;
        let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
        self.by_lab(questions, &mut answers).await;
        self.by_hypopg(questions, &mut answers).await;
        for answer in answers.values() {
            self.summary.questions += 1;
            self.summary.plans += answer.plans.len() as u64;
        }
        for (place, question) in questions.iter().enumerate() {
            if let Some(Judge::Model(note)) = self.judges.get(&question.query) {
                let answer = model::answer(self.snapshot, self.workload, question);
                answers.insert(place, Answer { note: note.clone(), ..answer });
            }
        }
        self.summary.elapsed += begun.elapsed();
        answers.into_values().collect()
    }

    /// What was answered so far, and by whom.
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary.clone();
        for judge in self.judges.values() {
            *summary.statements.entry(judge.basis()).or_default() += 1;
        }
        summary.unplanned.sort();
        summary
    }

    /// What statements cost that could not be parsed, but planned: see [`ask::from_plans`].
    pub async fn unparsed(&mut self) -> Vec<(usize, Query)> {
        self.connect().await;
        let (snapshot, workload) = (self.snapshot, self.workload);
        match (&self.ways.lab, self.sessions.first_mut(), self.ways.server.as_mut()) {
            (Some(lab), Some(session), _) => ask::from_plans(session, Place::Lab(lab), snapshot, workload).await,
            (_, _, Some(server)) => ask::from_plans(*server, Place::Server, snapshot, workload).await,
            _ => Vec::new(),
        }
    }

    /// The lab again, for what comes after the questions.
    pub fn into_lab(self) -> Option<Lab> {
        self.ways.lab
    }

    async fn connect(&mut self) {
        while self.sessions.len() < self.backends {
            let Some(lab) = &self.ways.lab else { return };
            match lab.connect().await {
                Ok(session) => self.sessions.push(session),
                Err(_) if !self.sessions.is_empty() => self.backends = self.sessions.len(),
                Err(error) => self.lose_lab(error.to_string()),
            }
        }
    }

    fn lose_lab(&mut self, why: String) {
        self.ways.lab = None;
        self.sessions.clear();
        self.summary.lab_failed = Some(why);
    }

    /// Finds a judge for each of these statements.
    async fn judge(&mut self, queries: Vec<usize>) {
        let mut left: BTreeMap<usize, Option<String>> = queries.into_iter().map(|query| (query, None)).collect();
        for basis in self.order() {
            let asked = match basis {
                Basis::Lab => self.taken_by_lab(left.keys().copied().collect()).await,
                Basis::Hypopg => self.taken_by_hypopg(left.keys().copied().collect()).await,
                Basis::Model => Vec::new(),
            };
            for (query, outcome) in asked {
                match outcome {
                    Ok(asked) => {
                        left.remove(&query);
                        let judge = if basis == Basis::Lab { Judge::Lab(asked) } else { Judge::Hypopg(asked) };
                        self.judges.insert(query, judge);
                    }
                    Err(why) => {
                        let fingerprint = self.workload.queries[query].fingerprint.clone();
                        let unplanned = Unplanned { fingerprint, by: basis, why: why.to_string() };
                        left.insert(query, Some(unplanned.why.clone()));
                        self.summary.unplanned.push(unplanned);
                    }
                }
            }
        }
        self.judges.extend(left.into_iter().map(|(query, note)| (query, Judge::Model(note))));
    }

    /// Who is tried, the best first.
    fn order(&self) -> Vec<Basis> {
        let lab = self.ways.lab.as_ref().map(Lab::major);
        let same = lab == Some(self.snapshot.server.major());
        let wanted: &[Basis] = match self.ways.wanted {
            Wanted::Auto if same => &[Basis::Lab, Basis::Hypopg],
            Wanted::Auto => &[Basis::Hypopg, Basis::Lab],
            Wanted::Lab => &[Basis::Lab],
            Wanted::Hypopg => &[Basis::Hypopg],
            Wanted::Model => &[],
        };
        let there = |basis: &&Basis| match basis {
            Basis::Lab => lab.is_some(),
            Basis::Hypopg => self.hypopg.is_some(),
            Basis::Model => true,
        };
        wanted.iter().filter(there).copied().collect()
    }

    async fn taken_by_lab(&mut self, queries: Vec<usize>) -> Vec<(usize, Result<Asked, Refused>)> {
        let Some(lab) = &self.ways.lab else { return Vec::new() };
        let (snapshot, workload) = (self.snapshot, self.workload);
        let workers = self.sessions.iter_mut().zip(dealt(queries, self.backends));
        let workers = workers.map(|(session, own)| async move {
            let mut outcomes = Vec::with_capacity(own.len());
            for query in own {
                outcomes.push((query, taken(session, lab, snapshot, &workload.queries[query]).await));
            }
            outcomes
        });
        let mut outcomes: Vec<_> = join_all(workers).await.into_iter().flatten().collect();
        outcomes.sort_by_key(|(query, _)| *query);
        outcomes
    }

    async fn taken_by_hypopg(&mut self, queries: Vec<usize>) -> Vec<(usize, Result<Asked, Refused>)> {
        let mut outcomes = Vec::with_capacity(queries.len());
        for query in queries {
            let helps = |design: &&Design| model::would_use(self.snapshot, self.workload, query, design);
            let beyond_it = self.designs.iter().filter(|design| !imagines(design)).find(helps);
            let statement = &self.workload.queries[query];
            let outcome = match (beyond_it, self.hypopg.as_mut(), self.ways.server.as_mut()) {
                (Some(design), ..) => Err(Refused::Unable { why: beyond(design) }),
                (_, Some(hypopg), Some(server)) => hypopg.prepare(*server, self.snapshot, statement).await,
                _ => return outcomes,
            };
            outcomes.push((query, outcome));
        }
        outcomes
    }

    async fn by_lab(&mut self, questions: &[Question], answers: &mut BTreeMap<usize, Answer>) {
        let Some(lab) = &self.ways.lab else { return self.lab_is_gone(questions, answers) };
        let (snapshot, judges) = (self.snapshot, &self.judges);
        let own: Vec<(usize, &Question, &Asked)> = questions
            .iter()
            .enumerate()
            .filter_map(|(place, question)| match judges.get(&question.query) {
                Some(Judge::Lab(asked)) => Some((place, question, asked)),
                _ => None,
            })
            .collect();
        let major = lab.major();
        let workers = self.sessions.iter_mut().zip(dealt(own, self.backends));
        let workers = workers.map(|(session, own)| async move {
            let mut explain = Explain::of(major);
            let mut found = Vec::with_capacity(own.len());
            for (place, question, asked) in own {
                found.push((place, planned(session, &mut explain, lab, snapshot, (question, asked)).await));
            }
            found
        });
        answers.extend(join_all(workers).await.into_iter().flatten());
    }

    /// A judge that is lost is not replaced: the costs of another would not compare with what it said.
    fn lab_is_gone(&self, questions: &[Question], answers: &mut BTreeMap<usize, Answer>) {
        for (place, question) in questions.iter().enumerate() {
            if let Some(Judge::Lab(_)) = self.judges.get(&question.query) {
                let note = self.summary.lab_failed.clone();
                answers.insert(place, Answer { basis: Basis::Lab, plans: Vec::new(), note });
            }
        }
    }

    async fn by_hypopg(&mut self, questions: &[Question], answers: &mut BTreeMap<usize, Answer>) {
        let own = questions.iter().enumerate().filter_map(|(place, question)| match self.judges.get(&question.query) {
            Some(Judge::Hypopg(asked)) => Some((place, (question, asked))),
            _ => None,
        });
        let (places, asked): (Vec<usize>, Vec<(&Question, &Asked)>) = own.unzip();
        if let (false, Some(hypopg), Some(server)) = (asked.is_empty(), self.hypopg.as_mut(), self.ways.server.as_mut())
        {
            let found = hypopg.ask(*server, self.snapshot, &asked).await;
            answers.extend(places.into_iter().zip(found));
        }
    }
}

impl Judge {
    fn basis(&self) -> Basis {
        match self {
            Self::Lab(_) => Basis::Lab,
            Self::Hypopg(_) => Basis::Hypopg,
            Self::Model(_) => Basis::Model,
        }
    }
}
