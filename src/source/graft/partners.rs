//! What of one snapshot is what of the other: by name, and of indexes by what they are made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{Index, Snapshot};

/// By OID: of the schema's to the numbers', and columns the other way.
#[derive(Debug, Default)]
pub(super) struct Partners {
    tables: BTreeMap<u32, u32>,
    indexes: BTreeMap<u32, u32>,
    /// Relation and column of the numbers, and the relation of the schema where its statistics belong.
    homes: BTreeMap<(u32, String), u32>,
    /// Columns of another type there: table, column, both types.
    retyped: Vec<(u32, String, String, String)>,
}

impl Partners {
    pub(super) fn find(schema_of: &Snapshot, numbers_of: &Snapshot) -> Self {
        let mut partners = Self::default();
        let there: BTreeMap<(&str, &str), u32> =
            numbers_of.tables.iter().map(|table| ((table.schema.as_str(), table.name.as_str()), table.oid)).collect();
        for table in &schema_of.tables {
            if let Some(other) = there.get(&(table.schema.as_str(), table.name.as_str())) {
                partners.tables.insert(table.oid, *other);
            }
        }
        partners.find_columns(schema_of, numbers_of);
        partners.find_indexes(schema_of, numbers_of);
        partners
    }

    /// The numbers' table.
    pub(super) fn table(&self, oid: u32) -> Option<u32> {
        self.tables.get(&oid).copied()
    }

    /// The numbers' index.
    pub(super) fn index(&self, oid: u32) -> Option<u32> {
        self.indexes.get(&oid).copied()
    }

    /// The schema's relation for what the numbers say of a column of theirs.
    pub(super) fn home(&self, oid: u32, column: &str) -> Option<u32> {
        self.homes.get(&(oid, column.to_owned())).copied()
    }

    /// The schema's table for one of the numbers'.
    pub(super) fn table_of_numbers(&self, oid: u32) -> Option<u32> {
        self.tables.iter().find(|(_, other)| **other == oid).map(|(own, _)| *own)
    }

    /// Relations of the schema whose own statistics give way: tables with a partner and their indexes.
    pub(super) fn replaced(&self, snapshot: &Snapshot) -> BTreeSet<u32> {
        let indexes = snapshot.indexes.iter().filter(|index| self.tables.contains_key(&index.table_oid));
        self.tables.keys().copied().chain(indexes.map(|index| index.oid)).collect()
    }

    fn find_columns(&mut self, schema_of: &Snapshot, numbers_of: &Snapshot) {
        let there: BTreeMap<(u32, &str), &str> = numbers_of
            .columns
            .iter()
            .map(|column| ((column.table_oid, column.name.as_str()), column.type_name.as_str()))
            .collect();
        for column in &schema_of.columns {
            let Some(other) = self.table(column.table_oid) else { continue };
            match there.get(&(other, column.name.as_str())) {
                Some(name) if same_type(name, &column.type_name) => {
                    self.homes.insert((other, column.name.clone()), column.table_oid);
                }
                Some(name) => {
                    let types = (column.type_name.clone(), (*name).to_owned());
                    self.retyped.push((column.table_oid, column.name.clone(), types.0, types.1));
                }
                None => {}
            }
        }
    }

    /// Of several that are made alike that of the same name, each only once.
    fn find_indexes(&mut self, schema_of: &Snapshot, numbers_of: &Snapshot) {
        let mut free: Vec<&Index> = numbers_of.indexes.iter().collect();
        for by_name in [true, false] {
            for index in &schema_of.indexes {
                let Some(table) = self.table(index.table_oid).filter(|_| self.index(index.oid).is_none()) else {
                    continue;
                };
                let fits = |other: &&Index| {
                    other.table_oid == table && alike(index, other) && (!by_name || index.name == other.name)
                };
                let Some(at) = free.iter().position(fits) else { continue };
                let other = free.remove(at);
                self.indexes.insert(index.oid, other.oid);
                let own = |column: &String| ((other.oid, column.clone()), index.oid);
                let columns = numbers_of.column_statistics.iter().filter(|one| one.table_oid == other.oid);
                self.homes.extend(columns.map(|one| own(&one.column)));
            }
        }
    }

