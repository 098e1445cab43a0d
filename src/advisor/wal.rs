//! What the WAL of an index costs beside the time of its entries.
//!
//! Every entry is logged: written and flushed once here, shipped, replayed one after the other and flushed again on each
//! standby, kept in an archive. The time to make the record is part of the time of an entry; what becomes of its bytes
//! is not. Full page images are left out: how many there are depends on the checkpoints.

use super::entries::{at_hand, elements_of};
use crate::snapshot::Snapshot;
use crate::what_if::{Design, Path, TableFacts};

/// Time for a byte of WAL after it is made, ms: a standby, an archive and a disk of 100 MB/s take 10 ns for each.
const BYTE_MS: f64 = 1e-5;
/// Bytes of a record beside the entry that it holds. This and the rest as measured by `examples/entry_cost`: 66 bytes an
/// entry where keys rise or are few, 76 and 134 for bigint and text of 32 bytes in no order.
const RECORD: f64 = 50.0;
/// Bytes of a page for each entry that are not logged with it.
const LINE_POINTER: f64 = 4.0;
/// What pages that are split in the middle log, in entries: the half that moves.
const SPLIT: f64 = 1.6;
/// A row in an index of another kind; GIN for each element, 54 of an array and 31 of a trigram. A summary of BRIN is
/// written once for many rows.
const HASH: f64 = 91.0;
const GIST: f64 = 136.0;
const GIN_ELEMENT: f64 = 40.0;
const BRIN: f64 = 0.0;

/// A B-tree over a bigint in no order: what is taken for an index that is not looked at.
pub const USUAL: f64 = 76.0;

/// Bytes of WAL that a row written causes in this index.
pub fn bytes_per_row(snapshot: &Snapshot, facts: &TableFacts, design: &Design) -> f64 {
    match design.method.as_str() {
        "gin" => GIN_ELEMENT * elements_of(snapshot, facts, design).max(1.0),
        "gist" | "spgist" => GIST,
        "hash" => HASH,
        "brin" => BRIN,
        _ => {
            let entry = Path::designed(0, design).entry_width(facts) - LINE_POINTER;
            RECORD + entry * if at_hand(facts, design) { 1.0 } else { SPLIT }
        }
    }
}

/// What so many bytes cost, ms.
pub fn ms(bytes: f64) -> f64 {
    bytes * BYTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Column, ColumnStatistics, Table};
    use crate::what_if::DesignKey;

    /// The table of `examples/entry_cost`: rising, random, few values, text of 32 bytes, array of five.
    fn measured() -> Snapshot {
        let column = |name: &str, length: i16| Column {
            table_oid: 1,
            name: name.to_owned(),
            type_length: length,
            ..Column::default()
        };
        let known = |name: &str, width: i32, distinct: f64, correlation: f64| ColumnStatistics {
            table_oid: 1,
            column: name.to_owned(),
            avg_width: width,
            n_distinct: distinct,
            correlation: Some(correlation),
            ..ColumnStatistics::default()
        };
        Snapshot {
            tables: vec![Table { oid: 1, pages: 10_000, rows: Some(200_000.0), ..Table::default() }],
            columns: vec![column("id", 8), column("r", 8), column("f", 4), column("s", -1)],
            column_statistics: vec![
                known("id", 8, -1.0, 1.0),
                known("r", 8, -1.0, 0.0),
                known("f", 4, 10.0, 0.1),
                known("s", 33, -1.0, 0.0),
            ],
            ..Snapshot::default()
        }
    }

    #[test]
    fn an_entry_logs_about_what_was_measured() {
        let snapshot = measured();
        let facts = TableFacts::read(&snapshot, 1).expect("the table");
        for (method, column, bytes) in [
            ("btree", "id", 66.0),
            ("btree", "r", 76.0),
            ("btree", "f", 65.0),
            ("btree", "s", 134.0),
            ("hash", "r", 91.0),
            ("gist", "r", 136.0),
            ("brin", "id", 0.0),
        ] {
            let keys = vec![DesignKey::column(column)];
            let design = Design { table_oid: 1, method: method.to_owned(), keys, ..Design::default() };
            let found = bytes_per_row(&snapshot, &facts, &design);
            assert!((found - bytes).abs() <= bytes * 0.1, "{method} ({column}): {found}, measured {bytes}");
        }
    }

    #[test]
    fn a_wider_index_logs_more_for_a_row() {
        let snapshot = measured();
        let facts = TableFacts::read(&snapshot, 1).expect("the table");
        let narrow = Design {
            table_oid: 1,
            method: "btree".to_owned(),
            keys: vec![DesignKey::column("r")],
            ..Design::default()
        };
        let wide = Design { include: vec!["s".to_owned()], ..narrow.clone() };
        let bytes = |design| bytes_per_row(&snapshot, &facts, design);
        assert!(bytes(&wide) > bytes(&narrow) * 1.5, "{} {}", bytes(&wide), bytes(&narrow));
    }
}
