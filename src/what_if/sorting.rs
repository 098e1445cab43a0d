//! In which order a statement wants the rows of a table use: ORDER BY, `min()` and `max()`, GROUP BY.

use super::scan::Order;
use super::{KeyText, TableFacts};
use crate::workload::{Operand, Query, SortKey};

/// The outermost ORDER BY, or the one column that `min()` and `max()` are of.
pub fn order(query: &Query, table_use: usize, facts: &TableFacts) -> Vec<Order> {
    if query.single_row_aggregate {
        return extreme(query, table_use, facts).into_iter().collect();
    }
    let outermost = || query.sorts.iter().filter(|sort| sort.clause == 0);
    if query.aggregates || query.distinct || outermost().any(|sort| sort.operand.table_use != table_use) {
        return Vec::new();
    }
    outermost().map(|sort| one(sort, facts)).collect()
}

/// `min()` and `max()` of one column, or both: each is the first row in one direction.
fn extreme(query: &Query, table_use: usize, facts: &TableFacts) -> Option<Order> {
    let key = |operand: &Operand| KeyText::of(operand, facts);
    let first = query.extremes.first().filter(|_| query.tables.len() == 1)?;
    let same = query.extremes.iter().all(|one| one.table_use == table_use && key(one) == key(first));
    same.then(|| Order { key: key(first), descending: false, nulls_first: false, near: None })
}

/// The ORDER BY of a subquery with LIMIT, where all of it is on this table use.
pub fn inner_order(query: &Query, table_use: usize, facts: &TableFacts) -> Vec<Order> {
    let inner = |sort: &&SortKey| sort.clause > 0 && sort.limited;
    let own = query.sorts.iter().filter(inner).find(|sort| sort.operand.table_use == table_use);
    let Some(clause) = own.map(|sort| sort.clause) else { return Vec::new() };
    let of_clause = || query.sorts.iter().filter(move |sort| sort.clause == clause);
    if of_clause().any(|sort| sort.operand.table_use != table_use) {
        return Vec::new();
    }
    of_clause().map(|sort| one(sort, facts)).collect()
}

/// GROUP BY, or the columns of SELECT DISTINCT.
pub fn groups(query: &Query, table_use: usize, facts: &TableFacts) -> Vec<KeyText> {
    let all = if query.groups.is_empty() { &query.distinct_by } else { &query.groups };
    if all.iter().any(|group| group.table_use != table_use) {
        return Vec::new();
    }
    all.iter().map(|group| KeyText::of(group, facts)).collect()
}

fn one(sort: &SortKey, facts: &TableFacts) -> Order {
    let distance = sort.operand.expression.as_ref().is_some_and(|expression| expression.function == "distance");
    Order {
        key: KeyText::of(&sort.operand, facts),
        descending: sort.descending,
        nulls_first: sort.nulls_first,
        near: distance.then(|| KeyText::Column(sort.operand.column.clone())),
    }
}
