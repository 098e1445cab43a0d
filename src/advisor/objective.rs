//! What a set of indexes is worth: time saved on reads, less what each of them costs.
//!
//! The value of a set comes from plans with that very set, so indexes that help only
//! together, or that do the same work, are seen as such. What is not known yet counts as
//! hoped or as sure, as the search wants it.

use std::collections::BTreeSet;

use super::Caution;
use super::statement::{Mask, Statement, mask_of};
use crate::what_if::Design;

/// A set of designs, by their positions in [`Objective::designs`].
pub type Set = BTreeSet<usize>;

/// How what is not known yet counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// As the best that is not ruled out: what a search must ask about before it trusts it.
    Hoped,
    /// As the best plan that is at hand.
    Sure,
}

/// What an index costs, whatever it saves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Time that writes take longer, ms of the snapshot's window, weighted by the profile.
    pub upkeep_ms: f64,
    /// Size.
    pub bytes: u64,
    /// Keys, and what else makes an index harder to justify than another that saves as much.
    pub weight: f64,
}

/// A set as the search goes on from it.
#[derive(Debug, Clone)]
pub struct State {
    /// What the set is worth.
    pub value: f64,
    masks: Vec<Mask>,
    saved: Vec<f64>,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Bytes of all together.
    pub bytes: Option<u64>,
    /// Indexes.
    pub count: Option<usize>,
}

/// Share of what an index could save alone that it must add to the others: an index also costs memory, planning and
/// somebody's attention, and what it adds less than this is within the error of the figures.
const HOLDING: f64 = 0.02;
/// The same for each key after the first.
const KEY: f64 = 0.005;
/// Share of the workload's time below which an index is not worth having.
const TRIFLE: f64 = 1e-4;
/// Time of one call below which nothing is worth saving, ms.
const TRIFLE_PER_CALL_MS: f64 = 0.1;

/// Statements, designs, and what each costs.
#[derive(Debug)]
pub struct Objective<'a> {
    /// Every design, in a stable order.
    pub designs: Vec<&'a Design>,
    /// Every statement that one of them may serve.
    pub statements: Vec<Statement<'a>>,
    /// For each design, what it costs.
    pub costs: Vec<Cost>,
    /// What may be spent.
    pub limits: Limits,
    /// How what is unknown counts.
    pub view: View,
    /// Sets that help only together, beside those that known plans show.
    pub together: Vec<Vec<usize>>,
    /// Whether what is in the set must be noticed, and not only cost less.
    pub caution: Caution,
    /// For each design the statements that it may serve, with its bit there.
    places: Vec<Vec<(usize, Mask)>>,
    /// For each design what must be saved before it is worth having, ms.
    prices: Vec<f64>,
}

impl<'a> Objective<'a> {
    /// `total_ms`: time of the whole workload.
    pub fn new(
        designs: Vec<&'a Design>,
        statements: Vec<Statement<'a>>,
        costs: Vec<Cost>,
        limits: Limits,
        total_ms: f64,
    ) -> Self {
        let mut places = vec![Vec::new(); designs.len()];
        for (position, statement) in statements.iter().enumerate() {
            for (place, design) in statement.designs.iter().enumerate() {
                places[*design].push((position, mask_of([place])));
            }
        }
        let mut objective = Self {
            designs,
            statements,
            costs,
            limits,
            view: View::Hoped,
            together: Vec::new(),
            caution: Caution::Usual,
            places,
            prices: Vec::new(),
        };
        objective.prices = (0..objective.designs.len()).map(|design| objective.price_of(design, total_ms)).collect();
        objective
    }

    /// The same with another caution: without any, an index is worth having that saves more than a trifle.
    pub fn with(mut self, caution: Caution, total_ms: f64) -> Self {
        self.caution = caution;
        if caution == Caution::None {
            self.prices = self.costs.iter().map(|cost| cost.upkeep_ms.max(0.0) + TRIFLE * total_ms).collect();
        }
        self
    }

