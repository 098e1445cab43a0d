//! What an index costs on writes.

use crate::snapshot::Snapshot;
use crate::what_if::{Design, Path, TableFacts};
use crate::workload::{Kind, Query, Workload};

/// Time to add one entry to a B-tree whose upper pages are cached, ms: an assumption, not measured.
const ENTRY_MS: f64 = 0.01;
/// An inverted index takes many entries for one value; how many is assumed too.
const INVERTED_ENTRIES: f64 = 20.0;
/// Rows written for each row read from which a table is called write-heavy.
const WRITE_HEAVY: f64 = 1.0;

/// Time that the workload's writes would add for this index, ms of the snapshot's window.
pub fn upkeep_ms(workload: &Workload, design: &Design) -> f64 {
    let rows: f64 =
        workload.queries.iter().filter(|query| touches(query, design)).map(|query| query.counters.rows as f64).sum();
    let entries = if design.method == "btree" { 1.0 } else { INVERTED_ENTRIES };
    rows * ENTRY_MS * entries
}

/// Columns of the index that statements update: such updates can no longer be HOT.
pub fn updated_columns(workload: &Workload, design: &Design) -> Vec<String> {
    let updates =
        workload.queries.iter().filter(|query| query.kind == Kind::Update && query.target == Some(design.table_oid));
    let mut columns: Vec<String> =
        updates.flat_map(|query| &query.set_columns).filter(|column| holds(design, column)).cloned().collect();
    columns.sort();
    columns.dedup();
    columns
}

/// Whether more rows were written to the table than read from it.
pub fn is_write_heavy(snapshot: &Snapshot, design: &Design) -> bool {
    let Some(table) = snapshot.table(design.table_oid) else { return false };
    let usage = &table.usage;
    let written = (usage.n_tup_ins + usage.n_tup_upd + usage.n_tup_del) as f64;
    let read = (usage.idx_tup_fetch + usage.seq_tup_read) as f64;
    written > 0.0 && written >= read * WRITE_HEAVY
}

/// Bytes of index written for each byte of row written; `None` for what no width tells.
pub fn overhead(facts: &TableFacts, design: &Design) -> Option<f64> {
    (design.method == "btree").then(|| Path::designed(0, design).entry_width(facts) / facts.row_width())
}

/// Estimated size, without deduplication; `None` for what no width tells.
pub fn size_bytes(facts: &TableFacts, design: &Design) -> Option<u64> {
    (design.method == "btree").then(|| (Path::designed(0, design).pages(facts) * 8192.0) as u64)
}

fn touches(query: &Query, design: &Design) -> bool {
    if query.target != Some(design.table_oid) {
        return false;
    }
    match query.kind {
        Kind::Insert | Kind::Merge => true,
        Kind::Update => query.set_columns.iter().any(|column| holds(design, column)),
        Kind::Select | Kind::Delete => false,
    }
}

fn holds(design: &Design, column: &str) -> bool {
    let in_expression =
        |sql: &str| sql.split(|one: char| !one.is_alphanumeric() && one != '_').any(|word| word == column);
    let in_key = design
        .keys
        .iter()
        .any(|key| key.column.as_deref() == Some(column) || key.expression.as_deref().is_some_and(in_expression));
    in_key
        || design.include.iter().any(|included| included == column)
        || design.predicate.as_deref().is_some_and(in_expression)
}
