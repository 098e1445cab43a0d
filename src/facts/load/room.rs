//! How much room a table's rows and a B-tree's entries need at most, by the statistics of their columns.
//!
//! What is there beyond that is free space, or bloat. So every assumption errs on the side of more room: the worst
//! padding, no entries packed together (as B-trees do with equal ones since 13). Where widths say little (statistics
//! out of date or hidden, values that lie in TOAST or are very wide, expressions, columns that were dropped) there is
//! no figure.

use crate::facts::lookup::Lookup;
use crate::snapshot::{ColumnStatistics, Index, Table, TableKind};

const PAGE: f64 = 8_192.0;
const PAGE_HEADER: f64 = 24.0;
/// At the end of each page of a B-tree.
const BTREE_SPECIAL: f64 = 16.0;
/// Line pointer.
const POINTER: f64 = 4.0;
const MAXALIGN: f64 = 8.0;
/// Rows wider than that fill pages unevenly.
const WIDEST_ROW: f64 = 1_000.0;
/// Keys wider than that may lie in TOAST, of which statistics count the pointer only.
const WIDEST_KEY: f64 = 200.0;
/// Pages above the leaves, and the first.
const UPPER_PAGES: f64 = 1.02;
const BTREE_FILLFACTOR: f64 = 90.0;
/// Statistics of a table of which more has changed describe another one.
const FRESH_SHARE: f64 = 0.2;
/// Growth that says nothing, bytes.
const SMALL: f64 = 262_144.0;

/// `fillfactor` of `reloptions`.
pub(super) fn fillfactor(options: &[String]) -> Option<u32> {
    options.iter().find_map(|option| option.strip_prefix("fillfactor=")?.parse().ok())
}

/// Bytes of the main fork of a table that has rows of its own.
pub(super) fn of_table(lookup: &Lookup<'_>, table: &Table) -> Option<u64> {
    let stored = matches!(table.kind, TableKind::Table | TableKind::MaterializedView);
    let rows = rows(lookup, table)
        .filter(|_| stored && table.dropped_columns.is_none_or(|dropped| dropped == 0) && has_pages_of_8k(lookup))?;
    let columns: Vec<_> = lookup.columns(table.oid).collect();
    let widths: Vec<f64> = columns
        .iter()
        .map(|column| Some(width(lookup.statistics(table, &column.name)?, &column.alignment)))
        .collect::<Option<_>>()?;
    let bitmap = (columns.len() as f64 / 8.0).ceil();
    let row = POINTER + aligned(aligned(23.0 + bitmap) + widths.iter().sum::<f64>());
    let usable = (PAGE - PAGE_HEADER) * f64::from(fillfactor(&table.options).unwrap_or(100)) / 100.0;
    (row <= WIDEST_ROW).then(|| pages(rows, row, usable))
}

/// Bytes of a B-tree over columns.
pub(super) fn of_index(lookup: &Lookup<'_>, index: &Index) -> Option<u64> {
    let table = lookup.table(index.table_oid)?;
    let entries = rows(lookup, table)?;
    let entries =
        if index.predicate.is_some() { index.rows? } else { index.rows.map_or(entries, |own| own.max(entries)) };
    if index.method != "btree" || index.partitioned || !has_pages_of_8k(lookup) {
        return None;
    }
    let keys = index.keys.iter().map(|key| key.column.as_deref()).chain(index.include.iter().map(|name| Some(&**name)));
    let statistics = |name: Option<&str>| {
        let column = lookup.column(table.oid, name?)?;
        Some((lookup.statistics(table, name?)?, column.alignment.as_str()))
    };
    let columns: Vec<(&ColumnStatistics, &str)> = keys.map(statistics).collect::<Option<_>>()?;
    let data: f64 = columns.iter().map(|(statistics, alignment)| width(statistics, alignment)).sum();
    let header = if columns.iter().any(|(statistics, _)| statistics.null_frac > 0.0) { 16.0 } else { 8.0 };
    let usable =
        (PAGE - PAGE_HEADER - BTREE_SPECIAL) * fillfactor(&index.options).map_or(BTREE_FILLFACTOR, f64::from) / 100.0;
    let entry = POINTER + aligned(header + data);
    (data <= WIDEST_KEY).then(|| (pages(entries, entry, usable) as f64 * UPPER_PAGES) as u64)
}

/// Of a table whose statistics are of today: neither its rows nor its size have changed much since. (The counters
/// alone would not do, for a crash sets them to zero.)
fn rows(lookup: &Lookup<'_>, table: &Table) -> Option<f64> {
    let rows = lookup.rows(table)?.max(table.usage.n_live_tup as f64);
    let grown = table.heap_bytes.map(|bytes| bytes as f64 - table.pages as f64 * PAGE);
    let of_this_size = grown.is_some_and(|grown| grown <= FRESH_SHARE * table.pages as f64 * PAGE + SMALL);
    (of_this_size && table.usage.n_mod_since_analyze as f64 <= FRESH_SHARE * rows).then_some(rows)
}

fn has_pages_of_8k(lookup: &Lookup<'_>) -> bool {
    lookup.snapshot.setting("block_size").is_none_or(|size| size == "8192")
}

/// With the worst padding before it; a short text has none, but who knows which are short.
fn width(statistics: &ColumnStatistics, alignment: &str) -> f64 {
    let padding = match alignment {
        "c" => 0.0,
        "s" => 1.0,
        "i" => 3.0,
        _ => 7.0,
    };
    (1.0 - statistics.null_frac) * (f64::from(statistics.avg_width) + padding)
}

fn aligned(bytes: f64) -> f64 {
    (bytes / MAXALIGN).ceil() * MAXALIGN
}

fn pages(rows: f64, each: f64, usable: f64) -> u64 {
    ((rows / (usable / each).floor().max(1.0)).ceil() * PAGE) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_whole_pages() {
        // 8168 / 40 = 204 rows a page
        assert_eq!(pages(2_040.0, 40.0, PAGE - PAGE_HEADER), 81_920);
        assert_eq!(pages(2_041.0, 40.0, PAGE - PAGE_HEADER), 90_112);
        assert_eq!(pages(0.0, 40.0, PAGE - PAGE_HEADER), 0);
    }

    #[test]
    fn a_column_takes_its_width_and_the_worst_padding_but_where_it_is_null() {
        let column = ColumnStatistics { avg_width: 8, null_frac: 0.5, ..ColumnStatistics::default() };
        assert!((width(&column, "d") - 7.5).abs() < 1e-9);
        assert!((width(&column, "c") - 4.0).abs() < 1e-9);
    }

    #[test]
    fn the_fillfactor_is_one_of_the_options() {
        let options = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(fillfactor(&options(&["autovacuum_enabled=off", "fillfactor=70"])), Some(70));
        assert_eq!(fillfactor(&options(&["toast.fillfactor=70"])), None);
    }
}
