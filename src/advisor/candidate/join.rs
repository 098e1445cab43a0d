//! Joins, from both sides: the rows of one table looked up for each row of another, with and without what else is asked.

use std::collections::BTreeMap;

use super::equality::{heads, keys_of};
use super::order;
use super::range;
use super::site::Site;
use crate::what_if::{Design, DesignKey, KeyText, Order};

/// Equality heads that are put before and behind a join's column.
const MAX_HEADS: usize = 3;

/// Indexes for looking rows up by the columns of a join, EXISTS, IN (SELECT …) or LATERAL.
pub fn designs(site: &Site) -> Vec<Design> {
    let lookups = lookups(site);
    let heads: Vec<Vec<DesignKey>> = heads(site).iter().map(|head| keys_of(site, head)).take(MAX_HEADS).collect();
    let ranges: Vec<DesignKey> = range::keys(site).iter().take(2).map(|key| site.key(key)).collect();
    let inner: Vec<&Order> = site.scan.inner_order.iter().collect();
    let outer: Vec<&Order> = site.scan.order.iter().filter(|_| site.query.limit.is_some()).collect();
    let mut keys: Vec<Vec<DesignKey>> = Vec::new();
    for lookup in &lookups {
        keys.push(lookup.clone());
        for head in &heads {
            keys.push([lookup.clone(), head.clone()].concat());
            keys.push([head.clone(), lookup.clone()].concat());
        }
        for range in &ranges {
            keys.push([lookup.clone(), vec![range.clone()]].concat());
        }
        for orders in [&inner, &outer].into_iter().filter(|orders| !orders.is_empty()) {
            let order = order::keys(site, orders);
            keys.push([lookup.clone(), order.clone()].concat());
            keys.extend(heads.last().map(|head| [lookup.clone(), head.clone(), order].concat()));
        }
    }
    site.trees(keys)
}

/// The columns joined with each other table, and each of them alone.
fn lookups(site: &Site) -> Vec<Vec<DesignKey>> {
    let mut by_table: BTreeMap<usize, Vec<DesignKey>> = BTreeMap::new();
    for join in site.scan.joins.iter().filter(|join| matches!(join.key, KeyText::Column(_))) {
        by_table.entry(join.other).or_default().push(site.key(&join.key));
    }
    let mut lookups: Vec<Vec<DesignKey>> = Vec::new();
    for mut keys in by_table.into_values() {
        keys.sort();
        keys.dedup();
        lookups.extend(keys.iter().map(|key| vec![key.clone()]));
        if keys.len() > 1 {
            lookups.push(keys);
        }
    }
    lookups.sort();
    lookups.dedup();
    lookups
}
