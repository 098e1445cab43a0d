//! The best set of few designs: every one is weighed that could still be the best.

use super::objective::{Objective, Set};
use super::select::better;

/// The most valuable set of these designs; within the limits where they count.
pub fn exact(objective: &Objective, designs: &[usize], limited: bool) -> Set {
    let mut order: Vec<usize> = designs.to_vec();
    let worth = |design: usize| objective.alone(design) - objective.price(design);
    order.sort_by(|one, two| worth(*two).total_cmp(&worth(*one)).then(one.cmp(two)));
    let mut search = Search { objective, limited, best: Set::new() };
    search.branch(Set::new(), &order);
    search.best
}

struct Search<'a, 'b> {
    objective: &'a Objective<'b>,
    limited: bool,
    best: Set,
}

impl Search<'_, '_> {
    /// With the next design, then without it.
    fn branch(&mut self, set: Set, open: &[usize]) {
        let Some((next, rest)) = open.split_first() else {
            self.best = better(self.objective, std::mem::take(&mut self.best), set);
            return;
        };
        if self.bound(&set, open) < self.objective.value(&self.best) {
            return;
        }
        let mut with = set.clone();
        with.insert(*next);
        if !self.limited || self.objective.fits(&with) {
            self.branch(with, rest);
        }
        self.branch(set, rest);
    }

    /// No set with these and some of the open ones is worth more: all of their savings, none of their prices.
    fn bound(&self, set: &Set, open: &[usize]) -> f64 {
        let all: Set = set.iter().chain(open).copied().collect();
        let paid: f64 = set.iter().map(|design| self.objective.price(*design)).sum();
        self.objective.saved(&all) - paid
    }
}
