//! Columns that a statement compares with one value or a list: first in an index, in every order that is of use.

use super::sharing::is_lookup;
use super::site::Site;
use crate::snapshot::ColumnStatistics;
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
/// Rows that keys leave, to those that a call returns: so near to each other, nothing is left to narrow.
const NEAR: f64 = 1.25;
/// Rows that keys leave, to the fewest that as many keys can: above it there is no doubt which are better.
const FAR: f64 = 4.0;
/// Share of the commonest value, to that of any value: above it nobody knows how many rows the values asked for have.
const UNEVEN: f64 = 3.0;

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
    drop_needless(site, &mut kept);
    drop_dominated(site, &keys, &mut kept);
    // the whole of them, in the best order, must not fall to the bound
    if let Some(whole) = kept.iter().max_by_key(|head| head.len()).cloned() {
        kept.truncate(MAX_HEADS);
        if !kept.contains(&whole) {
            kept.push(whole);
        }
    }
    kept
}

/// No index finds fewer rows than a call returns, whatever the planner makes of columns that depend on each other. Where
/// some keys find about as many, more of them narrow nothing; they stay where other statements look them up too.
fn drop_needless(site: &Site, heads: &mut Vec<Vec<KeyText>>) {
    let Some(returned) = returned(site) else { return };
    let suffices = |head: &&Vec<KeyText>| {
        head.iter().all(|key| is_even(site, key)) && site.scan.facts.rows * left(site, head) <= returned * NEAR
    };
    let Some(shortest) = heads.iter().filter(suffices).map(Vec::len).min() else { return };
    heads.retain(|head| head.len() <= shortest || head.iter().any(|key| is_shared(site, key)));
}

/// Of as many keys, those that leave by far the fewest rows: the others narrow less for the same trouble, and a planner
/// that finds one row or two with either sees no difference. They stay where other statements look them up too.
fn drop_dominated(site: &Site, keys: &[(KeyText, f64)], heads: &mut Vec<Vec<KeyText>>) {
    let mut shares: Vec<f64> = keys.iter().map(|(key, _)| share(site, key)).collect();
    shares.sort_by(f64::total_cmp);
    let fewest = |length: usize| shares.iter().take(length).product::<f64>();
    let certain = |key: &KeyText| is_even(site, key) && !is_shared(site, key);
    heads.retain(|head| head.len() == 1 || left(site, head) <= fewest(head.len()) * FAR || !head.iter().all(certain));
}

/// Share of the rows that have a value of each of these keys.
fn left(site: &Site, head: &[KeyText]) -> f64 {
    head.iter().map(|key| share(site, key)).product()
}

/// Share of the rows that a key lets pass by itself, by the statistics alone.
fn share(site: &Site, key: &KeyText) -> f64 {
    let own = site.usable().filter(|one| is_equality(one) && one.key == *key);
    own.map(|one| one.alone).fold(1.0, f64::min)
}

fn is_shared(site: &Site, key: &KeyText) -> bool {
    site.sharing.lookups(site.scan.facts.table.oid, key) > 1
}

/// Rows that a call finds, where it returns all of them.
fn returned(site: &Site) -> Option<f64> {
    let query = site.query;
    let all = query.tables.len() == 1 && query.limit.is_none() && !query.aggregates && !query.distinct;
    query.counters.measured_rows().filter(|rows| all && *rows >= 1.0)
}

/// Whether all values of a column are about as common, so that those asked for are too.
fn is_even(site: &Site, key: &KeyText) -> bool {
    let KeyText::Column(column) = key else { return false };
    let commonest = |one: &ColumnStatistics| one.most_common_freqs.first().copied().unwrap_or(0.0);
    site.scan.facts.statistics(column).is_some_and(|one| commonest(one) <= share(site, key) * UNEVEN)
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
