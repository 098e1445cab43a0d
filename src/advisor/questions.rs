//! What to ask the planner, or the model: as little as the search needs.
//!
//! A statement is first asked about with nothing and with all its candidates at once.
//! Then what its plan used is taken away, again and again, until no plan gains: that
//! bounds what the rest could do. From then on only sets that the search would choose are
//! asked about, and what follows from the answers is never asked.

use super::objective::{Objective, Set};
use super::statement::{Mask, Statement, places_of};
use crate::what_if::{Design, Known, Question};

/// How often what was used is taken away.
const MOST_PEELS: usize = 6;
/// Share of a statement's time that is not worth a question.
const CLOSE: f64 = 0.005;
/// Share of the workload's time that is not worth a question.
const TRIFLE: f64 = 5e-4;

/// What is asked of every statement: nothing, and all at once.
pub fn first(objective: &Objective, known: &Known) -> Vec<Question> {
    let both = |statement| [0, Statement::all(statement)].map(|set| question(objective, statement, set));
    let all = objective.statements.iter().filter(|statement| !statement.designs.is_empty() && !statement.told);
    new(all.flat_map(both), known)
}

/// What else could the planner do without what it used so far?
pub fn peeled(objective: &Objective, known: &Known) -> Vec<Question> {
    let next = |statement| Some(question(objective, statement, peel(statement)?));
    new(objective.statements.iter().filter(|statement| !statement.told).filter_map(next), known)
}

fn peel(statement: &Statement) -> Option<Mask> {
    let mut left = statement.all();
    for _ in 0..MOST_PEELS {
        let gain = statement.gain(left);
        if gain.hoped <= CLOSE {
            return None;
        }
        if gain.hoped - gain.sure > CLOSE {
            return Some(left);
        }
        let used = statement.plans(left).iter().fold(0, |used, chosen| used | chosen.used);
        if used == 0 {
            return None;
        }
        left &= !used;
    }
    None
}

/// What the search's choice would lose without each of its indexes: what hardly loses is not needed.
pub fn without_each(objective: &Objective, chosen: &Set, known: &Known) -> Vec<Question> {
    let less = |design: &usize| chosen.iter().copied().filter(|one| one != design).collect::<Set>();
    let mut open: Vec<Question> = chosen.iter().flat_map(|design| hoped(objective, &less(design), known)).collect();
    open.sort();
    open.dedup();
    open
}

/// What the search's choice still rests on hope for.
pub fn hoped(objective: &Objective, chosen: &Set, known: &Known) -> Vec<Question> {
    let total: f64 = objective.statements.iter().map(|statement| statement.total_ms).sum();
    let mut open = Vec::new();
    for (position, statement) in objective.statements.iter().enumerate() {
        let set = objective.mask(position, chosen);
        let gain = statement.gain(set);
        let unclear = gain.hoped - gain.sure;
        let matters = unclear > CLOSE && unclear * statement.total_ms > total * TRIFLE;
        if matters && !statement.is_exhausted() {
            open.push(question(objective, statement, set));
        }
    }
    new(open.into_iter(), known)
}

/// The question what a statement costs with these of its designs.
pub fn question(objective: &Objective, statement: &Statement, set: Mask) -> Question {
    let mut designs: Vec<Design> =
        places_of(set).map(|place| objective.designs[statement.designs[place]].clone()).collect();
    designs.sort();
    Question { query: statement.query, designs, without: Vec::new() }
}

/// Those that were not asked yet, whatever the answer was.
fn new(questions: impl Iterator<Item = Question>, known: &Known) -> Vec<Question> {
    questions.filter(|question| !known.has(question)).collect()
}
