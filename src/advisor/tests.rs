//! A shop of one million orders, with hand-made statements and the model.

use super::*;
use crate::snapshot::{Column, ColumnStatistics, Index, IndexKey, Snapshot, Table};
use crate::workload::{
    Access, Comparison, Counters, Expr, JoinPair, Kind, Limit, Operand, Predicate, Query, SortKey, TableUse, Workload,
};

const ORDERS: u32 = 1;
const CUSTOMER: u32 = 2;
const COLOUR: u32 = 3;

/// Name, type, category, distinct values.
const COLUMNS: &[(&str, &str, &str, f64)] = &[
    ("id", "int8", "N", -1.0),
    ("customer_id", "int8", "N", 50_000.0),
    ("status", "varchar", "S", 5.0),
    ("paid", "bool", "B", 2.0),
    ("created_at", "timestamptz", "D", -0.9),
    ("note", "varchar", "S", -0.5),
    ("data", "jsonb", "U", -0.5),
    ("tags", "_text", "A", -0.1),
];

fn snapshot(indexes: &[&[&str]]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (oid, name, rows, pages) in
        [(ORDERS, "orders", 1e6, 20_000), (CUSTOMER, "customer", 5e4, 900), (COLOUR, "colour", 60.0, 1)]
    {
        let (schema, name) = ("public".to_owned(), name.to_owned());
        snapshot.tables.push(Table { oid, schema, name, rows: Some(rows), pages, ..Table::default() });
        for (name, base_type, category, n_distinct) in COLUMNS {
            let (name, base_type, type_category) =
                ((*name).to_owned(), (*base_type).to_owned(), (*category).to_owned());
            let column = name.clone();
            snapshot.columns.push(Column {
                table_oid: oid,
                name,
                base_type,
                type_category,
                type_length: -1,
                ..Column::default()
            });
            let statistics = ColumnStatistics {
                table_oid: oid,
                column,
                avg_width: 8,
                n_distinct: *n_distinct,
                ..ColumnStatistics::default()
            };
            snapshot.column_statistics.push(statistics);
        }
        snapshot.indexes.push(index(oid, &["id"], true));
    }
    snapshot.indexes.extend(indexes.iter().map(|columns| index(ORDERS, columns, false)));
    snapshot
}

fn index(table_oid: u32, columns: &[&str], unique: bool) -> Index {
    let key = |column: &&str| IndexKey {
        column: Some((*column).to_owned()),
        opclass_is_default: true,
        ..IndexKey::default()
    };
    Index {
        table_oid,
        name: format!("{}_idx", columns.join("_")),
        method: "btree".to_owned(),
        keys: columns.iter().map(key).collect(),
        unique,
        valid: true,
        ready: true,
        live: true,
        pages: 2_000,
        ..Index::default()
    }
}

fn operand(column: &str) -> Operand {
    Operand { table_oid: ORDERS, column: column.to_owned(), ..Operand::default() }
}

fn over(column: &str, function: &str, sql: &str) -> Operand {
    let expression = Expr {
        sql: sql.to_owned(),
        function: function.to_owned(),
        has_parameter: false,
        immutable: function != "date",
    };
    Operand { expression: Some(expression), ..operand(column) }
}

fn is(comparison: Comparison, operand: Operand) -> Predicate {
    let operator = if comparison == Comparison::Json { "@>" } else { "=" }.to_owned();
    Predicate { operand, comparison, operator, conjunct: true, ..Predicate::default() }
}

/// A statement of 100 ms that ran 100 times and returned one row each.
fn query(predicates: Vec<Predicate>) -> Query {
    Query {
        tables: vec![TableUse { table_oid: Some(ORDERS), ..TableUse::default() }],
        predicates,
        counters: Counters { calls: 100, rows: 100, total_ms: 10_000.0, shared_hit: 2_000_000, ..Counters::default() },
        ..Query::default()
    }
}

