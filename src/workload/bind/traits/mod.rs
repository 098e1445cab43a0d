//! What the form of a statement tells beyond its predicates, joins and sorts: one family of traits a file.

use crate::workload::Trait;

use super::Binder;
use super::scope::{Columns, Source};

mod common_table;
mod condition;
mod mention;
mod product;
mod select;
mod statement;
mod subquery;
#[cfg(test)]
mod tests;

impl Trait {
    /// One that is about no table.
    pub fn of(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    fn table(self, table_oid: Option<u32>) -> Self {
        Self { table_oid, ..self }
    }

    fn column(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }

    fn other_table(self, other_table_oid: Option<u32>) -> Self {
        Self { other_table_oid, ..self }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl Binder<'_> {
    /// Notes a trait once. What stands in a view is not for the statement's author to change.
    pub fn note(&mut self, noted: Trait) {
        if self.views.is_empty() && !self.out.traits.contains(&noted) {
            self.out.traits.push(noted);
        }
    }

    /// The first table of the innermost FROM.
    fn first_table(&self) -> Option<u32> {
        self.frames.last()?.sources.iter().find_map(table)
    }
}

/// The table that an item of FROM is.
fn table(source: &Source) -> Option<u32> {
    match source.columns {
        Columns::Table { oid, .. } => Some(oid),
        _ => None,
    }
}
