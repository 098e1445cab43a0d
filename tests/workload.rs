//! Real texts over real schemas: what is parsed, what is bound, and that expressions are written as the server writes them.

mod support;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Column, Snapshot, Statement, Table, TableKind, View};
use pgassay::workload::Workload;
use serde::Deserialize;
use sqlx::PgConnection;

const CATALOG: &str = "
SELECT json_build_object(
  'tables', (SELECT json_agg(json_build_array(c.oid::bigint, n.nspname, c.relname, c.relkind)) FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind IN ('r','p','m','f') AND nspname !~ '^(pg_|information)'),
  'columns', (SELECT json_agg(json_build_array(a.attrelid::bigint, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
               b.typname, b.typcategory) ORDER BY a.attrelid, a.attnum) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
               JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
               JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r','p','m','f') AND nspname !~ '^(pg_|information)'),
  'views', (SELECT json_agg(json_build_array(c.oid::bigint, n.nspname, c.relname, (SELECT json_agg(attname ORDER BY attnum)
             FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0), pg_get_viewdef(c.oid))) FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'v' AND nspname !~ '^(pg_|information)'),
  'version', current_setting('server_version_num')::int)::text";

/// OID, schema, name, columns, definition.
type ViewRow = (u32, String, String, Vec<String>, String);

#[derive(Deserialize)]
struct Catalog {
    tables: Vec<(u32, String, String, String)>,
    columns: Vec<(u32, i16, String, String, String, String)>,
    views: Option<Vec<ViewRow>>,
    version: u32,
}

/// A snapshot of the schema, as far as binding needs it.
async fn schema(connection: &mut PgConnection) -> Snapshot {
    support::run(connection, "SET search_path = pg_catalog").await;
    let json: String = sqlx::query_scalar(CATALOG).fetch_one(&mut *connection).await.expect("the catalog");
    support::run(connection, "RESET search_path").await;
    let catalog: Catalog = serde_json::from_str(&json).expect("its JSON");
    let mut snapshot = Snapshot::default();
    snapshot.server.version_num = catalog.version;
    for (oid, schema, name, kind) in catalog.tables {
        let kind = if kind == "p" { TableKind::Partitioned } else { TableKind::Table };
        snapshot.tables.push(Table { oid, schema, name, kind, ..Table::default() });
    }
    for (table_oid, position, name, type_name, base_type, type_category) in catalog.columns {
        let column = Column { table_oid, position, name, type_name, base_type, type_category, ..Column::default() };
        snapshot.columns.push(column);
    }
    for (oid, schema, name, columns, definition) in catalog.views.unwrap_or_default() {
        snapshot.views.push(View { oid, schema, name, columns, definition, ..View::default() });
    }
    snapshot
}

async fn database(server: &Scratch, name: &str, sql: &str) -> (PgConnection, Snapshot) {
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, &format!("CREATE DATABASE {name}")).await;
    let mut connection = server.connect(name).await.expect("a connection");
    support::run(&mut connection, sql).await;
    let snapshot = schema(&mut connection).await;
    (connection, snapshot)
}

fn with_texts<'t>(mut snapshot: Snapshot, texts: impl Iterator<Item = &'t str>) -> Snapshot {
    snapshot.statements.entries = (1..)
        .zip(texts)
        .map(|(number, text)| Statement {
            text: Some(text.to_owned()),
            queryid: Some(number),
            calls: 1,
            total_exec_time: 1.0,
            ..Statement::default()
        })
        .collect();
    snapshot
}

fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/workload/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The schema that the texts of `lab-15.json` and `lab-18.json` are over.
fn lab_schema() -> String {
    ["schema.sql", "views.sql"].map(|name| fixture(&format!("../lab/app/{name}"))).join("\n")
}

#[derive(Deserialize)]
struct Captured {
    database: String,
    text: String,
}