fn ordered(columns: &[(&str, bool)], predicates: Vec<Predicate>) -> Query {
    let sort = |(column, descending): &(&str, bool)| SortKey {
        operand: operand(column),
        descending: *descending,
        nulls_first: *descending,
        limited: true,
        ..SortKey::default()
    };
    let sorts = columns.iter().map(sort).collect();
    let counters = Counters { rows: 1_000, ..query(Vec::new()).counters };
    Query { sorts, limit: Some(Limit { rows: Some(10), span: None }), counters, ..query(predicates) }
}

fn run(snapshot: &Snapshot, queries: Vec<Query>) -> Recommendations {
    let workload = Workload { queries, ..Workload::default() };
    advise_by_model(snapshot, &workload)
}

fn advised(snapshot: &Snapshot, queries: Vec<Query>) -> Vec<String> {
    run(snapshot, queries).create.iter().map(|advice| advice.design.body()).collect()
}

fn equal(column: &str) -> Predicate {
    is(Comparison::Equal, operand(column))
}

#[test]
fn an_index_has_equality_first_then_a_range_or_the_order() {
    let newest = ordered(&[("created_at", true)], vec![equal("customer_id")]);
    let mixed = ordered(&[("status", false), ("created_at", true)], Vec::new());
    let ranged = vec![equal("customer_id"), is(Comparison::Range, operand("created_at"))];
    for (case, query, expected) in [
        ("equality", query(vec![equal("customer_id")]), "USING btree (customer_id)"),
        ("the most selective suffices", query(vec![equal("status"), equal("note")]), "USING btree (note)"),
        ("order, read backwards", ordered(&[("created_at", true)], Vec::new()), "USING btree (created_at)"),
        ("order of two directions", mixed, "USING btree (status, created_at DESC)"),
        ("a range alone suffices when the rest is few", query(ranged), "USING btree (customer_id)"),
        ("equality narrows enough that its few rows are sorted", newest, "USING btree (customer_id)"),
        (
            "an unselective equality is ordered",
            ordered(&[("created_at", true)], vec![equal("status")]),
            "USING btree (status, created_at)",
        ),
    ] {
        assert_eq!(advised(&snapshot(&[]), vec![query]), [expected], "{case}");
    }
}

#[test]
fn what_needs_an_operator_class_gets_it() {
    let starts = Predicate { leading_wildcard: Some(false), ..is(Comparison::Like, operand("note")) };
    for (predicate, expected) in [
        (
            is(Comparison::ILike, over("note", "upper", "upper((note)::text)")),
            "USING gin ((upper((note)::text)) gin_trgm_ops)",
        ),
        (is(Comparison::Like, operand("note")), "USING gin (note gin_trgm_ops)"),
        (starts, "USING btree (note varchar_pattern_ops)"),
        (is(Comparison::Equal, over("note", "lower", "lower((note)::text)")), "USING btree ((lower((note)::text)))"),
        (is(Comparison::Json, operand("data")), "USING gin (data jsonb_path_ops)"),
    ] {
        let advice = run(&snapshot(&[]), vec![query(vec![predicate])]).create;
        assert_eq!(advice.iter().map(|one| one.design.body()).collect::<Vec<_>>(), [expected]);
        assert_eq!(advice[0].design.needs_extension.is_some(), expected.contains("trgm"), "{expected}");
    }
}

#[test]
fn one_index_serves_statements_whose_keys_begin_alike() {
    let both = query(vec![equal("customer_id"), is(Comparison::Range, operand("created_at"))]);
    let many = Query { counters: Counters { rows: 200_000, ..both.counters.clone() }, ..both.clone() };
    assert_eq!(advised(&snapshot(&[]), vec![query(vec![equal("customer_id")]), both, many]).len(), 1);
}

#[test]
fn a_join_is_looked_up_from_its_selective_side() {
    let mut join = query(vec![Predicate {
        operand: Operand { table_use: 1, table_oid: CUSTOMER, ..operand("id") },
        ..equal("id")
    }]);
    join.tables.push(TableUse { table_oid: Some(CUSTOMER), ..TableUse::default() });
    let right = Operand { table_use: 1, table_oid: CUSTOMER, ..operand("id") };
    join.joins.push(JoinPair { left: operand("customer_id"), right, span: None });
    assert_eq!(advised(&snapshot(&[]), vec![join]), ["USING btree (customer_id)"]);
}

