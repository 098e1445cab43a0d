//! Bounds on a column: after the equality columns, alone, or first of all.

use super::equality::{heads, keys_of};
use super::site::Site;
use crate::what_if::{Condition, Design, DesignKey, KeyText};
use crate::workload::{Access, Comparison};

/// Ranges of one statement that are tried.
const MAX_RANGES: usize = 3;
/// Equality heads that each range is put behind.
const MAX_HEADS: usize = 5;

/// Indexes that end in a range.
pub fn designs(site: &Site) -> Vec<Design> {
    let ranges = keys(site);
    let heads: Vec<Vec<DesignKey>> = heads(site).iter().map(|head| keys_of(site, head)).take(MAX_HEADS).collect();
    let mut keys: Vec<Vec<DesignKey>> = Vec::new();
    for range in ranges.iter().take(MAX_RANGES) {
        let range = site.key(range);
        keys.push(vec![range.clone()]);
        for head in &heads {
            keys.push([head.clone(), vec![range.clone()]].concat());
        }
        // a range that other statements begin with too, the equality checked inside the index
        keys.extend(heads.first().map(|head| [vec![range.clone()], head.clone()].concat()));
    }
    if let [first, second, ..] = ranges.as_slice() {
        let two = vec![site.key(first), site.key(second)];
        keys.push([heads.last().cloned().unwrap_or_default(), two.clone()].concat());
        keys.push(two.into_iter().rev().collect());
    }
    keys.push(row(site));
    site.trees(keys)
}

/// Range keys, the narrowest first.
pub fn keys(site: &Site) -> Vec<KeyText> {
    let narrows = |one: &&Condition| match one.comparison {
        Comparison::Range => one.selectivity < 1.0,
        Comparison::IsNotNull => one.selectivity < 0.5,
        _ => false,
    };
    let mut ranges: Vec<&Condition> = site.usable().filter(narrows).collect();
    ranges.sort_by(|one, two| one.selectivity.total_cmp(&two.selectivity).then(one.key.cmp(&two.key)));
    let mut keys: Vec<KeyText> = Vec::new();
    for key in ranges.into_iter().map(|range| range.key.clone()).chain(joined(site)) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Columns bounded by those of another table: `a.at BETWEEN b.begins AND b.ends`.
fn joined(site: &Site) -> Vec<KeyText> {
    let of_scan = site.query.predicates.iter().filter(|one| {
        one.operand.table_use == site.scan.table_use
            && one.conjunct
            && one.comparison == Comparison::Range
            && one.access == Access::Column
            && one.operand.expression.is_none()
    });
    of_scan.map(|one| KeyText::of(&one.operand, &site.scan.facts)).collect()
}

/// `(a, b) < ($1, $2)`: the columns of a row in their order.
fn row(site: &Site) -> Vec<DesignKey> {
    let own = |position: &usize| site.query.predicates[*position].operand.table_use == site.scan.table_use;
    let all = || (0..site.query.predicates.len()).filter(own).map(|position| &site.query.predicates[position]);
    let is_range = |one: &&crate::workload::Predicate| one.comparison == Comparison::Range;
    for first in all().filter(is_range).filter(|one| one.conjunct) {
        let same = all().filter(is_range).filter(|one| one.sql == first.sql && one.disjunction.is_none());
        let keys: Vec<DesignKey> = same.map(|one| site.key(&KeyText::of(&one.operand, &site.scan.facts))).collect();
        if keys.len() > 1 {
            return keys;
        }
    }
    Vec::new()
}
