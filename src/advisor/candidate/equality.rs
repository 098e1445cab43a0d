//! Columns that a statement compares with one value or a list: first in an index, in every order that is of use.

use super::sharing::is_lookup;
use super::site::Site;
use crate::what_if::{Condition, Design, DesignKey, KeyText};
use crate::workload::Comparison;

/// Equality keys that are tried together; a fifth narrows nothing that is left.
const MAX_KEYS: usize = 4;
/// Orders of them.
const MAX_HEADS: usize = 14;
/// Rows after which another key narrows nothing that is worth its bytes.
pub const FEW_ROWS: f64 = 10.0;
/// A condition that more rows pass is no key.
const UNSELECTIVE: f64 = 0.5;

/// Indexes over equality columns alone.
pub fn designs(site: &Site) -> Vec<Design> {
    let heads = heads(site).into_iter();
    site.trees(heads.map(|head| keys_of(site, &head)))
}

/// The keys of an index that begins with these.
pub fn keys_of(site: &Site, head: &[KeyText]) -> Vec<DesignKey> {
    head.iter().map(|text| site.key(text)).collect()
}

/// Orders of the equality columns, each long enough to leave few rows: every one first, then the others by how many
/// statements share them and how much they narrow; and every prefix of those.
pub fn heads(site: &Site) -> Vec<Vec<KeyText>> {
    let keys = keys(site);
    let mut heads: Vec<Vec<KeyText>> = Vec::new();
    for first in &keys {
        for second in keys.iter().filter(|second| second.0 != first.0) {
            let rest = keys.iter().filter(|one| one.0 != first.0 && one.0 != second.0);
            let order = [first, second].into_iter().chain(rest);
            heads.extend(prefixes(site, order));
        }
        heads.extend(prefixes(site, std::iter::once(first)));
    }
    heads.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<KeyText>> = Vec::new();
    for head in heads {
        if !kept.contains(&head) {
            kept.push(head);
        }
    }
    // the whole of them, in the best order, must not fall to the bound
    if let Some(whole) = kept.iter().max_by_key(|head| head.len()).cloned() {
        kept.truncate(MAX_HEADS);
        if !kept.contains(&whole) {
            kept.push(whole);
        }
    }
    kept
}

fn prefixes<'k>(site: &Site, order: impl Iterator<Item = &'k (KeyText, f64)>) -> Vec<Vec<KeyText>> {
    let (mut rows, mut head, mut found) = (site.scan.facts.rows, Vec::new(), Vec::new());
    for (key, selectivity) in order {
        if rows <= FEW_ROWS && !head.is_empty() {
            break;
        }
        rows *= selectivity;
        head.push(key.clone());
        found.push(head.clone());
    }
    found
}

/// Equality keys with the share of rows each lets pass: shared by statements first, then the most selective.
pub fn keys(site: &Site) -> Vec<(KeyText, f64)> {
    let mut equal: Vec<&Condition> =
        site.usable().filter(|one| is_equality(one) && one.selectivity < UNSELECTIVE).collect();
    let shared = |one: &Condition| {
        if is_lookup(one) { site.sharing.lookups(site.scan.facts.table.oid, &one.key) } else { 0 }
    };
    equal.sort_by(|one, two| {
        (shared(two).cmp(&shared(one))).then(one.selectivity.total_cmp(&two.selectivity)).then(one.key.cmp(&two.key))
    });
    let mut keys: Vec<(KeyText, f64)> = Vec::new();
    for one in equal {
        if keys.iter().all(|(key, _)| *key != one.key) {
            keys.push((one.key.clone(), one.selectivity));
        }
    }
    keys.truncate(MAX_KEYS);
    keys
}

/// Equality keys of which the statement names one value, so that what follows in the index keeps its order.
pub fn single_valued(site: &Site) -> Vec<KeyText> {
    let one_value = |key: &KeyText| {
        let lists = |one: &&Condition| one.key == *key && one.comparison == Comparison::In;
        site.scan.conditions.iter().find(lists).is_none()
    };
    site.usable().filter(|one| is_equality(one)).map(|one| one.key.clone()).filter(one_value).collect()
}

/// Whether a condition binds a key to one value or a list of them.
pub fn is_equality(condition: &Condition) -> bool {
    is_lookup(condition)
        || condition.conjunct
            && matches!(condition.comparison, Comparison::IsNull | Comparison::IsTrue | Comparison::IsFalse)
}
