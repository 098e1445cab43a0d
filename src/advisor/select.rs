//! Which of the candidates, together, are worth having.
//!
//! Where few of them have any value every set is weighed, those that cannot beat the
//! best one yet left out. Where many have, a set is grown, by value and by value per
//! byte, and each repaired by exchanges until none helps; the best one stays. Tables that
//! no statement reads together are searched apart.

use std::collections::BTreeSet;

use super::Caution;
use super::exact::exact;
use super::exchange::{Repair, repaired};
use super::objective::{Objective, Set, View};
use super::statement::places_of;
use super::worth::earns;

/// Designs of which all sets are weighed.
pub const FEW: usize = 12;
/// Values this near to each other are one, as a share of the greater.
pub const SAME: f64 = 1e-6;
/// Shares of the budget that are filled one after the other, each also from what the one before came to: a smaller one
/// may lead to a set that grows better, and more room is never worth less.
const LADDER: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// How hard the search tries where there are too many designs to weigh every set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One set is grown: to find out what is worth asking.
    Quick,
    /// All of them, with every exchange.
    Thorough,
}

/// The chosen designs; at least as good as what `from`, a set within the limits, can be made into.
pub fn select(objective: &Objective, effort: Effort, from: &Set) -> Set {
    let moves = moves(objective);
    let valuable = valuable(objective, &moves);
    let search = Search { objective, moves, effort };
    let apart: Set = groups(objective, &valuable).iter().flat_map(|group| search.best_of(group, false)).collect();
    let unlimited = objective.fits(&apart);
    let chosen = if unlimited { apart } else { search.best_of(&valuable, true) };
    let kept: Set = from.iter().copied().filter(|design| valuable.contains(design)).collect();
    let repair = Repair { limited: !unlimited, refill: !unlimited && effort == Effort::Thorough, share: 1.0 };
    let other = if kept.is_empty() { kept } else { repaired(&search, &valuable, repair, kept) };
    let best = better(objective, chosen, other);
    match objective.caution {
        Caution::None => best,
        Caution::Usual if unlimited || objective.view == View::Hoped => justified(objective, best),
        Caution::Usual => justified_within(&search, valuable, repair, best),
    }
}

/// Where room is scarce, what does not earn its keep leaves it to others that may.
fn justified_within(search: &Search, mut designs: Vec<usize>, repair: Repair, mut set: Set) -> Set {
    loop {
        let kept = justified(search.objective, set.clone());
        if kept.len() == set.len() {
            return kept;
        }
        designs.retain(|design| kept.contains(design) || !set.contains(design));
        set = repaired(search, &designs, repair, kept);
    }
}

/// Designs that some plan uses, or that may save more alone than they cost.
fn valuable(objective: &Objective, moves: &BTreeSet<Vec<usize>>) -> Vec<usize> {
    let used: BTreeSet<usize> = moves.iter().flatten().copied().collect();
    let fits = |design: &usize| objective.fits(&Set::from([*design]));
    let worth = |design: &usize| objective.alone(*design) > objective.price(*design) || used.contains(design);
    (0..objective.designs.len()).filter(|design| fits(design) && worth(design)).collect()
}

/// What may be worth adding in one step: what known plans use together.
fn moves(objective: &Objective) -> BTreeSet<Vec<usize>> {
    let mut moves: BTreeSet<Vec<usize>> = objective.together.iter().cloned().collect();
    for statement in &objective.statements {
        for used in statement.used_sets().filter(|used| statement.gain(*used).hoped > 0.0) {
            moves.insert(places_of(used).map(|place| statement.designs[place]).collect());
        }
    }
    moves
}

