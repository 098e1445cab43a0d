//! Which of the candidates, together, are worth having.
//!
//! Greedy with repair: the set that saves most is added, one of equals with the
//! fewest keys, until nothing is worth its writes; then what the later ones made
//! useless is dropped, and an index that adds little to one with the same first key gives way to it.

use std::collections::BTreeMap;

use super::matrix::{Matrix, Set};
use super::writes;
use crate::what_if::Design;
use crate::workload::Workload;

/// Savings this near to the best are the same.
const SAME: f64 = 0.97;
/// Share of an index's own saving that may be lost to spare it, when another one begins as it does.
const SPARED: f64 = 0.20;
/// The same for an index that others made superfluous.
const SUPERFLUOUS: f64 = 0.02;

/// The chosen designs.
pub fn select(workload: &Workload, matrix: &Matrix) -> Set {
    let cost: Vec<f64> = matrix.designs.iter().map(|design| writes::upkeep_ms(workload, design)).collect();
    let mut chosen = Set::new();
    while let Some(next) = best_move(matrix, &chosen, &cost) {
        chosen.extend(next);
    }
    repaired(matrix, chosen, &cost)
}

fn best_move(matrix: &Matrix, chosen: &Set, cost: &[f64]) -> Option<Set> {
    let now = matrix.saved(chosen);
    let value = |added: &Set| {
        let with: Set = chosen.union(added).copied().collect();
        let upkeep: f64 = added.difference(chosen).map(|design| cost[*design]).sum();
        matrix.saved(&with) - now - upkeep
    };
    let open = matrix.moves().into_iter().filter(|added| !added.is_subset(chosen));
    let valued: Vec<(f64, Set)> = open.map(|added| (value(&added), added)).filter(|(value, _)| *value > 0.0).collect();
    let best = valued.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    let equals = valued.into_iter().filter(|(value, _)| *value >= best * SAME);
    equals.min_by_key(|(_, added)| (keys(matrix, added), added.clone())).map(|(_, added)| added)
}

/// Keys in all, a special method counted dearer than any B-tree.
fn keys(matrix: &Matrix, set: &Set) -> usize {
    let weight = |design: &Design| design.keys.len() + if design.method == "btree" { 0 } else { 4 };
    set.iter().map(|design| weight(matrix.designs[*design])).sum()
}

fn repaired(matrix: &Matrix, mut chosen: Set, cost: &[f64]) -> Set {
    let candidates: Vec<usize> = chosen.iter().copied().collect();
    for design in candidates {
        let without: Set = chosen.iter().copied().filter(|one| *one != design).collect();
        let alone = matrix.saved(&Set::from([design])).max(f64::MIN_POSITIVE);
        let loss = matrix.saved(&chosen) - matrix.saved(&without) - cost[design];
        let begun = without.iter().any(|other| begins_alike(matrix.designs[*other], matrix.designs[design]));
        if loss <= alone * if begun { SPARED } else { SUPERFLUOUS } {
            chosen = without;
        }
    }
    narrowed(matrix, chosen, &begun_by(matrix))
}

/// A wider index gives way to its own beginning where the others made the rest of its keys useless.
fn narrowed(matrix: &Matrix, mut chosen: Set, beginnings: &BTreeMap<usize, Vec<usize>>) -> Set {
    for wide in chosen.clone() {
        let alone = matrix.saved(&Set::from([wide]));
        for narrow in beginnings.get(&wide).into_iter().flatten() {
            let mut instead: Set = chosen.iter().copied().filter(|one| *one != wide).collect();
            instead.insert(*narrow);
            if matrix.saved(&chosen) - matrix.saved(&instead) <= alone * SUPERFLUOUS {
                chosen = instead;
                break;
            }
        }
    }
    chosen
}

/// For each design those that it begins with, the shortest first.
fn begun_by(matrix: &Matrix) -> BTreeMap<usize, Vec<usize>> {
    let all = || matrix.designs.iter().copied().enumerate();
    let beginnings = |wide: &Design| {
        let mut found: Vec<usize> =
            all().filter(|(_, narrow)| begins(wide, narrow)).map(|(position, _)| position).collect();
        found.sort_by_key(|position| matrix.designs[*position].keys.len());
        found
    };
    all().map(|(position, wide)| (position, beginnings(wide))).collect()
}

/// Whether one narrows by the same first key as the other.
fn begins_alike(one: &Design, other: &Design) -> bool {
    (one.table_oid, &one.method, &one.predicate) == (other.table_oid, &other.method, &other.predicate)
        && one.keys.first() == other.keys.first()
}

/// Whether `wider` begins with the keys of `narrower`.
fn begins(wider: &Design, narrower: &Design) -> bool {
    wider.table_oid == narrower.table_oid
        && wider.method == narrower.method
        && wider.predicate == narrower.predicate
        && wider.keys.len() > narrower.keys.len()
        && wider.keys.starts_with(&narrower.keys)
}