/// That all of a workload came through; how much that is goes to whoever runs the test.
fn is_whole(what: &str, workload: &Workload) {
    let tables: usize = workload.queries.iter().map(|query| query.tables.len()).sum();
    let bound: usize =
        workload.queries.iter().flat_map(|query| &query.tables).filter(|it| it.table_oid.is_some()).count();
    println!(
        "{what}: {} parsed, {} not; {bound} of {tables} table uses bound; {} predicates, {} joins, {} sort keys",
        workload.queries.len(),
        workload.unparsed.len(),
        workload.queries.iter().map(|query| query.predicates.len()).sum::<usize>(),
        workload.queries.iter().map(|query| query.joins.len()).sum::<usize>(),
        workload.queries.iter().map(|query| query.sorts.len()).sum::<usize>(),
    );
    for lost in &workload.unparsed {
        println!("  {}: {}", lost.why, lost.text);
    }
    assert_eq!(workload.unparsed.len(), 0, "{what}");
    assert_eq!(workload.unknown_tables.len(), 0, "{what}: {:?}", workload.unknown_tables);
    assert_eq!(bound, tables, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_of_applications_and_orms_is_parsed_and_bound() {
    let server = support::server(15);
    let (_connection, lab) = database(&server, "lab", &lab_schema()).await;
    for major in [15, 18] {
        let texts: Vec<String> = serde_json::from_str(&fixture(&format!("lab-{major}.json"))).expect("texts");
        let workload = Workload::build(&with_texts(lab.clone(), texts.iter().map(String::as_str)));
        is_whole(&format!("lab, {major}"), &workload);
    }
    let captured: Vec<Captured> = serde_json::from_str(&fixture("orm.json")).expect("texts");
    for name in ["shop", "shop_nofk", "shop_camel"] {
        let (_connection, shop) = database(&server, name, &fixture(&format!("{name}.sql"))).await;
        let texts = captured.iter().filter(|one| one.database == name).map(|one| one.text.as_str());
        let workload = Workload::build(&with_texts(shop, texts));
        is_whole(name, &workload);
    }
}

const TYPED: &str = "
CREATE EXTENSION citext;
CREATE DOMAIN email_address AS text;
CREATE DOMAIN short AS varchar(20);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE typed (id int, big bigint, small smallint, name varchar(200), note text, code char(2), login citext, email email_address,
  tag short, plain varchar, amount numeric(10,2), ratio double precision, at timestamp, seen timestamptz, day date, payload jsonb,
  doc json, tags text[], uid uuid, positive positive, span int4range, \"Mixed Case\" text, \"order\" varchar(10));";

/// Conditions, each with the expression that an index would have; `None` where `PostgreSQL` refuses one.
const EXPRESSIONS: &[(&str, bool)] = &[
    ("upper(name) = $1", true),
    ("UPPER(\"typed\".\"name\"::text) LIKE UPPER($1)", true),
    ("lower(note) = $1", true),
    ("lower(code) = $1", true),
    ("lower(login) = $1", true),
    ("lower(email) = $1", true),
    ("lower(tag) = $1", true),
    ("lower(\"Mixed Case\") = $1", true),
    ("lower(\"order\") = $1", true),
    ("length(name) > $1", true),
    ("length(note) > $1", true),
    ("length(code) > $1", true),
    ("char_length(name) > $1", true),
    ("md5(name) = $1", true),
    ("md5(plain) = $1", true),
    ("reverse(name) = $1", true),
    ("btrim(name) = $1", true),
    ("trim(name) = $1", true),
    ("trim(note) = $1", true),
    ("lower(btrim(name)) = $1", true),
    ("lower(name::text) = $1", true),
    ("lower(note::varchar) = $1", true),
    ("id::text = $1", true),
    ("CAST(big AS text) = $1", true),
    ("amount::int = $1", true),
    ("uid::text = $1", true),
    ("note::int = $1", true),
    ("login::text = $1", true),
    ("code::text = $1", true),
    ("payload::text = $1", true),
    ("at::date = $1", true),
    ("date(at) = $1", true),
    ("day::timestamp = $1", true),
    ("abs(id) = $1", true),
    ("abs(amount) = $1", true),
    ("abs(positive) = $1", true),
    ("floor(amount) = $1", true),
    ("floor(id) = $1", true),
    ("ceil(ratio) = $1", true),
    ("round(amount) = $1", true),
    ("round(id) = $1", true),
    ("upper(span) = $1", true),
    ("cardinality(tags) = $1", true),
    ("jsonb_typeof(payload) = $1", true),
    ("extract(year from at) = $1", true),
    ("extract(dow from day) = $1", true),
    ("- id = $1", true),
    ("id + id = $1", true),
    ("name::varchar(10) = $1", true),
    ("note COLLATE \"C\" = $1", true),
    ("date(seen) = $1", false),
    ("seen::date = $1", false),
    ("extract(year from seen) = $1", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn expressions_are_written_as_the_server_writes_them_and_are_as_immutable_as_it_finds_them() {
    for major in [13, 15, 18] {
        let server = support::server(major);
        let (mut connection, snapshot) = database(&server, "typed", TYPED).await;
        let texts: Vec<String> =
            EXPRESSIONS.iter().map(|(sql, _)| format!("SELECT * FROM typed WHERE {sql}")).collect();
        let workload = Workload::build(&with_texts(snapshot, texts.iter().map(String::as_str)));
        let mut wrong = Vec::new();
        for (text, (condition, indexable)) in texts.iter().zip(EXPRESSIONS) {
            let query = workload.queries.iter().find(|query| query.text == *text).unwrap_or_else(|| panic!("{text}"));
            let found = query.predicates.first().and_then(|predicate| predicate.operand.expression.clone());
            let expression = found.unwrap_or_else(|| panic!("{condition}: no expression"));
            let printed = printed(&mut connection, &expression.sql).await;
            let expected = if *indexable { Some(expression.sql.clone()) } else { None };
            if printed != expected || expression.immutable != *indexable || expression.has_parameter {
                wrong.push(format!("{major}: {condition}: {expression:?}, the server prints {printed:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The key of an index made of the expression, as `pg_get_indexdef` prints it; `None` where the server refuses it.
async fn printed(connection: &mut PgConnection, expression: &str) -> Option<String> {
    let create = format!("CREATE INDEX probe ON typed ({expression})");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut *connection).await.ok()?;
    let definition: String =
        sqlx::query_scalar("SELECT pg_get_indexdef('probe'::regclass)").fetch_one(&mut *connection).await.expect("it");
    support::run(connection, "DROP INDEX probe").await;
    definition.strip_prefix("CREATE INDEX probe ON public.typed USING btree (")?.strip_suffix(')').map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_statements_are_bound_in_seconds() {
    let server = support::server(15);
    let (_connection, lab) = database(&server, "lab", &lab_schema()).await;
    let texts: Vec<String> = serde_json::from_str(&fixture("lab-15.json")).expect("texts");
    // a column more in each copy makes it another statement
    let texts: Vec<String> = (0..SPEED)
        .map(|number| format!("WITH c{number} AS (SELECT 1) {}", texts[number % texts.len()]))
        .filter(|text| !text.contains("WITH RECURSIVE") && !text.contains(") with "))
        .collect();
    let snapshot = with_texts(lab, texts.iter().map(String::as_str));
    let start = std::time::Instant::now();
    let workload = Workload::build(&snapshot);
    println!("{} statements in {:?}", workload.queries.len(), start.elapsed());
    assert!(workload.queries.len() > texts.len() * 9 / 10, "{} of {}", workload.queries.len(), texts.len());
    assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
}

/// Few in a debug build, so that the tests do not wait for it.
const SPEED: usize = if cfg!(debug_assertions) { 4_000 } else { 20_000 };