/// Designs that some statement reads together, directly or through others.
fn groups(objective: &Objective, designs: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<BTreeSet<usize>> = designs.iter().map(|design| BTreeSet::from([*design])).collect();
    for statement in &objective.statements {
        let together = |group: &BTreeSet<usize>| statement.designs.iter().any(|design| group.contains(design));
        let (one, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(together);
        groups = rest;
        groups.extend((!one.is_empty()).then(|| one.into_iter().flatten().collect::<BTreeSet<usize>>()));
    }
    groups.sort();
    groups.into_iter().map(|group| group.into_iter().collect()).collect()
}

/// A search for one objective.
pub struct Search<'a, 'b> {
    /// What is sought.
    pub objective: &'a Objective<'b>,
    /// What may be worth adding in one step.
    moves: BTreeSet<Vec<usize>>,
    /// How hard.
    effort: Effort,
}

impl Search<'_, '_> {
    fn best_of(&self, designs: &[usize], limited: bool) -> Set {
        if designs.len() <= FEW {
            return exact(self.objective, designs, limited);
        }
        let thorough = limited && self.effort == Effort::Thorough;
        let shares = if thorough { &LADDER[..] } else { &[1.0] };
        let best = shares.iter().fold(Set::new(), |from, share| self.best_within(designs, limited, *share, &from));
        repaired(self, designs, Repair { limited, refill: thorough, share: 1.0 }, best)
    }

    /// The best set that grows, from nothing or from this one, into a share of the room.
    fn best_within(&self, designs: &[usize], limited: bool, share: f64, from: &Set) -> Set {
        let repair = Repair { limited, refill: false, share };
        let ways: &[bool] = if limited { &[true, false] } else { &[false] };
        let begun: BTreeSet<&Set> = BTreeSet::from([from, const { &Set::new() }]);
        let grown: BTreeSet<Set> = begun
            .into_iter()
            .flat_map(|set| {
                ways.iter()
                    .map(|per_byte| self.grown(designs, &Room { limited, share, per_byte: *per_byte }, set.clone()))
            })
            .collect();
        let sets = grown.into_iter().map(|set| repaired(self, designs, repair, set));
        sets.fold(from.clone(), |best, next| better(self.objective, best, next))
    }

    /// Adds what gains most, one design or several that a plan uses together, until nothing gains.
    pub fn grown(&self, designs: &[usize], room: &Room, from: Set) -> Set {
        let allowed: BTreeSet<usize> = designs.iter().copied().collect();
        let all = |step: &&Vec<usize>| step.len() > 1 && step.iter().all(|design| allowed.contains(design));
        let together = self.moves.iter().filter(all).cloned();
        let steps: Vec<Vec<usize>> = designs.iter().map(|design| vec![*design]).chain(together).collect();
        let mut set = from;
        while let Some(next) = best_step(self.objective, &steps, room, &set) {
            set.extend(next);
        }
        set
    }
}

/// How a set may grow.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Whether the limits count.
    pub limited: bool,
    /// How much of the bytes may be taken, 0 to 1.
    pub share: f64,
    /// Whether value per byte decides, rather than value.
    pub per_byte: bool,
}

impl Room {
    /// Whether there is room for these beside the set.
    fn holds(&self, objective: &Objective, set: &Set, new: &[usize]) -> bool {
        let all = || set.iter().chain(new).copied().collect();
        !self.limited || objective.fits_in(self.share, &all())
    }
}

/// The designs that a step adds.
fn best_step(objective: &Objective, steps: &[Vec<usize>], room: &Room, set: &Set) -> Option<Vec<usize>> {
    let state = objective.state(set);
    let mut best: Option<(f64, (f64, u64), Vec<usize>)> = None;
    for step in steps {
        let new: Vec<usize> = step.iter().copied().filter(|design| !set.contains(design)).collect();
        if new.is_empty() || !room.holds(objective, set, &new) {
            continue;
        }
        let gain = objective.value_after(&state, &[], &new) - state.value;
        let weight = objective.weight(&new.iter().copied().collect());
        let rate = if room.per_byte { gain / weight.1.max(1) as f64 } else { gain };
        let wins = best.as_ref().is_none_or(|(most, least, _)| {
            rate > most * (1.0 + SAME) || rate >= most * (1.0 - SAME) && weight < *least
        });
        if gain > state.value.abs() * SAME && wins {
            best = Some((rate, weight, new));
        }
    }
    best.map(|(_, _, step)| step)
}

/// The more valuable of two sets; of equals the one with fewer keys, then fewer bytes, then the first.
pub fn better(objective: &Objective, one: Set, two: Set) -> Set {
    let (value_one, value_two) = (objective.value(&one), objective.value(&two));
    let same = (value_one - value_two).abs() <= value_one.abs().max(value_two.abs()) * SAME;
    let second = if same {
        let key = |set: &Set| (objective.weight(set), set.iter().copied().collect::<Vec<_>>());
        key(&two) < key(&one)
    } else {
        value_two > value_one
    };
    if second { two } else { one }
}

/// Without those that do not earn their keep beside the others: they narrow what another one narrows by the same first
/// key and add little to it, or no statement gains a part that anybody would notice.
fn justified(objective: &Objective, mut chosen: Set) -> Set {
    loop {
        let idle = chosen.iter().copied().find(|design| !earns(objective, &chosen, *design));
        let Some(idle) = idle else { return chosen };
        chosen.remove(&idle);
    }
}