    /// The same, with what is unknown counted otherwise.
    pub fn viewed(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// Time saved on one statement, ms of the window.
    pub fn saved_on(&self, statement: usize, set: Mask) -> f64 {
        let statement = &self.statements[statement];
        let gain = statement.gain(set);
        let gain = if self.view == View::Hoped { gain.hoped } else { gain.sure };
        if gain * statement.mean_ms() < TRIFLE_PER_CALL_MS { gain.min(0.0) } else { gain * statement.total_ms }
    }

    /// Time saved on all, ms of the window.
    pub fn saved(&self, set: &Set) -> f64 {
        self.touched(set.iter().copied()).into_iter().map(|(statement, mask)| self.saved_on(statement, mask)).sum()
    }

    /// Time saved, less the price of each.
    pub fn value(&self, set: &Set) -> f64 {
        self.saved(set) - set.iter().map(|design| self.prices[*design]).sum::<f64>()
    }

    /// What a design must save to be worth having, ms of the window.
    pub fn price(&self, design: usize) -> f64 {
        self.prices[design]
    }

    /// Time that a design saves alone, ms of the window.
    pub fn alone(&self, design: usize) -> f64 {
        self.places[design].iter().map(|(statement, bit)| self.saved_on(*statement, *bit)).sum()
    }

    /// The statements that a design may serve, with its bit there.
    pub fn places(&self, design: usize) -> &[(usize, Mask)] {
        &self.places[design]
    }

    /// The designs of a set that may serve a statement.
    pub fn mask(&self, statement: usize, set: &Set) -> Mask {
        let designs = &self.statements[statement].designs;
        mask_of((0..designs.len()).filter(|place| set.contains(&designs[*place])))
    }

    /// Bytes of a set.
    pub fn bytes(&self, set: &Set) -> u64 {
        set.iter().map(|design| self.costs[*design].bytes).sum()
    }

    /// Whether a set is within the limits.
    pub fn fits(&self, set: &Set) -> bool {
        self.fits_in(1.0, set)
    }

    /// Whether it is within this share of the bytes, 0 to 1, and no more indexes than wanted.
    pub fn fits_in(&self, share: f64, set: &Set) -> bool {
        self.limits.bytes.is_none_or(|most| self.bytes(set) <= (most as f64 * share) as u64)
            && self.limits.count.is_none_or(|most| set.len() <= most)
    }

    /// What decides between sets of the same value: fewer keys, then fewer bytes, then the order of their definitions.
    pub fn weight(&self, set: &Set) -> (f64, u64) {
        (set.iter().map(|design| self.costs[*design].weight).sum(), self.bytes(set))
    }

    /// The set with what it saves on each statement, from which changes are valued without starting anew.
    pub fn state(&self, set: &Set) -> State {
        let masks: Vec<Mask> = (0..self.statements.len()).map(|statement| self.mask(statement, set)).collect();
        let saved: Vec<f64> = masks.iter().zip(0..).map(|(mask, statement)| self.saved_on(statement, *mask)).collect();
        let paid: f64 = set.iter().map(|design| self.prices[*design]).sum();
        State { value: saved.iter().sum::<f64>() - paid, masks, saved }
    }

    /// What a set is worth after some are removed and others added.
    pub fn value_after(&self, state: &State, removed: &[usize], added: &[usize]) -> f64 {
        let mut touched: Vec<(usize, Mask)> = Vec::new();
        let mut change = |design: usize, to: &dyn Fn(Mask, Mask) -> Mask| {
            for (statement, bit) in &self.places[design] {
                match touched.iter_mut().find(|(one, _)| one == statement) {
                    Some((_, mask)) => *mask = to(*mask, *bit),
                    None => touched.push((*statement, to(state.masks[*statement], *bit))),
                }
            }
        };
        for design in removed {
            change(*design, &|mask, bit| mask & !bit);
        }
        for design in added {
            change(*design, &|mask, bit| mask | bit);
        }
        let price = |designs: &[usize]| designs.iter().map(|design| self.prices[*design]).sum::<f64>();
        let saved = touched.iter().map(|(statement, mask)| self.saved_on(*statement, *mask) - state.saved[*statement]);
        state.value + saved.sum::<f64>() + price(removed) - price(added)
    }

    fn touched(&self, designs: impl Iterator<Item = usize>) -> Vec<(usize, Mask)> {
        let mut places: Vec<(usize, Mask)> = designs.flat_map(|design| self.places[design].iter().copied()).collect();
        places.sort_unstable();
        places.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 |= if same { next.1 } else { 0 };
            same
        });
        places
    }

    fn price_of(&self, design: usize, total_ms: f64) -> f64 {
        let cost = self.costs[design];
        let share = HOLDING + KEY * (cost.weight - 1.0).max(0.0);
        cost.upkeep_ms.max(0.0) + share * self.alone(design) + TRIFLE * total_ms
    }
}
