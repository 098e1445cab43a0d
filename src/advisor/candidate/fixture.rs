//! A shop's tables with statistics, for the tests of the candidates.

use crate::snapshot::{Column, ColumnStatistics, Index, IndexKey, Snapshot, StatisticsSlot, Table};

/// Table, rows, pages, columns with type, category, distinct values.
type Shape = (&'static str, f64, u64, &'static [(&'static str, &'static str, &'static str, f64)]);

const TABLES: &[Shape] = &[
    (
        "orders",
        1e6,
        20_000,
        &[
            ("id", "int8", "N", -1.0),
            ("account_id", "int8", "N", 50_000.0),
            ("shop_id", "int4", "N", 500.0),
            ("status", "text", "S", 3.0),
            ("total", "numeric", "N", 5_000.0),
            ("open", "bool", "B", 2.0),
            ("created_at", "timestamptz", "D", -0.9),
            ("made_at", "timestamp", "D", -0.9),
            ("deleted_at", "timestamptz", "D", -0.05),
            ("email", "varchar", "S", -0.5),
            ("note", "text", "S", -0.9),
            ("body", "text", "S", -0.9),
            ("meta", "jsonb", "U", -0.5),
            ("tags", "_text", "A", -0.1),
            ("words", "tsvector", "U", -0.5),
            ("during", "tstzrange", "R", -0.5),
            ("place", "point", "G", -0.9),
            ("address", "inet", "I", -0.1),
            ("path", "ltree", "U", -0.1),
        ],
    ),
    ("items", 3e6, 30_000, &[("id", "int8", "N", -1.0), ("order_id", "int8", "N", -0.3), ("qty", "int4", "N", 5.0)]),
    ("log", 5e7, 600_000, &[("id", "int8", "N", -1.0), ("at", "timestamptz", "D", -0.9), ("level", "int4", "N", 6.0)]),
    ("config", 60.0, 1, &[("key", "text", "S", -1.0), ("value", "text", "S", -1.0)]),
];

/// The tables, all of whose pages are visible, with the primary keys.
pub fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.server.version_num = 150_000;
    for (oid, (name, rows, pages, columns)) in (1..).zip(TABLES) {
        let (schema, name) = ("public".to_owned(), (*name).to_owned());
        let table = Table {
            oid,
            schema,
            name,
            rows: Some(*rows),
            pages: *pages,
            all_visible_pages: *pages,
            ..Table::default()
        };
        snapshot.tables.push(table);
        for (position, (name, base, category, distinct)) in (1..).zip(*columns) {
            snapshot.columns.push(column(oid, position, name, base, category));
            snapshot.column_statistics.push(statistics(oid, name, *distinct));
        }
    }
    snapshot.indexes.push(index("orders_pkey", 1, &["id"]));
    snapshot.indexes[0].unique = true;
    snapshot
}

fn column(table_oid: u32, position: i16, name: &str, base: &str, category: &str) -> Column {
    let (name, base_type, type_category) = (name.to_owned(), base.to_owned(), category.to_owned());
    let type_name = if base == "int8" { "bigint".to_owned() } else { base_type.clone() };
    Column { table_oid, position, name, base_type, type_category, type_name, type_length: -1, ..Column::default() }
}

fn statistics(table_oid: u32, name: &str, n_distinct: f64) -> ColumnStatistics {
    let plain = ColumnStatistics {
        table_oid,
        column: name.to_owned(),
        avg_width: 8,
        n_distinct,
        correlation: Some(if name == "at" { 0.99 } else { 0.1 }),
        ..ColumnStatistics::default()
    };
    match name {
        "deleted_at" => ColumnStatistics { null_frac: 0.05, ..plain },
        "status" => ColumnStatistics { most_common_freqs: vec![0.899, 0.1, 0.001], ..plain },
        "body" => ColumnStatistics { avg_width: 3_000, ..plain },
        "open" => {
            let values = Some(vec!["f".to_owned(), "t".to_owned()]);
            let slot = StatisticsSlot { kind: 1, numbers: Some(vec![0.99, 0.01]), values, ..StatisticsSlot::default() };
            ColumnStatistics { most_common_freqs: vec![0.99, 0.01], slots: vec![slot], ..plain }
        }
        _ => plain,
    }
}

/// A B-tree over columns.
pub fn index(name: &str, table_oid: u32, columns: &[&str]) -> Index {
    let key = |column: &&str| IndexKey {
        column: Some((*column).to_owned()),
        opclass_is_default: true,
        ..IndexKey::default()
    };
    Index {
        table_oid,
        name: name.to_owned(),
        method: "btree".to_owned(),
        keys: columns.iter().map(key).collect(),
        valid: true,
        ready: true,
        live: true,
        pages: 3_000,
        ..Index::default()
    }
}
