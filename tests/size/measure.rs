//! An index really built, beside what was estimated before it was.

use std::fmt;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Index, Snapshot};
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::size::{Asked, Shape, estimate, height};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::support;

/// One index: what it is, what it was thought to be.
pub struct Measured {
    definition: String,
    blocks: u64,
    by_statistics: u64,
    with_help: u64,
    /// Real height of a B-tree.
    pub height: Option<u32>,
    estimated_height: u32,
    /// The estimate says that it is rough.
    pub rough: bool,
    /// It was there before its rows, and so has grown: only its height is estimated.
    pub grown: bool,
}

impl Measured {
    /// Estimated over real size, by statistics alone.
    pub fn alone(&self) -> f64 {
        self.by_statistics as f64 / self.blocks as f64
    }

    /// The same when the planner was asked for joint distinct values and the rows under a predicate.
    pub fn helped(&self) -> f64 {
        self.with_help as f64 / self.blocks as f64
    }

    /// By the real number of blocks.
    pub fn height_is_right(&self) -> bool {
        self.height == Some(self.estimated_height)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = if self.height.is_some() && !self.height_is_right() { "  HEIGHT" } else { "" };
        let (alone, helped) = (self.alone(), self.helped());
        let height = self.height.map_or_else(|| "-".to_owned(), |height| format!("{}/{height}", self.estimated_height));
        write!(f, "{alone:7.3} {helped:7.3} {:7} {height:>4} {}{wrong}", self.blocks, self.definition)
    }
}

/// Builds the schema and its indexes on a server of this version.
pub async fn measured(major: u32, database: &str, schema: &str, indexes: &str) -> Vec<Measured> {
    let server = support::server(major);
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, &format!("CREATE DATABASE {database}")).await;
    let mut connection = server.connect(database).await.expect("a connection");
    for statement in schema.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        support::run(&mut connection, statement).await;
    }
    let before = snapshot(&server, database).await;
    // these indexes come long after their tables, and a server that lives has given OIDs away in between
    support::run(&mut connection, "SELECT lo_create(0) FROM generate_series(1, 500)").await;
    support::run(&mut connection, indexes).await;
    let after = snapshot(&server, database).await;
    support::run(&mut connection, "CREATE EXTENSION pageinspect").await;
    let mut all = Vec::new();
    for index in after.indexes.iter().filter(|index| !index.partitioned) {
        all.push(one(&mut connection, &before, index).await);
    }
    all
}

async fn snapshot(server: &Scratch, database: &str) -> Snapshot {
    let mut session = support::connecting::session(server, database).await;
    live::read(&mut session, &ReadOptions { schema_only: true, ..ReadOptions::default() }).await.expect("a snapshot")
}

async fn one(connection: &mut PgConnection, before: &Snapshot, index: &Index) -> Measured {
    let shape = Shape::of_index(before, index).expect("a shape");
    let blocks = index.blocks.expect("blocks");
    let helped = helped(connection, before, index, &shape).await;
    let name = format!("{}.{}", index.schema, index.name);
    let tree = index.method == "btree";
    let level = format!("SELECT level::int8 FROM bt_metap('{name}')");
    let height = if tree { Some(number(connection, &level).await as u32) } else { None };
    let by_statistics = estimate(&shape);
    Measured {
        definition: index.definition.split(" ON ").nth(1).unwrap_or_default().to_owned(),
        blocks,
        by_statistics: by_statistics.blocks,
        with_help: estimate(&helped).blocks,
        height,
        estimated_height: self::height(blocks, &shape),
        rough: by_statistics.rough,
        grown: before.indexes.iter().any(|one| one.name == index.name),
    }
}

/// As a lab does it: the planner's own estimates, and what the metapage says.
async fn helped(connection: &mut PgConnection, before: &Snapshot, index: &Index, shape: &Shape) -> Shape {
    let table = before.table(index.table_oid).expect("a table");
    let from = format!("FROM {}.{}", table.schema, table.name);
    let condition = index.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}")).unwrap_or_default();
    let mut asked = Asked::default();
    if !condition.is_empty() {
        asked.entries = Some(planned_rows(connection, &format!("SELECT 1 {from}{condition}")).await);
    }
    if index.method != "btree" {
        return Shape { entries: asked.entries.unwrap_or(shape.entries), ..shape.clone() };
    }
    let keys: Vec<&str> =
        index.keys.iter().map(|key| key.column.as_deref().or(key.expression.as_deref()).expect("a key")).collect();
    for count in 1..=keys.len() {
        let keys = keys[..count].join(", ");
        asked
            .distinct
            .push(planned_rows(connection, &format!("SELECT {keys} {from}{condition} GROUP BY {keys}")).await);
    }
    let page = format!("SELECT get_byte(get_raw_page('{}.{}', 0), 64)::int8", index.schema, index.name);
    asked.deduplicates = Some(number(connection, &page).await == 1);
    Shape::of_index_asked(before, index, &asked).expect("a shape")
}

async fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await;
    row.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
}

async fn planned_rows(connection: &mut PgConnection, sql: &str) -> f64 {
    let explain = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) {sql}"));
    let row = sqlx::raw_sql(explain).fetch_one(connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let plan: serde_json::Value = row.get(0);
    plan[0]["Plan"]["Plan Rows"].as_f64().expect("rows")
}
