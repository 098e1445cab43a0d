//! What the model knows of one table: size, columns, statistics.

use crate::snapshot::{Column, ColumnStatistics, Snapshot, Table, TableKind};

/// Distinct values assumed where nothing is known (`DEFAULT_NUM_DISTINCT`).
const DEFAULT_DISTINCT: f64 = 200.0;
/// Width assumed where nothing is known, as for an unknown type in `get_typavgwidth`.
const DEFAULT_WIDTH: f64 = 32.0;
const PAGE: u64 = 8192;

/// One table with its statistics.
#[derive(Debug, Clone)]
pub struct TableFacts<'a> {
    /// The table itself, or the root of its partitions.
    pub table: &'a Table,
    /// Rows, of all partitions.
    pub rows: f64,
    /// Heap pages, of all partitions.
    pub pages: f64,
    /// Whether it was ever analyzed.
    pub analyzed: bool,
    /// Share of its pages that an index-only scan need not look into, 0 to 1.
    pub visible: f64,
    columns: Vec<&'a Column>,
    statistics: Vec<&'a ColumnStatistics>,
}

impl<'a> TableFacts<'a> {
    /// Reads a table's facts; a partition is read as the root that it belongs to.
    pub fn read(snapshot: &'a Snapshot, oid: u32) -> Option<Self> {
        let table = root_of(snapshot, snapshot.table(oid)?);
        let leaves = leaves(snapshot, table);
        let rows: Vec<Option<f64>> = leaves.iter().map(|leaf| rows(leaf)).collect();
        let all_visible: u64 = leaves.iter().map(|leaf| leaf.all_visible_pages).sum();
        let pages_then: u64 = leaves.iter().map(|leaf| leaf.pages).sum();
        Some(Self {
            table,
            rows: rows.iter().flatten().sum(),
            pages: leaves.iter().map(|leaf| pages(leaf) as f64).sum(),
            analyzed: leaves.iter().any(|leaf| leaf.rows.is_some()),
            visible: (all_visible as f64 / pages_then.max(1) as f64).clamp(0.0, 1.0),
            columns: snapshot.columns.iter().filter(|column| column.table_oid == table.oid).collect(),
            statistics: snapshot.column_statistics.iter().filter(|one| one.table_oid == table.oid).collect(),
        })
    }

    /// A column of it.
    pub fn column(&self, name: &str) -> Option<&'a Column> {
        self.columns.iter().copied().find(|column| column.name == name)
    }

    /// Statistics of a column; those over the partitions where there are any.
    pub fn statistics(&self, name: &str) -> Option<&'a ColumnStatistics> {
        let of_column = || self.statistics.iter().copied().filter(|one| one.column == name);
        of_column()
            .find(|one| one.inherited == (self.table.kind == TableKind::Partitioned))
            .or_else(|| of_column().next())
    }

    /// Distinct values of a column.
    pub fn distinct(&self, name: &str) -> f64 {
        let rows = self.rows.max(1.0);
        let known = self.statistics(name).map(|one| match one.n_distinct {
            share if share < 0.0 => -share * rows,
            0.0 => DEFAULT_DISTINCT,
            number => number,
        });
        let boolean = self.column(name).is_some_and(|column| column.type_category == "B");
        known.unwrap_or(if boolean { 2.0 } else { DEFAULT_DISTINCT }).clamp(1.0, rows)
    }

    /// Share of the rows that hold one of a column's most common values, given as the text of its type.
    pub fn frequency(&self, name: &str, value: &str) -> Option<f64> {
        let slot = self.statistics(name)?.slots.iter().find(|slot| slot.kind == 1)?;
        let place = slot.values.as_ref()?.iter().position(|one| one == value)?;
        slot.numbers.as_ref()?.get(place).map(|share| f64::from(*share))
    }

    /// Share of the rows in which a boolean column is what it is asked to be.
    pub fn truth(&self, name: &str, value: bool) -> Option<f64> {
        let of = |value: bool| self.frequency(name, if value { "t" } else { "f" });
        let nulls = self.statistics(name)?.null_frac;
        of(value).or_else(|| of(!value).map(|other| (1.0 - nulls - other).max(0.0)))
    }

    /// Average bytes of a column's value.
    pub fn width(&self, name: &str) -> f64 {
        let fixed =
            self.column(name).filter(|column| column.type_length > 0).map(|column| f64::from(column.type_length));
        fixed.or_else(|| self.statistics(name).map(|one| f64::from(one.avg_width))).unwrap_or(DEFAULT_WIDTH)
    }

    /// Average bytes of a row with its header.
    pub fn row_width(&self) -> f64 {
        28.0 + self.columns.iter().map(|column| self.width(&column.name)).sum::<f64>()
    }
}

/// The partitioned table at the top of a partition's tree, else the table itself.
pub fn root_of<'a>(snapshot: &'a Snapshot, table: &'a Table) -> &'a Table {
    let mut table = table;
    while let Some(parent) = table.parents.first().filter(|_| table.is_partition).and_then(|oid| snapshot.table(*oid)) {
        table = parent;
    }
    table
}

pub(super) fn leaves<'a>(snapshot: &'a Snapshot, table: &'a Table) -> Vec<&'a Table> {
    if table.kind != TableKind::Partitioned {
        return vec![table];
    }
    let children = snapshot.tables.iter().filter(|child| child.is_partition && child.parents.contains(&table.oid));
    children.flat_map(|child| leaves(snapshot, child)).collect()
}

/// Rows now: the planner scales the rows of the last ANALYZE by the size of the file.
pub(super) fn rows(table: &Table) -> Option<f64> {
    let live = || Some(table.usage.n_live_tup as f64).filter(|rows| *rows > 0.0);
    let grown = |rows: f64| if table.pages > 0 { rows * pages(table) as f64 / table.pages as f64 } else { rows };
    table.rows.map(grown).or_else(live)
}

pub(super) fn pages(table: &Table) -> u64 {
    table.heap_bytes.map(|bytes| bytes / PAGE).filter(|pages| *pages > 0).unwrap_or(table.pages)
}
