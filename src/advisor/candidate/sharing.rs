//! What the statements of a workload have in common: keys that many look up, conditions that all users of a key state.

use std::collections::{BTreeMap, BTreeSet};

use crate::what_if::{Condition, KeyText, Scan, plain};
use crate::workload::Comparison;

type Key = (u32, KeyText);

/// Counts over the statements that matter.
#[derive(Debug, Default)]
pub struct Sharing {
    lookups: BTreeMap<Key, usize>,
    users: BTreeMap<Key, usize>,
    stated: BTreeMap<(Key, String), usize>,
}

impl Sharing {
    /// Of the table uses of each statement.
    pub fn of(scans: &[(usize, Vec<Scan>)]) -> Self {
        let mut sharing = Self::default();
        for (_, scans) in scans {
            let all = |keys: fn(&Scan) -> Vec<Key>| -> BTreeSet<Key> { scans.iter().flat_map(keys).collect() };
            for key in all(looked_up) {
                *sharing.lookups.entry(key).or_default() += 1;
            }
            for key in all(used) {
                *sharing.users.entry(key).or_default() += 1;
            }
            let stated: BTreeSet<(Key, String)> = scans.iter().flat_map(stated).collect();
            for one in stated {
                *sharing.stated.entry(one).or_default() += 1;
            }
        }
        sharing
    }

    /// Statements that look a key up by one value or a list of them.
    pub fn lookups(&self, table: u32, key: &KeyText) -> usize {
        self.lookups.get(&(table, key.clone())).copied().unwrap_or_default()
    }

    /// Whether every statement that an index beginning with this key could serve states the condition too.
    pub fn all_state(&self, table: u32, key: &KeyText, sql: &str) -> bool {
        let key = (table, key.clone());
        let users = self.users.get(&key).copied().unwrap_or_default();
        self.stated.get(&(key, spelt(sql))).copied().unwrap_or_default() >= users
    }
}

fn looked_up(scan: &Scan) -> Vec<Key> {
    let equal = scan.conditions.iter().filter(|one| is_lookup(one));
    equal.map(|one| (scan.facts.table.oid, one.key.clone())).collect()
}

fn used(scan: &Scan) -> Vec<Key> {
    let conditions = scan.conditions.iter().filter(|one| one.conjunct).map(|one| &one.key);
    let joins = scan.joins.iter().map(|join| &join.key);
    let orders = scan.order.iter().chain(&scan.inner_order).map(|order| &order.key);
    conditions.chain(joins).chain(orders).map(|key| (scan.facts.table.oid, key.clone())).collect()
}

fn stated(scan: &Scan) -> Vec<(Key, String)> {
    let said: Vec<String> = scan.conditions.iter().filter(|one| one.conjunct).map(|one| spelt(&one.sql)).collect();
    used(scan).into_iter().flat_map(|key| said.iter().map(move |sql| (key.clone(), sql.clone()))).collect()
}

/// Whether a condition asks for one value, or for each of a list.
pub fn is_lookup(condition: &Condition) -> bool {
    condition.conjunct && matches!(condition.comparison, Comparison::Equal | Comparison::In)
}

fn spelt(sql: &str) -> String {
    plain(sql).to_lowercase()
}
