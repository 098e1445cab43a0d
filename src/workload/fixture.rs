//! A small catalog for the tests of this module, and a short way to say what was bound.

use crate::snapshot::{Column, Snapshot, Statement, Table, View};

use super::{Operand, Query, Span, Workload};

/// Tables as `schema.name(column type, …)`, with `pg_type` names of types.
const TABLES: &[&str] = &[
    "public.customers(id int8, email text, name varchar, country bpchar, active bool, tags _text, prefs jsonb, created_at timestamptz)",
    "public.orders(id int8, customer_id int8, status text, total numeric, created_at timestamptz, note text, during tstzrange, tsv tsvector)",
    "public.items(order_id int8, line int4, product_id int8, qty int4)",
    "public.products(id int8, sku text, name text, price numeric)",
    "public.Mixed Case(Id int4, select text)",
    "archive.orders(id int8, customer_id int8)",
];

const VIEWS: &[(&str, &str, &str)] = &[
    (
        "open_orders",
        "id,buyer,day",
        "SELECT o.id, o.customer_id, date(o.created_at) FROM public.orders o WHERE o.status = 'open'::text;",
    ),
    ("latest", "id,buyer", " SELECT id, customer_id FROM public.orders ORDER BY created_at DESC LIMIT 10;"),
    (
        "buyers",
        "id,email",
        "SELECT v.id, c.email FROM (public.open_orders v JOIN public.customers c ON (c.id = v.buyer));",
    ),
];

/// The catalog.
pub(super) fn catalog() -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.server.version_num = 150_000;
    for (position, table) in TABLES.iter().enumerate() {
        let oid = 100 + position as u32;
        let (name, columns) = table.trim_end_matches(')').split_once('(').expect("columns");
        let (schema, name) = name.split_once('.').expect("a schema");
        snapshot.tables.push(Table { oid, schema: schema.to_owned(), name: name.to_owned(), ..Table::default() });
        for (number, column) in (1..).zip(columns.split(", ")) {
            let (name, base) = column.split_once(' ').expect("a type");
            snapshot.columns.push(Column {
                table_oid: oid,
                position: number,
                name: name.to_owned(),
                base_type: base.to_owned(),
                type_name: super::bind::shown(base).to_owned(),
                ..Column::default()
            });
        }
    }
    for (position, (name, columns, definition)) in VIEWS.iter().enumerate() {
        snapshot.views.push(View {
            oid: 200 + position as u32,
            schema: "public".to_owned(),
            name: (*name).to_owned(),
            columns: columns.split(',').map(str::to_owned).collect(),
            definition: (*definition).to_owned(),
            ..View::default()
        });
    }
    snapshot
}

/// An entry with one call of one millisecond.
pub(super) fn entry(text: &str) -> Statement {
    Statement {
        text: Some(text.to_owned()),
        user: Some("app".to_owned()),
        toplevel: true,
        calls: 1,
        total_exec_time: 1.0,
        ..Statement::default()
    }
}

/// The workload of these texts over the catalog.
pub(super) fn workload(texts: &[&str]) -> Workload {
    let mut snapshot = catalog();
    snapshot.statements.entries = texts.iter().map(|text| entry(text)).collect();
    Workload::build(&snapshot)
}

/// One text, which must parse.
pub(super) fn query(text: &str) -> Query {
    let mut workload = workload(&[text]);
    assert!(workload.unparsed.is_empty(), "{text}: {:?}", workload.unparsed);
    workload.queries.pop().unwrap_or_else(|| panic!("{text}: no query"))
}

/// `alias.column`, or `alias:expression`.
fn operand(query: &Query, operand: &Operand) -> String {
    let alias = &query.tables[operand.table_use].alias;
    match &operand.expression {
        Some(expression) => format!("{alias}:{}", expression.sql),
        None => format!("{alias}.{}", operand.column),
    }
}

/// Predicates as `o.status Equal Parameter`, with ` or` or ` apart` behind those that are no conjuncts.
pub(super) fn predicates(query: &Query) -> Vec<String> {
    let place = |conjunct: bool, disjunction: Option<usize>| match (conjunct, disjunction) {
        (true, _) => String::new(),
        (false, Some(number)) => format!(" or{number}"),
        (false, None) => " apart".to_owned(),
    };
    let shown = query.predicates.iter().map(|it| {
        let column = operand(query, &it.operand);
        format!("{column} {:?} {:?}{}", it.comparison, it.access, place(it.conjunct, it.disjunction))
    });
    shown.collect()
}

/// Joins as `o.customer_id = c.id`.
pub(super) fn joins(query: &Query) -> Vec<String> {
    let shown = query.joins.iter().map(|it| format!("{} = {}", operand(query, &it.left), operand(query, &it.right)));
    shown.collect()
}

/// Sort keys as `0 o.created_at desc`, with ` limited` where a LIMIT applies.
pub(super) fn sorts(query: &Query) -> Vec<String> {
    let shown = query.sorts.iter().map(|it| {
        let direction = if it.descending { " desc" } else { "" };
        let limited = if it.limited { " limited" } else { "" };
        format!("{} {}{direction}{limited}", it.clause, operand(query, &it.operand))
    });
    shown.collect()
}

/// Table uses as `orders@0`, the number being the depth.
pub(super) fn tables(query: &Query) -> Vec<String> {
    query.tables.iter().map(|it| format!("{}@{}", it.written, it.depth)).collect()
}

/// The text that a span marks.
pub(super) fn marked(query: &Query, span: Option<Span>) -> &str {
    span.map_or("", |span| &query.text[span.start..span.end])
}
