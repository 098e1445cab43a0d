//! One covering index for several statements: behind the same first key, all that each of them reads.
//!
//! What one statement would have beside its keys helps no other that reads one column more; where there is no room for
//! each its own, or no wish to write to each, a wider one may do the work of all.

use std::collections::{BTreeMap, BTreeSet};

use super::Candidates;
use crate::snapshot::Snapshot;
use crate::what_if::{Design, DesignKey, TableFacts};

/// Columns of a merged index: each makes every entry wider for all that read it.
const MAX_COLUMNS: usize = 8;
/// Bytes of its columns: a wider entry leaves few to a page.
const MAX_WIDTH: f64 = 80.0;
/// Merged indexes behind one first key.
const MAX_OF_KEY: usize = 4;

/// Adds what does the work of the covering indexes of different statements.
pub fn add(found: &mut Candidates, snapshot: &Snapshot) {
    let mut alike: BTreeMap<(u32, DesignKey), Vec<Design>> = BTreeMap::new();
    for design in found.designs.keys().filter(|design| is_plain(design)) {
        alike.entry((design.table_oid, design.keys[0].clone())).or_default().push(design.clone());
    }
    for ((table, _), designs) in alike {
        let Some(facts) = TableFacts::read(snapshot, table) else { continue };
        let width = |design: &Design| columns(design).iter().map(|column| facts.width(column)).sum::<f64>();
        let fits = |design: &Design| columns(design).len() <= MAX_COLUMNS && width(design) <= MAX_WIDTH;
        let mut wider: Vec<(Design, BTreeSet<usize>)> = of_alike(found, &designs);
        wider.retain(|(design, from)| fits(design) && from.len() > 1 && !found.designs.contains_key(design));
        wider.truncate(MAX_OF_KEY);
        for (design, from) in wider {
            for query in &from {
                found.promise.entry(*query).or_default().push(design.clone());
            }
            found.designs.entry(design).or_default().extend(from);
        }
    }
}

/// A B-tree over columns that holds more than its keys, for all rows.
fn is_plain(design: &Design) -> bool {
    let plain = |key: &DesignKey| key.column.is_some() && key.opclass.is_none();
    design.method == "btree"
        && design.predicate.is_none()
        && !design.include.is_empty()
        && design.keys.iter().all(plain)
}

/// Each two merged, and those merged with a third; those for the most statements first.
fn of_alike(found: &Candidates, designs: &[Design]) -> Vec<(Design, BTreeSet<usize>)> {
    let mut merged: BTreeMap<Design, BTreeSet<usize>> = BTreeMap::new();
    for (place, one) in designs.iter().enumerate() {
        for two in &designs[place + 1..] {
            let pair = merger(one, two);
            let thirds = designs.iter().map(|third| merger(&pair, third));
            let all: Vec<Design> = thirds.chain([pair.clone()]).collect();
            for wide in all {
                let from = designs.iter().filter(|design| covers(&wide, design));
                let from: BTreeSet<usize> = from.flat_map(|design| &found.designs[design]).copied().collect();
                merged.entry(wide).or_default().extend(from);
            }
        }
    }
    let mut merged: Vec<(Design, BTreeSet<usize>)> = merged.into_iter().collect();
    merged.sort_by_key(|(design, from)| (std::cmp::Reverse(from.len()), columns(design).len()));
    merged
}

/// The keys that both begin with, and all other columns of either.
fn merger(one: &Design, two: &Design) -> Design {
    let keys: Vec<DesignKey> =
        one.keys.iter().zip(&two.keys).take_while(|(one, two)| one == two).map(|(key, _)| key.clone()).collect();
    let is_key = |column: &&String| keys.iter().any(|key| key.column.as_ref() == Some(column));
    let rest: BTreeSet<String> = columns(one).union(&columns(two)).filter(|column| !is_key(column)).cloned().collect();
    Design { include: rest.into_iter().collect(), keys, ..one.clone() }
}

fn covers(wide: &Design, narrow: &Design) -> bool {
    columns(wide).is_superset(&columns(narrow))
}

fn columns(design: &Design) -> BTreeSet<String> {
    design.keys.iter().filter_map(|key| key.column.clone()).chain(design.include.iter().cloned()).collect()
}
