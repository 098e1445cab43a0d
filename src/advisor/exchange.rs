//! Repairs of a grown set: what a greedy step took too early gives way.

use super::objective::{Objective, Set};
use super::select::{Room, SAME, Search};

/// Rounds after which it is good enough; a set hardly ever takes ten.
const MOST_ROUNDS: usize = 50;
/// Exchanges between any two designs are tried while there are no more than so many; else only those on one table.
const MOST_PAIRS: usize = 4_000;

/// Sets up to this size are refilled after the loss of any two.
const MOST_BY_TWOS: usize = 8;

/// Some removed, some added.
type Exchange = (Vec<usize>, Vec<usize>);

/// How a set is repaired.
#[derive(Debug, Clone, Copy)]
pub struct Repair {
    /// Whether the limits count.
    pub limited: bool,
    /// How much of the bytes may be taken, 0 to 1.
    pub share: f64,
    /// Whether room is made and filled anew: dear, and for the best set only.
    pub refill: bool,
}

/// The set after the exchanges that improve it: one removed, one for another, one removed and the room filled anew.
pub fn repaired(search: &Search, designs: &[usize], repair: Repair, mut set: Set) -> Set {
    for _ in 0..MOST_ROUNDS {
        let Some(next) = improved(search, designs, repair, &set) else { return set };
        set = next;
    }
    set
}

fn improved(search: &Search, designs: &[usize], repair: Repair, set: &Set) -> Option<Set> {
    let objective = search.objective;
    let best = |exchanges: Vec<Exchange>| best_exchange(objective, repair, set, &exchanges);
    best(removals(set))
        .or_else(|| best(swaps(objective, designs, set)))
        .or_else(|| best(mergers(objective, designs, set)))
        .or_else(|| if repair.refill { refilled(search, designs, set) } else { None })
}

fn best_exchange(objective: &Objective, repair: Repair, set: &Set, exchanges: &[Exchange]) -> Option<Set> {
    let state = objective.state(set);
    let mut best = (state.value + state.value.abs() * SAME, None);
    for (old, new) in exchanges {
        let value = objective.value_after(&state, old, new);
        if value > best.0 {
            let next = exchanged(set, old, new);
            if !repair.limited || objective.fits_in(repair.share, &next) {
                best = (value, Some(next));
            }
        }
    }
    best.1
}

fn removals(set: &Set) -> Vec<Exchange> {
    set.iter().map(|design| (vec![*design], Vec::new())).collect()
}

/// One for another: a prefix, a wider one, any of the same table.
fn swaps(objective: &Objective, designs: &[usize], set: &Set) -> Vec<Exchange> {
    let any = set.len() * designs.len() <= MOST_PAIRS;
    let pairs = set.iter().flat_map(|old| designs.iter().map(move |new| (*old, *new)));
    let pairs = pairs.filter(|(old, new)| !set.contains(new) && (any || same_table(objective, *old, *new)));
    pairs.map(|(old, new)| (vec![old], vec![new])).collect()
}

/// Two on one table for a third there that may do the work of both.
fn mergers(objective: &Objective, designs: &[usize], set: &Set) -> Vec<Exchange> {
    let mut found = Vec::new();
    for one in set {
        for two in set.range(one + 1..).filter(|two| same_table(objective, *one, **two)) {
            let new = designs.iter().filter(|new| !set.contains(new) && same_table(objective, *one, **new));
            found.extend(new.map(|new| (vec![*one, *two], vec![*new])));
        }
    }
    found
}

/// One or two removed, not to come back, and what room there is filled again.
fn refilled(search: &Search, designs: &[usize], set: &Set) -> Option<Set> {
    let mut best = (search.objective.value(set) * (1.0 + SAME), None);
    for old in leavers(set) {
        let others: Vec<usize> = designs.iter().copied().filter(|design| !old.contains(design)).collect();
        for per_byte in [true, false] {
            let room = Room { limited: true, share: 1.0, per_byte };
            let next = search.grown(&others, &room, exchanged(set, &old, &[]));
            let value = search.objective.value(&next);
            if value > best.0 {
                best = (value, Some(next));
            }
        }
    }
    best.1
}

/// Each alone, and of a small set each two.
fn leavers(set: &Set) -> Vec<Vec<usize>> {
    let ones = set.iter().map(|one| vec![*one]);
    let twos = set.iter().flat_map(|one| set.range(one + 1..).map(|two| vec![*one, *two]));
    if set.len() <= MOST_BY_TWOS { ones.chain(twos).collect() } else { ones.collect() }
}

fn exchanged(set: &Set, old: &[usize], new: &[usize]) -> Set {
    set.iter().filter(|design| !old.contains(design)).chain(new).copied().collect()
}

fn same_table(objective: &Objective, one: usize, two: usize) -> bool {
    objective.designs[one].table_oid == objective.designs[two].table_oid
}
