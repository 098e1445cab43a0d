//! Two small snapshots made one.

use super::*;
use crate::snapshot::{
    Column, EnumLabel, ExtendedData, ExtendedStatistics, Index, IndexKey, Setting, Statement, StatisticsSlot,
    TypeDefinition, UserType, Values,
};

/// A text is its own fingerprint.
fn graft(schema_of: Snapshot, numbers_of: &Snapshot) -> Grafted {
    super::graft(schema_of, numbers_of, &|text| Some(text.to_lowercase()))
}

/// Tables `orders` and `extra`, whose OIDs begin at `base`.
fn snapshot(base: u32, rows: f64, extra: &str, types: [&str; 2]) -> Snapshot {
    let mut made = Snapshot { taken_at: f64::from(base), values: Values::Tokens, ..Snapshot::default() };
    made.server.version_num = 150_000;
    for (at, name) in ["orders", extra].iter().enumerate() {
        let oid = base + at as u32;
        let (schema, name) = ("public".to_owned(), (*name).to_owned());
        made.tables.push(Table { oid, schema, name, rows: Some(rows), pages: 7, ..Table::default() });
        for (position, (column, type_name)) in (1..).zip(["id", "status"].iter().zip(types)) {
            made.columns.push(Column {
                table_oid: oid,
                position,
                name: (*column).to_owned(),
                type_name: type_name.to_owned(),
                full_type: type_name.to_owned(),
                ..Column::default()
            });
            made.column_statistics.push(ColumnStatistics {
                table_oid: oid,
                column: (*column).to_owned(),
                n_distinct: rows,
                slots: vec![
                    StatisticsSlot { kind: 3, ..StatisticsSlot::default() },
                    StatisticsSlot {
                        kind: 1,
                        values: Some(vec!["t0001".to_owned()]),
                        value_type: Some("text".to_owned()),
                        ..StatisticsSlot::default()
                    },
                ],
                ..ColumnStatistics::default()
            });
        }
    }
    made
}

fn index(oid: u32, table_oid: u32, name: &str, column: &str, pages: u64) -> Index {
    let key = IndexKey { column: Some(column.to_owned()), ..IndexKey::default() };
    let (schema, name) = ("public".to_owned(), name.to_owned());
    Index { oid, table_oid, schema, name, keys: vec![key], pages, blocks: Some(pages), ..Index::default() }
}

#[test]
fn numbers_come_by_name_and_what_has_no_partner_is_told_in_both_directions() {
    let mut own = snapshot(100, 5.0, "only_here", ["bigint", "text"]);
    own.statements.entries.push(Statement::default());
    own.tables[0].usage.last_analyze = Some(90.0);
    own.indexes = vec![index(110, 100, "by_status", "status", 1), index(111, 100, "new", "id", 1)];
    let mut numbers = snapshot(900, 5e6, "only_there", ["integer", "text"]);
    numbers.indexes = vec![index(910, 900, "another_name", "status", 4000), index(911, 900, "by_status", "gone", 9)];
    numbers.end_points = vec![EndPoint { table_oid: 900, column: "status".to_owned(), ..EndPoint::default() }];
    numbers.server.version_num = 160_000;
    let Grafted { snapshot, unmatched, .. } = graft(own, &numbers);
    assert_eq!((snapshot.tables[0].rows, snapshot.tables[1].rows), (Some(5e6), Some(5.0)));
    assert_eq!((snapshot.indexes[0].blocks, snapshot.indexes[1].blocks), (Some(4000), None));
    assert_eq!(snapshot.end_points[0].table_oid, 100);
    assert_eq!((snapshot.taken_at, snapshot.tables[0].usage.last_analyze), (900.0, Some(890.0)));
    let statistics: Vec<(u32, &str, f64, usize)> = snapshot
        .column_statistics
        .iter()
        .map(|one| (one.table_oid, one.column.as_str(), one.n_distinct, one.slots.len()))
        .collect();
    assert_eq!(statistics, [(100, "status", 5e6, 2), (101, "id", 5.0, 1), (101, "status", 5.0, 1)]);
    let words = [
        "the schema is of PostgreSQL 15, the numbers are of PostgreSQL 16",
        "table public.only_here is not where the numbers come from, so it keeps its own",
        "table public.only_there is not in this schema, so its numbers are of no use",
        "column public.orders.id is bigint here and integer where the numbers come from, so it has no statistics",
        "index public.new is not where the numbers come from, so its size is estimated",
        "index public.by_status is not in this schema, so its numbers are of no use",
    ];
    assert_eq!(unmatched, words);
}

#[test]
fn a_snapshot_takes_its_own_numbers_without_a_word() {
    let mut own = snapshot(100, 5.0, "other", ["bigint", "text"]);
    own.statements.entries.push(Statement::default());
    own.indexes = vec![index(110, 100, "by_status", "status", 1)];
    let numbers = own.clone();
    assert_eq!(graft(own.clone(), &numbers), Grafted { snapshot: own, ..Grafted::default() });
}

