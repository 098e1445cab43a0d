//! Which indexes, together, help this workload.

mod building;
mod candidate;
mod clock;
mod considered;
mod entries;
mod exact;
mod exchange;
mod existing;
mod name;
mod notes;
mod objective;
mod questions;
mod recommend;
#[cfg(test)]
mod search_tests;
mod select;
mod setup;
mod statement;
#[cfg(test)]
mod tests;
mod verdict;
mod wal;
mod weighed;
mod worth;
mod writes;

use std::collections::BTreeMap;

use crate::snapshot::Snapshot;
use crate::what_if::{Answer, Basis, Design, Known, Question, Size, model};
use crate::workload::Workload;

pub use candidate::{Candidates, MAX_OF_STATEMENT, Unseen, candidates, candidates_by};
pub use name::name;
use objective::{Objective, Set, View};
use recommend::recommend;
use select::{Effort, select};
pub use verdict::{Verdict, causes};
pub use weighed::weighed;

/// What the user wants of the advice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Most bytes that the new indexes may take together.
    pub budget: Option<Budget>,
    /// Most indexes to create.
    pub max_indexes: Option<usize>,
    /// What counts for more, reads or writes.
    pub profile: Profile,
}

/// Which of the planner's figures are believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caution {
    /// Those that a user would see come true, and only where somebody would notice: the program knows no other.
    #[default]
    Usual,
    /// Every one, as advisors do that know only planner costs: for a comparison with those.
    None,
}

/// Storage for new indexes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// So many bytes.
    Bytes(u64),
    /// A share of the heaps of all tables, 0.25 for a quarter.
    HeapShare(f64),
}

/// What counts for more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// Writes hardly count.
    Read,
    /// Time saved on reads against time added on writes, as measured.
    #[default]
    Balanced,
    /// Writes count several times.
    Write,
}

/// All that the advice rests on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Its statements.
    pub workload: &'a Workload,
    /// Indexes worth trying.
    pub candidates: &'a Candidates,
    /// How large they would be; where one is missing, the advisor's own estimate stands in.
    pub sizes: &'a BTreeMap<Design, Size>,
    /// The answers so far.
    pub known: &'a Known,
    /// What the user wants.
    pub options: &'a Options,
    /// There is no more time: advise by what is known.
    pub last: bool,
}

/// What the advisor does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It needs answers to these; ask them in any order, then call again.
    Ask(Vec<Question>),
    /// It is done.
    Done(Recommendations),
}

/// Goes on from what is known: a pure function, so the same answers lead to the same advice.
///
/// The search takes what is not known yet for as good as it may be. Whatever its choice rests on is asked, until the
/// choice rests on answers alone: then nothing that was not asked could be better.
pub fn advise(input: &Input) -> Step {
    let objective = setup::objective(input);
    if !input.last {
        for ask in [questions::first, questions::peeled, of_quick_search, of_thorough_search] {
            let open = ask(&objective, input.known);
            if !open.is_empty() {
                return Step::Ask(open);
            }
        }
    }
    // what hope came to is known by now, and a search that sees only what is known may not find it
    let hoped = select(&objective, Effort::Thorough, &Set::new());
    let objective = objective.viewed(View::Sure);
    let chosen = select(&objective, Effort::Thorough, &hoped);
    let open = existing::questions(input, &objective, &chosen);
    if !input.last && !open.is_empty() {
        return Step::Ask(open);
    }
    Step::Done(recommend(input, &objective, &chosen))
}

/// Most of what has to be asked shows in a quick search.
fn of_quick_search(objective: &Objective, known: &Known) -> Vec<Question> {
    questions::hoped(objective, &select(objective, Effort::Quick, &Set::new()), known)
}

fn of_thorough_search(objective: &Objective, known: &Known) -> Vec<Question> {
    let chosen = select(objective, Effort::Thorough, &Set::new());
    let open = questions::hoped(objective, &chosen, known);
    if open.is_empty() { questions::without_each(objective, &chosen, known) } else { open }
}

