//! A snapshot's catalog by key: tables by oid, what belongs to a table, partitions below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{Column, ColumnStatistics, Constraint, Index, Snapshot, Table, TableKind};

/// Ways into a snapshot that a list would make slow.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    /// The snapshot itself.
    pub snapshot: &'a Snapshot,
    tables: BTreeMap<u32, &'a Table>,
    children: BTreeMap<u32, Vec<&'a Table>>,
    columns: BTreeMap<(u32, &'a str), &'a Column>,
    indexes: BTreeMap<u32, Vec<&'a Index>>,
    index_children: BTreeMap<u32, Vec<&'a Index>>,
    constraints: BTreeMap<u32, Vec<&'a Constraint>>,
    statistics: BTreeMap<(u32, &'a str), Vec<&'a ColumnStatistics>>,
}

impl<'a> Lookup<'a> {
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let parents = |table: &'a Table| table.parents.iter().map(move |parent| (*parent, table));
        let statistics = |row: &'a ColumnStatistics| ((row.table_oid, row.column.as_str()), row);
        Self {
            snapshot,
            tables: snapshot.tables.iter().map(|table| (table.oid, table)).collect(),
            children: grouped(snapshot.tables.iter().flat_map(parents)),
            columns: snapshot.columns.iter().map(|column| ((column.table_oid, column.name.as_str()), column)).collect(),
            indexes: grouped(snapshot.indexes.iter().map(|index| (index.table_oid, index))),
            index_children: grouped(
                snapshot.indexes.iter().filter_map(|index| index.parent_oid.map(|parent| (parent, index))),
            ),
            constraints: grouped(snapshot.constraints.iter().map(|constraint| (constraint.table_oid, constraint))),
            statistics: grouped(snapshot.column_statistics.iter().map(statistics)),
        }
    }

    pub fn table(&self, oid: u32) -> Option<&'a Table> {
        self.tables.get(&oid).copied()
    }

    pub fn column(&self, table: u32, name: &str) -> Option<&'a Column> {
        self.columns.get(&(table, name)).copied()
    }

    /// Columns of a table in their order.
    pub fn columns(&self, table: u32) -> impl Iterator<Item = &'a Column> {
        let of_table = self.columns.range((table, "")..).take_while(move |((oid, _), _)| *oid == table);
        let mut columns: Vec<&'a Column> = of_table.map(|(_, column)| *column).collect();
        columns.sort_by_key(|column| column.position);
        columns.into_iter()
    }

    pub fn indexes(&self, table: u32) -> &[&'a Index] {
        self.indexes.get(&table).map_or(&[], Vec::as_slice)
    }

    pub fn constraints(&self, table: u32) -> &[&'a Constraint] {
        self.constraints.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The statistics of a column: of a partitioned table those over its partitions, else the table's own.
    pub fn statistics(&self, table: &Table, column: &str) -> Option<&'a ColumnStatistics> {
        let rows = self.statistics.get(&(table.oid, column))?;
        let inherited = table.kind == TableKind::Partitioned;
        rows.iter().copied().find(|row| row.inherited == inherited)
    }

    /// Whether the role saw statistics of any column of the table.
    pub fn has_any_statistics(&self, table: u32) -> bool {
        self.statistics.range((table, "")..).next().is_some_and(|((oid, _), _)| *oid == table)
    }

    /// Whether a part of the snapshot could not be read, wholly or in part.
    pub fn has_gap(&self, what: &str) -> bool {
        self.snapshot.gaps.iter().any(|gap| gap.what == what)
    }

    /// The topmost table above this one, itself where there is none.
    pub fn root(&self, table: &'a Table) -> &'a Table {
        let mut seen = BTreeSet::from([table.oid]);
        let mut top = table;
        while let Some(parent) = top.parents.first().and_then(|parent| self.table(*parent)) {
            if !seen.insert(parent.oid) {
                break;
            }
            top = parent;
        }
        top
    }

    /// Partitions that hold rows, below a partitioned table; none for any other table.
    pub fn leaves(&self, table: &Table) -> Vec<&'a Table> {
        let mut leaves = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting = if table.kind == TableKind::Partitioned { vec![table.oid] } else { Vec::new() };
        while let Some(oid) = waiting.pop() {
            for child in self.children.get(&oid).into_iter().flatten().filter(|child| seen.insert(child.oid)) {
                if child.kind == TableKind::Partitioned { waiting.push(child.oid) } else { leaves.push(*child) }
            }
        }
        leaves.sort_by_key(|leaf| leaf.oid);
        leaves
    }

    /// The same of an index of a partitioned table.
    pub fn index_leaves(&self, index: &Index) -> Vec<&'a Index> {
        let mut leaves = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![index.oid];
        while let Some(oid) = waiting.pop() {
            for child in self.index_children.get(&oid).into_iter().flatten().filter(|child| seen.insert(child.oid)) {
                if child.partitioned { waiting.push(child.oid) } else { leaves.push(*child) }
            }
        }
        leaves
    }

    /// Estimated rows; of a partitioned table the sum over its leaves, unknown when any of them is.
    pub fn rows(&self, table: &Table) -> Option<f64> {
        if table.kind == TableKind::Partitioned {
            return self.leaves(table).into_iter().map(own_rows).sum();
        }
        own_rows(table)
    }
}

/// A table that was never analyzed but has no page holds no row: that much is known.
fn own_rows(table: &Table) -> Option<f64> {
    let stored = matches!(table.kind, TableKind::Table | TableKind::MaterializedView);
    table.rows.or((stored && table.heap_bytes == Some(0)).then_some(0.0))
}

fn grouped<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}
