//! ORDER BY, `min()` and `max()`, GROUP BY and DISTINCT: rows that come in order need no sort, and the first ones no others.

use super::equality::{heads, keys_of, single_valued};
use super::site::Site;
use crate::what_if::{Design, DesignKey, KeyText, Order};

/// Rows that are sorted in memory in a few milliseconds; with fewer, an order saves nothing without a LIMIT.
const BIG_SORT: f64 = 10_000.0;
/// Equality heads that an order is put behind.
const MAX_HEADS: usize = 6;

/// Indexes that give the rows in the order asked for.
pub fn designs(site: &Site) -> Vec<Design> {
    let mut designs = behind_heads(site, &sorted(site));
    designs.extend(behind_heads(site, &site.scan.inner_order.iter().collect::<Vec<_>>()));
    designs.extend(extremes(site));
    designs.extend(grouped(site));
    designs
}

/// The outermost ORDER BY, where it ends early or sorts much.
fn sorted<'s>(site: &'s Site) -> Vec<&'s Order> {
    let worth = site.query.limit.is_some() || site.scan.rows_out() >= BIG_SORT;
    let orders = site.scan.order.iter().filter(|order| order.near.is_none());
    if worth && !site.query.single_row_aggregate { orders.collect() } else { Vec::new() }
}

/// The order behind each head of equality columns. Alone only where nothing is compared with one value: to walk it until
/// enough rows fit takes for ever when the value is a rare one, which no plan for any value shows.
pub fn behind_heads(site: &Site, orders: &[&Order]) -> Vec<Design> {
    let bound = single_valued(site);
    let wanted: Vec<&Order> = orders.iter().copied().filter(|order| !bound.contains(&order.key)).collect();
    let order = keys(site, &wanted);
    if order.is_empty() {
        return Vec::new();
    }
    let mut all = if bound.is_empty() { vec![order.clone()] } else { Vec::new() };
    // what a list binds comes value by value, so its order is lost
    let one_valued = |head: &Vec<KeyText>| head.iter().all(|key| bound.contains(key));
    let unselective: Vec<Vec<KeyText>> = bound.iter().map(|key| vec![key.clone()]).collect();
    let heads = heads(site).into_iter().filter(one_valued).chain(unselective);
    all.extend(heads.take(MAX_HEADS).map(|head| [keys_of(site, &head), order.clone()].concat()));
    let every: Vec<DesignKey> = bound.iter().map(|key| site.key(key)).collect();
    all.push([every, order].concat());
    site.trees(all)
}

/// A B-tree reads backwards too, so the first key ascends.
pub fn keys(site: &Site, orders: &[&Order]) -> Vec<DesignKey> {
    let turn = orders.first().is_some_and(|first| first.descending);
    let key = |order: &&Order| DesignKey {
        descending: order.descending != turn,
        nulls_first: order.nulls_first != turn,
        ..site.key(&order.key)
    };
    orders.iter().map(key).collect()
}

/// What `min()` or `max()` is of, behind what is bound to one value.
fn extremes(site: &Site) -> Vec<Design> {
    let own = site.query.extremes.iter().filter(|one| one.table_use == site.scan.table_use);
    let key = |text| Order { key: text, descending: false, nulls_first: false, near: None };
    let orders: Vec<Order> = own.map(|one| key(KeyText::of(one, &site.scan.facts))).collect();
    orders.iter().flat_map(|order| behind_heads(site, &[order])).collect()
}

/// The columns of GROUP BY or DISTINCT, in the order of the ORDER BY where that sorts by the same.
fn grouped(site: &Site) -> Vec<Design> {
    if site.scan.rows_out() < BIG_SORT || site.scan.groups.is_empty() {
        return Vec::new();
    }
    let sorts: Vec<KeyText> = site
        .query
        .sorts
        .iter()
        .filter(|sort| sort.clause == 0)
        .map(|sort| KeyText::of(&sort.operand, &site.scan.facts))
        .filter(|key| site.scan.groups.contains(key))
        .collect();
    let rest = site.scan.groups.iter().filter(|key| !sorts.contains(key)).cloned();
    let order: Vec<DesignKey> = sorts.iter().cloned().chain(rest).map(|key| site.key(&key)).collect();
    let bound: Vec<DesignKey> = single_valued(site).iter().map(|key| site.key(key)).collect();
    site.trees([order.clone(), [bound, order].concat()])
}
