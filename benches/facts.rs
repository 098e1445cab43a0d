//! How long the fact tables of a large server take: 10,000 tables, 20,000 statements, every built-in rule.
//!
//! `cargo bench --bench facts`

use std::time::Instant;

use pgassay::advisor::Recommendations;
use pgassay::analysis::Analyses;
use pgassay::facts::{Facts, Input};
use pgassay::rule::{self, Catalogue, Overrides};
use pgassay::snapshot::{Column, Index, IndexKey, Snapshot, StatementsState, Table};
use pgassay::workload::{Comparison, Counters, Operand, Predicate, Query, TableUse, Workload};

const TABLES: u32 = 10_000;
const STATEMENTS: u32 = 20_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (snapshot, workload) = (snapshot(), workload());
    let (analyses, recommendations) = (Analyses::run(&snapshot, &workload, None), Recommendations::default());
    let input =
        Input { snapshot: &snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let began = Instant::now();
    let mut facts = Facts::load(&input).await?;
    println!("facts of {TABLES} tables and {STATEMENTS} statements: {:.2} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let evaluated = rule::run(&Catalogue::builtin()?, &mut facts, &Overrides::default()).await?;
    println!("{} rules over them: {:.2} s", evaluated.len(), began.elapsed().as_secs_f64());
    Ok(())
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.evidence.track_counts = true;
    snapshot.statements.state = StatementsState::Read;
    for oid in 1..=TABLES {
        snapshot.tables.push(table(oid));
        snapshot.columns.extend((0..10).map(|number| column(oid, number)));
        snapshot.indexes.extend((0..3).map(|number| index(oid, number)));
    }
    snapshot
}

fn table(oid: u32) -> Table {
    let (schema, name) = ("public".to_owned(), format!("t{oid}"));
    Table { oid, schema, name, rows: Some(50_000.0), persistence: "p".to_owned(), selectable: true, ..Table::default() }
}

fn column(table_oid: u32, number: i16) -> Column {
    Column {
        table_oid,
        position: number,
        name: format!("c{number}"),
        base_type: "int4".to_owned(),
        ..Column::default()
    }
}

fn index(table_oid: u32, number: u32) -> Index {
    let key = |position: u32| IndexKey { column: Some(format!("c{position}")), ..IndexKey::default() };
    Index {
        oid: TABLES + table_oid * 3 + number,
        table_oid,
        schema: "public".to_owned(),
        name: format!("t{table_oid}_{number}"),
        method: "btree".to_owned(),
        keys: vec![key(number), key(number + 1)],
        immediate: true,
        valid: true,
        ready: true,
        live: true,
        ..Index::default()
    }
}

fn workload() -> Workload {
    Workload { queries: (0..STATEMENTS).map(query).collect(), ..Workload::default() }
}

fn query(number: u32) -> Query {
    let oid = 1 + number % TABLES;
    let operand = Operand { table_oid: oid, column: "c5".to_owned(), ..Operand::default() };
    Query {
        fingerprint: format!("{number:016x}"),
        text: format!("SELECT t{oid}.c1, t{oid}.c2, t{oid}.c3 FROM t{oid} WHERE t{oid}.c5 = $1 AND t{oid}.c6 > $2"),
        toplevel: true,
        counters: Counters { entries: 1, calls: 1_000, rows: 5_000, total_ms: 50.0, ..Counters::default() },
        tables: vec![TableUse { table_oid: Some(oid), written: format!("t{oid}"), ..TableUse::default() }],
        predicates: [Comparison::Equal, Comparison::Range].map(|comparison| predicate(&operand, comparison)).to_vec(),
        ..Query::default()
    }
}

fn predicate(operand: &Operand, comparison: Comparison) -> Predicate {
    Predicate { operand: operand.clone(), comparison, conjunct: true, ..Predicate::default() }
}
