//! Whether the rows of one statement give the keys of another.

use std::collections::BTreeSet;

use super::keys::Keys;
use super::shape::{Body, Key, looked_up_by};
use crate::workload::{Operand, Query};

/// How a list gives the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Through a foreign key, in one direction or the other.
    Foreign,
    /// A column of the list's rows that is no key of them: all prices of the same address.
    Value,
    /// The list gives the identities of the very rows that the body then reads or writes one by one.
    Same,
}

/// How `list` relates to the body, and the table of the list that does.
pub fn relation(list: &Query, body: &Body, body_writes: bool, keys: &Keys) -> Option<(Relation, u32)> {
    let tables: BTreeSet<u32> =
        list.tables.iter().filter(|used| used.depth == 0).filter_map(|used| used.table_oid).collect();
    let through = |table: &u32| foreign(*table, list, body, keys);
    if let Some(table) = tables.iter().copied().find(through) {
        return Some((Relation::Foreign, table));
    }
    let own = tables.contains(&body.table).then_some(body.table)?;
    match body.key {
        // whole rows that are read again one by one are somebody opening the detail page of each
        Key::Unique if !list.aggregates && (body_writes || list.select_columns == Some(1)) => {
            Some((Relation::Same, own))
        }
        // a list with the same key is the sibling of the body, not its parent
        Key::Leading | Key::Foreign
            if looked_up_by(list, own).is_disjoint(&body.columns)
                && body.columns.iter().all(|column| gives(list, own, column)) =>
        {
            Some((Relation::Value, own))
        }
        _ => None,
    }
}

fn foreign(table: u32, list: &Query, body: &Body, keys: &Keys) -> bool {
    // rows that were looked up by a value, or by the values of a list, give no keys that were not known before
    let fixed = looked_up_by(list, table);
    let free = |column: &str| !fixed.contains(column) && gives(list, table, column);
    let holds = |target: u32| keys.pointing(table, target).any(free);
    let by_identity = body.key == Key::Unique
        && keys.pointing(table, body.table).any(|column| free(column) && !joins_on(list, table, column, body.table));
    let targets = body.columns.iter().filter_map(|column| keys.target(body.table, column));
    let given = |target: u32| (table == target && !list.aggregates) || holds(target);
    by_identity || targets.into_iter().any(|target| table != body.table && given(target))
}

/// Whether the rows of the list can hold the column: those of a GROUP BY hold what they are grouped by.
fn gives(list: &Query, table: u32, column: &str) -> bool {
    !list.aggregates || list.groups.iter().any(|group| group.table_oid == table && group.column == column)
}

/// Whether the list has the row that the column points at already, by a join.
fn joins_on(list: &Query, table: u32, column: &str, target: u32) -> bool {
    let is_it = |one: &Operand, other: &Operand| {
        one.table_oid == table && one.column == column && other.table_oid == target && one.table_use != other.table_use
    };
    list.joins.iter().any(|pair| is_it(&pair.left, &pair.right) || is_it(&pair.right, &pair.left))
}