/// The advice when `answer` answers everything at once: the model, or a test.
pub fn advise_by(
    snapshot: &Snapshot,
    workload: &Workload,
    options: &Options,
    answer: impl Fn(&Question) -> Answer,
) -> Recommendations {
    let candidates = candidates(snapshot, workload);
    let (mut known, sizes) = (Known::default(), BTreeMap::new());
    loop {
        let input =
            Input { snapshot, workload, candidates: &candidates, sizes: &sizes, known: &known, options, last: false };
        match advise(&input) {
            Step::Done(recommendations) => return recommendations,
            Step::Ask(questions) => {
                let answers = questions.iter().map(&answer).collect();
                known.learn(questions, answers);
            }
        }
    }
}

/// The advice by the model alone.
pub fn advise_by_model(snapshot: &Snapshot, workload: &Workload) -> Recommendations {
    advise_by(snapshot, workload, &Options::default(), |question| model::answer(snapshot, workload, question))
}

/// An index to create.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advice {
    /// The index.
    pub design: Design,
    /// Name for it: new in its schema, at most 63 bytes.
    pub name: String,
    /// Where the costs come from; the weakest basis of its statements.
    pub basis: Basis,
    /// Why that is weaker than it sounds: a lab that does not plan as the server does.
    pub doubt: Option<String>,
    /// Estimated size, bytes; `None` where its table is not in the snapshot.
    pub size_bytes: Option<u64>,
    /// No statistics tell the size well.
    pub size_is_rough: bool,
    /// Bytes of index written per byte of row written: 0.1 is a tenth more.
    pub write_overhead: Option<f64>,
    /// Statements that it helps, by falling gain.
    pub helps: Vec<Help>,
    /// Statements that write to its table and take longer for it.
    pub slows: Vec<Slowed>,
    /// Time that is its due of what those that it helps save, ms of the window: what several indexes do together for a
    /// statement is shared out among them.
    pub saved_ms: f64,
    /// Time that writes take longer, ms of the window.
    pub added_ms: f64,
    /// WAL that those writes cause more, bytes of the window, full page images left out.
    pub wal_bytes: f64,
    /// Updates that would no longer be HOT, rows of the window.
    pub hot_lost: f64,
    /// Seconds that the statements' counters cover; `None` where the server does not say.
    pub window_s: Option<f64>,
    /// `pg_class.oid` of the existing indexes that it makes superfluous, proven by a planner: to be dropped when it is
    /// valid.
    pub replaces: Vec<u32>,
    /// Remarks: what it needs, what it depends on.
    pub notes: Vec<String>,
    /// What building it asks of the server: locks, space, an extension.
    pub build: Vec<String>,
}

/// What an index does for one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Help {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Cost without it.
    pub before: f64,
    /// Cost with it.
    pub after: f64,
    /// Share of the statement's time that goes, 0 to 1.
    pub gain: f64,
    /// Positions in `Query::predicates` that it serves, for the report to underline.
    pub predicates: Vec<usize>,
    /// The plan without it, as people say it; empty where the model answered.
    pub shape_before: String,
    /// The plan with it.
    pub shape_after: String,
    /// The parameter on which the gain depends, and how, where the plans for any value and for usual values disagree.
    pub depends: Option<String>,
}

/// A statement that gets dearer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slowed {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Time that all its calls take longer, ms of the window.
    pub added_ms: f64,
}

/// A candidate that was not recommended, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rejection {
    /// The index.
    pub design: Design,
    /// Why, in a sentence without a full stop.
    pub why: String,
}

/// A candidate that a planner, or the model, was asked about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Considered {
    /// The index.
    pub design: Design,
    /// How large it would be.
    pub size: Option<Size>,
    /// The statement that it does most for: index into `Workload::queries`; `None`: no plan used it.
    pub query: Option<usize>,
    /// Cost of that statement without it.
    pub before: Option<f64>,
    /// And with it.
    pub after: Option<f64>,
    /// Its place among all candidates by what it saves there, from 1.
    pub rank: usize,
    /// Whether it is among [`Recommendations::create`].
    pub recommended: bool,
    /// Why not, in a sentence without a full stop; empty for those that are.
    pub why: String,
}

/// All that the advisor says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recommendations {
    /// Indexes to create, by falling `saved_ms`, then name.
    pub create: Vec<Advice>,
    /// Candidates that fell through, in a stable order.
    pub rejected: Vec<Rejection>,
    /// Every candidate that was asked about, by rank.
    pub considered: Vec<Considered>,
    /// What indexes do for each statement that was looked at, by its position in the workload.
    pub verdicts: Vec<Verdict>,
}
