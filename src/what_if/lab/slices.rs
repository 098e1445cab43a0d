//! What a snapshot holds about one table, so that thousands of indexes are not each looked up in all of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::Snapshot;

/// A snapshot of each table alone: with its ancestors, from which a partition that was never analyzed takes its
/// statistics.
pub fn of_tables(snapshot: &Snapshot) -> BTreeMap<u32, Snapshot> {
    of_tables_in(snapshot, &snapshot.tables.iter().map(|table| table.oid).collect())
}

/// The same of some of them.
pub fn of_tables_in(snapshot: &Snapshot, wanted: &BTreeSet<u32>) -> BTreeMap<u32, Snapshot> {
    let mut slices: BTreeMap<u32, Snapshot> = BTreeMap::new();
    let parents: BTreeMap<u32, &[u32]> =
        snapshot.tables.iter().map(|table| (table.oid, table.parents.as_slice())).collect();
    let owners: BTreeMap<u32, u32> = snapshot.indexes.iter().map(|index| (index.oid, index.table_oid)).collect();
    let mut readers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for table in snapshot.tables.iter().filter(|table| wanted.contains(&table.oid)) {
        for ancestor in lineage(table.oid, &parents) {
            readers.entry(ancestor).or_default().push(table.oid);
        }
        let slice = Snapshot { server: snapshot.server.clone(), values: snapshot.values, ..Snapshot::default() };
        slices.insert(table.oid, slice);
    }
    let mut each = |of: u32, put: &mut dyn FnMut(&mut Snapshot)| {
        for reader in readers.get(&of).into_iter().flatten() {
            slices.get_mut(reader).into_iter().for_each(&mut *put);
        }
    };
    for table in &snapshot.tables {
        each(table.oid, &mut |slice| slice.tables.push(table.clone()));
    }
    for column in &snapshot.columns {
        each(column.table_oid, &mut |slice| slice.columns.push(column.clone()));
    }
    for index in &snapshot.indexes {
        each(index.table_oid, &mut |slice| slice.indexes.push(index.clone()));
    }
    for object in &snapshot.extended_statistics {
        each(object.table_oid, &mut |slice| slice.extended_statistics.push(object.clone()));
    }
    for row in &snapshot.column_statistics {
        let table = owners.get(&row.table_oid).copied().unwrap_or(row.table_oid);
        each(table, &mut |slice| slice.column_statistics.push(row.clone()));
    }
    slices
}

/// A table and its ancestors.
fn lineage(table: u32, parents: &BTreeMap<u32, &[u32]>) -> Vec<u32> {
    let mut found = vec![table];
    let mut at = 0;
    while let Some(oid) = found.get(at).copied() {
        at += 1;
        for parent in parents.get(&oid).copied().unwrap_or_default() {
            if !found.contains(parent) {
                found.push(*parent);
            }
        }
    }
    found
}