    /// What has no partner, in both directions.
    pub(super) fn unmatched(&self, schema_of: &Snapshot, numbers_of: &Snapshot) -> Vec<String> {
        let mut words = Vec::new();
        for table in schema_of.tables.iter().filter(|table| self.table(table.oid).is_none()) {
            let name = QualifiedName::new(&*table.schema, &*table.name);
            words.push(format!("table {name} is not where the numbers come from, so it keeps its own"));
        }
        let used: BTreeSet<u32> = self.tables.values().copied().collect();
        for table in numbers_of.tables.iter().filter(|table| !used.contains(&table.oid)) {
            let name = QualifiedName::new(&*table.schema, &*table.name);
            words.push(format!("table {name} is not in this schema, so its numbers are of no use"));
        }
        words.extend(self.unmatched_columns(schema_of, numbers_of));
        words.extend(self.unmatched_indexes(schema_of, numbers_of));
        words
    }

    fn unmatched_columns(&self, schema_of: &Snapshot, numbers_of: &Snapshot) -> Vec<String> {
        let mut words: Vec<String> = self
            .retyped
            .iter()
            .map(|(table, column, own, other)| {
                let name = column_name(schema_of, *table, column);
                format!("column {name} is {own} here and {other} where the numbers come from, so it has no statistics")
            })
            .collect();
        let both = |snapshot: &Snapshot| -> BTreeSet<(u32, String)> {
            snapshot.columns.iter().map(|column| (column.table_oid, column.name.clone())).collect()
        };
        let (here, there) = (both(schema_of), both(numbers_of));
        for (table, column) in &here {
            let other = self.table(*table);
            if other.is_some_and(|other| !there.contains(&(other, column.clone()))) {
                let name = column_name(schema_of, *table, column);
                words.push(format!("column {name} is not where the numbers come from, so it has no statistics"));
            }
        }
        for (table, column) in &there {
            let own = self.table_of_numbers(*table);
            if own.is_some_and(|own| !here.contains(&(own, column.clone()))) {
                let name = column_name(numbers_of, *table, column);
                words.push(format!("column {name} is not in this schema, so its numbers are of no use"));
            }
        }
        words
    }

    fn unmatched_indexes(&self, schema_of: &Snapshot, numbers_of: &Snapshot) -> Vec<String> {
        let mut words = Vec::new();
        for index in &schema_of.indexes {
            if self.table(index.table_oid).is_some() && self.index(index.oid).is_none() {
                let name = QualifiedName::new(&*index.schema, &*index.name);
                words.push(format!("index {name} is not where the numbers come from, so its size is estimated"));
            }
        }
        let used: BTreeSet<u32> = self.indexes.values().copied().collect();
        for index in &numbers_of.indexes {
            if self.table_of_numbers(index.table_oid).is_some() && !used.contains(&index.oid) {
                let name = QualifiedName::new(&*index.schema, &*index.name);
                words.push(format!("index {name} is not in this schema, so its numbers are of no use"));
            }
        }
        words
    }
}

fn column_name(snapshot: &Snapshot, table: u32, column: &str) -> String {
    let table = snapshot.table(table).map(|table| QualifiedName::new(&*table.schema, &*table.name).to_string());
    format!("{}.{}", table.unwrap_or_default(), quoted(column))
}

/// A wider or narrower `varchar(n)` is the same to the planner.
fn same_type(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
    one == other || !one.contains('"') && bare(one) == bare(other)
}

fn alike(one: &Index, other: &Index) -> bool {
    let keys = one.keys.len() == other.keys.len()
        && one.keys.iter().zip(&other.keys).all(|(a, b)| {
            (&a.column, &a.expression, &a.opclass, &a.collation) == (&b.column, &b.expression, &b.opclass, &b.collation)
                && (a.descending, a.nulls_first) == (b.descending, b.nulls_first)
        });
    keys && one.method == other.method && one.include == other.include && one.predicate == other.predicate
}