#[test]
fn statements_and_counters_come_along_only_where_there_are_none() {
    let setting = |value: &str| Setting { name: "work_mem".into(), value: value.into(), ..Setting::default() };
    let mut own = snapshot(100, 5.0, "other", ["bigint", "text"]);
    own.settings = vec![setting("4096")];
    let mut numbers = snapshot(900, 5e6, "other", ["bigint", "text"]);
    numbers.settings = vec![setting("65536")];
    numbers.statements.entries = vec![Statement { calls: 9, ..Statement::default() }];
    numbers.tables[0].usage.seq_scan = 77;
    let taken = graft(own.clone(), &numbers).snapshot;
    assert_eq!((taken.statements.entries[0].calls, taken.tables[0].usage.seq_scan), (9, 77));
    assert_eq!(taken.setting("work_mem"), Some("65536"));
    own.statements.entries = vec![Statement { calls: 1, ..Statement::default() }];
    let kept = graft(own, &numbers).snapshot;
    assert_eq!((kept.statements.entries[0].calls, kept.tables[0].usage.seq_scan), (1, 0));
}

#[test]
fn a_statement_that_both_know_has_the_counters_of_there_once_and_one_that_is_new_is_named() {
    let entry = |text: &str, calls| Statement { text: Some(text.into()), calls, ..Statement::default() };
    let mut own = snapshot(100, 5.0, "other", ["bigint", "text"]);
    own.statements.entries = vec![entry("SELECT known", 1), entry("select KNOWN", 2), entry("SELECT new", 3)];
    let mut numbers = snapshot(900, 5e6, "other", ["bigint", "text"]);
    numbers.statements.entries = vec![entry("select known", 700), entry("select of nobody", 9)];
    numbers.statements.stats_reset = Some(5.0);
    numbers.tables[0].usage.seq_scan = 77;
    let Grafted { snapshot, unmatched, unmeasured } = graft(own, &numbers);
    let entries: Vec<(Option<&str>, u64)> =
        snapshot.statements.entries.iter().map(|entry| (entry.text.as_deref(), entry.calls)).collect();
    assert_eq!(entries, [(Some("SELECT known"), 700), (Some("SELECT new"), 3)]);
    assert_eq!(unmeasured.into_iter().collect::<Vec<_>>(), ["select new"]);
    assert_eq!((snapshot.tables[0].usage.seq_scan, snapshot.statements.stats_reset), (77, Some(5.0)));
    assert!(matches!(&unmatched[..], [told] if told.starts_with("1 statement is not known")), "{unmatched:?}");
}

#[test]
fn column_numbers_and_oids_of_statistics_objects_are_translated() {
    let mood = |oid: u32, labels: [(u32, &str); 2]| UserType {
        oid,
        schema: "public".into(),
        name: "mood".into(),
        definition: TypeDefinition::Enum {
            labels: labels.map(|(oid, label)| EnumLabel { oid, label: label.into() }).to_vec(),
        },
    };
    let object = |oid: u32, table_oid: u32, data: Vec<ExtendedData>| ExtendedStatistics {
        oid,
        table_oid,
        name: "both".into(),
        columns: vec!["id".into(), "status".into()],
        data,
        ..ExtendedStatistics::default()
    };
    let mut own = snapshot(100, 5.0, "other", ["bigint", "text"]);
    own.columns[1].position = 9;
    own.types = vec![mood(20_000, [(20_001, "low"), (20_003, "high")])];
    own.extended_statistics = vec![object(50, 100, vec![])];
    let mut numbers = snapshot(900, 5e6, "other", ["bigint", "text"]);
    numbers.types = vec![mood(30_000, [(30_001, "high"), (30_002, "low")])];
    let item = "0000000000000840 02000000 0100 0200".replace(' ', "");
    let gathered = ExtendedData {
        ndistinct: Some(format!("a4bf52a3 01000000 01000000 {item}").replace(' ', "")),
        mcv: Some(
            "c251a6e1 01000000 00000000 0100 30750000 \
             02000000 08000000 10000000 04000000 01000000 31750000 32750000"
                .replace(' ', ""),
        ),
        ..ExtendedData::default()
    };
    numbers.extended_statistics = vec![object(51, 900, vec![gathered])];
    let Grafted { snapshot, unmatched, .. } = graft(own, &numbers);
    assert_eq!(unmatched, [""; 0]);
    let data = &snapshot.extended_statistics[0].data[0];
    assert!(data.ndistinct.as_ref().is_some_and(|hex| hex.ends_with("01000900")), "{data:?}");
    let mcv = data.mcv.as_deref().expect("a list");
    assert!(mcv.contains("204e0000") && mcv.ends_with("234e0000214e0000"), "{mcv}");
}