#[test]
fn nothing_is_advised_where_no_index_is_worth_it() {
    let small = || {
        let on_small = Operand { table_oid: COLOUR, ..operand("note") };
        let tables = vec![TableUse { table_oid: Some(COLOUR), ..TableUse::default() }];
        Query { tables, ..query(vec![is(Comparison::Equal, on_small)]) }
    };
    let fast = Counters { total_ms: 2.0, ..query(Vec::new()).counters };
    let half = Counters { rows: 50_000_000, ..query(Vec::new()).counters };
    let insert = |rows| Query {
        kind: Kind::Insert,
        target: Some(ORDERS),
        counters: Counters { calls: rows, rows, total_ms: 0.001, ..Counters::default() },
        ..query(Vec::new())
    };
    for (case, indexes, queries) in [
        ("a small table", &[][..], vec![small()]),
        ("no condition", &[], vec![query(Vec::new())]),
        ("an equal index", &[&["customer_id"][..]], vec![query(vec![equal("customer_id")])]),
        ("a wider index", &[&["customer_id", "status"]], vec![query(vec![equal("customer_id")])]),
        (
            "the same keys in another order",
            &[&["status", "customer_id"]],
            vec![query(vec![equal("customer_id"), equal("status")])],
        ),
        ("a unique key beside it", &[], vec![query(vec![equal("id"), equal("customer_id")])]),
        ("a boolean", &[], vec![Query { counters: half, ..query(vec![is(Comparison::IsTrue, operand("paid"))]) }]),
        ("not equal", &[], vec![query(vec![is(Comparison::NotEqual, operand("status"))])]),
        ("nothing slow", &[], vec![Query { counters: fast, ..query(vec![equal("customer_id")]) }]),
        ("writes outweigh it", &[], vec![query(vec![equal("customer_id")]), insert(10_000_000)]),
        ("an alternative of an OR", &[], vec![query(vec![Predicate { conjunct: false, ..equal("note") }])]),
    ] {
        assert_eq!(advised(&snapshot(indexes), queries), Vec::<String>::new(), "{case}");
    }
}

#[test]
fn what_cannot_be_indexed_is_rejected_with_the_way_to_ask_instead() {
    let by_day = query(vec![is(Comparison::Equal, over("created_at", "date", "date(created_at)"))]);
    let found = run(&snapshot(&[]), vec![by_day]);
    assert_eq!(found.create, []);
    assert!(found.rejected.iter().any(|one| one.why.contains("time zone")), "{:?}", found.rejected);
    for (blocks, expected) in [
        (2_000, "index customer_id_idx already serves these conditions"),
        (2_000_000, "the parameter is of another type than the column"),
    ] {
        let lookup = query(vec![equal("customer_id")]);
        let counters = Counters { shared_hit: blocks, ..lookup.counters.clone() };
        let found = run(&snapshot(&[&["customer_id"]]), vec![Query { counters, ..lookup }]);
        assert!(found.rejected.iter().any(|one| one.why.contains(expected)), "{expected}: {:?}", found.rejected);
    }
}

#[test]
fn a_sub_select_is_a_lookup_too() {
    let mut inside = query(vec![
        Predicate { access: Access::Subquery, comparison: Comparison::In, ..equal("customer_id") },
        Predicate { operand: Operand { table_use: 1, table_oid: CUSTOMER, ..operand("note") }, ..equal("note") },
    ]);
    inside.tables.push(TableUse { table_oid: Some(CUSTOMER), depth: 1, ..TableUse::default() });
    let advised = advised(&snapshot(&[]), vec![inside]);
    assert!(advised.contains(&"USING btree (customer_id)".to_owned()), "{advised:?}");
}

#[test]
fn the_advice_does_not_depend_on_the_order_of_anything_but_the_workload() {
    let queries = || {
        vec![
            query(vec![equal("note")]),
            query(vec![equal("customer_id")]),
            ordered(&[("created_at", true)], Vec::new()),
        ]
    };
    assert_eq!(run(&snapshot(&[]), queries()), run(&snapshot(&[]), queries()));
}
