//! Which columns are keys, and what they point at: declared, or by their names.
//!
//! Many applications declare no foreign keys. Then `author_id` and `authorId` point at
//! `author`, `authors` or `shop_author`, if that has a one-column primary key of the same type.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{ConstraintKind, Snapshot, Table};

/// A column of a table, by `pg_class.oid`.
pub type ColumnOf = (u32, String);

/// Keys of all tables.
#[derive(Debug, Default)]
pub struct Keys {
    unique: BTreeMap<u32, Vec<BTreeSet<String>>>,
    edges: BTreeMap<ColumnOf, u32>,
    leading: BTreeSet<ColumnOf>,
}

impl Keys {
    /// From the catalog.
    pub fn read(snapshot: &Snapshot) -> Self {
        let mut keys = Self::default();
        keys.read_indexes(snapshot);
        keys.read_constraints(snapshot);
        keys.infer(snapshot);
        keys
    }

    /// Whether an equality on these columns finds one row at most.
    pub fn identifies(&self, table: u32, columns: &BTreeSet<String>) -> bool {
        self.unique.get(&table).is_some_and(|keys| keys.iter().any(|key| key.is_subset(columns)))
    }

    /// The table that a column points at.
    pub fn target(&self, table: u32, column: &str) -> Option<u32> {
        self.edges.get(&(table, column.to_owned())).copied()
    }

    /// Columns of `table` that point at `target`.
    pub fn pointing(&self, table: u32, target: u32) -> impl Iterator<Item = &str> {
        let of_table = self.edges.range((table, String::new())..(table + 1, String::new()));
        of_table.filter(move |(_, found)| **found == target).map(|((_, column), _)| column.as_str())
    }

    /// Whether an index begins with the column.
    pub fn leads(&self, table: u32, column: &str) -> bool {
        self.leading.contains(&(table, column.to_owned()))
    }

    fn read_indexes(&mut self, snapshot: &Snapshot) {
        for index in snapshot.indexes.iter().filter(|index| index.usable()) {
            let Some(first) = index.keys.first().and_then(|key| key.column.clone()) else { continue };
            self.leading.insert((index.table_oid, first));
            let columns: Option<BTreeSet<String>> = index.keys.iter().map(|key| key.column.clone()).collect();
            if let (true, None, Some(columns)) = (index.unique, &index.predicate, columns) {
                self.unique.entry(index.table_oid).or_default().push(columns);
            }
        }
    }

    fn read_constraints(&mut self, snapshot: &Snapshot) {
        for constraint in &snapshot.constraints {
            match (constraint.kind, constraint.referenced_table_oid, constraint.columns.as_slice()) {
                (ConstraintKind::ForeignKey, Some(target), [column]) => {
                    self.edges.insert((constraint.table_oid, column.clone()), target);
                }
                (ConstraintKind::PrimaryKey | ConstraintKind::Unique, _, columns) => {
                    let columns = columns.iter().cloned().collect();
                    self.unique.entry(constraint.table_oid).or_default().push(columns);
                }
                _ => {}
            }
        }
    }

    fn infer(&mut self, snapshot: &Snapshot) {
        let identities = identities(snapshot);
        for column in &snapshot.columns {
            let own = (column.table_oid, column.name.clone());
            let Some(base) = pointed_at(&column.name) else { continue };
            let fits = |(table, type_name): &&(&Table, &str)| {
                table.oid != column.table_oid && *type_name == column.base_type && names(&table.name, &base)
            };
            let mut targets = identities.iter().filter(fits);
            if let (false, Some((target, _)), None) = (self.edges.contains_key(&own), targets.next(), targets.next()) {
                self.edges.insert(own, target.oid);
            }
        }
    }
}

/// Tables with a one-column primary key, and its type.
fn identities(snapshot: &Snapshot) -> Vec<(&Table, &str)> {
    let primary = snapshot.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
    let identity = |table: u32, column: &str| {
        let is_it = |found: &&crate::snapshot::Column| found.table_oid == table && found.name == column;
        Some((snapshot.table(table)?, snapshot.columns.iter().find(is_it)?.base_type.as_str()))
    };
    primary
        .filter_map(|constraint| match constraint.columns.as_slice() {
            [column] => identity(constraint.table_oid, column),
            _ => None,
        })
        .collect()
}

/// `author` of `author_id`, `authorId`, `AUTHOR_ID`.
fn pointed_at(column: &str) -> Option<String> {
    let base = ["_id", "Id", "_ID", "_uuid", "_fk"].iter().find_map(|ending| column.strip_suffix(ending))?;
    (!base.is_empty()).then(|| plain(base))
}

/// Whether a table's name is that word, in the plural, or with a prefix of its application.
fn names(table: &str, base: &str) -> bool {
    let last = |name: &str| name.rsplit_once('_').map(|(_, last)| plain(last));
    let singular = |name: &str| {
        name == base
            || name.strip_suffix('s').is_some_and(|name| name == base)
            || name.strip_suffix("es").is_some_and(|name| name == base)
            || name.strip_suffix("ies").is_some_and(|name| base.strip_suffix('y') == Some(name))
    };
    singular(&plain(table)) || last(table).is_some_and(|name| singular(&name))
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('_', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_names_the_table_that_it_points_at() {
        for (column, table, expected) in [
            ("author_id", "authors", true),
            ("authorId", "Author", true),
            ("price_id", "packing_lists_price", true),
            ("category_id", "categories", true),
            ("box_id", "boxes", true),
            ("order_item_id", "order_items", true),
            ("author_id", "authorities", false),
            ("id", "authors", false),
            ("paid", "pas", false),
        ] {
            let found = pointed_at(column).is_some_and(|base| names(table, &base));
            assert_eq!(found, expected, "{column} -> {table}");
        }
    }
}
