//! Filling the fact tables: each area turns the stages' values into rows, and one
//! place writes them.
//!
//! Hundreds of rows go to a statement, which is prepared once a table: one at a time,
//! the way to SQLite's thread and back would take most of the time.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

use super::{Input, lookup::Lookup};

mod analysis;
mod cluster;
mod column;
mod foreign_key;
mod index;
mod padding;
mod partition;
mod policy;
mod predicate;
mod redundancy;
mod room;
mod schema;
mod sequence;
mod server;
mod session;
mod slowness;
mod statement;
mod support;
mod table;
mod traits;

/// Values that one INSERT takes; SQLite allows 32,766, but long statements are slow to prepare.
const VALUES_A_STATEMENT: usize = 4_000;

/// Rows for one fact table.
#[derive(Debug)]
pub(super) struct Rows {
    table: &'static str,
    columns: Vec<&'static str>,
    values: Vec<Vec<Value>>,
}

impl Rows {
    fn of(table: &'static str) -> Self {
        Self { table, columns: Vec::new(), values: Vec::new() }
    }

    fn push(&mut self, cells: Cells) {
        if self.columns.is_empty() {
            self.columns = cells.iter().map(|(column, _)| *column).collect();
        }
        self.values.push(cells.into_iter().map(|(_, value)| value).collect());
    }

    fn insert_statement(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        format!("INSERT INTO {} ({}) VALUES {}", self.table, self.columns.join(", "), vec![row; rows].join(", "))
    }
}

/// Columns with their values, every row of a table in the same order.
type Cells = Vec<(&'static str, Value)>;

/// `cells!({ column: value, … })`, columns named as in tables.sql.
macro_rules! cells {
    ({ $($column:ident: $value:expr),+ $(,)? }) => {
        vec![$((stringify!($column), serde_json::Value::from($value))),+]
    };
}

/// Adds a row to `rows`: `row!(rows, { column: value, … })`.
macro_rules! row {
    ($rows:expr, $cells:tt) => {
        $rows.push($crate::facts::load::cells!($cells))
    };
}
use {cells, row};

/// Everything that an audit knows, in the order of tables.sql.
pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    let lookup = Lookup::of(input.snapshot);
    let mut all = server::rows(input);
    all.push(table::rows(&lookup));
    all.push(column::rows(&lookup));
    all.extend(index::rows(&lookup));
    all.push(redundancy::rows(&lookup));
    all.extend(foreign_key::rows(&lookup));
    all.extend(schema::rows(&lookup));
    all.extend(sequence::rows(&lookup));
    all.extend(statement::rows(input));
    all.extend(predicate::rows(input, &lookup));
    all.extend(traits::rows(input));
    all.extend(analysis::rows(input));
    all.extend(slowness::rows(input));
    all.extend(session::rows(input.snapshot));
    all.push(policy::rows(input.snapshot));
    all.extend(cluster::rows(input.snapshot));
    all
}

/// Writes all rows in one transaction.
pub(super) async fn write(connection: &mut SqliteConnection, all: Vec<Rows>) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    for rows in all.into_iter().filter(|rows| !rows.values.is_empty()) {
        let together = VALUES_A_STATEMENT / rows.columns.len();
        for chunk in rows.values.chunks(together) {
            let insert = AssertSqlSafe(rows.insert_statement(chunk.len()));
            sqlx::query_with(insert, arguments(chunk)?).execute(&mut *connection).await?;
        }
    }
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(())
}

fn arguments(rows: &[Vec<Value>]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in rows.iter().flatten() {
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Bool(yes) => arguments.add(i64::from(*yes)),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => arguments.add(whole),
                None => arguments.add(number.as_f64()),
            },
            Value::String(text) => arguments.add(text.clone()),
            Value::Array(_) | Value::Object(_) => arguments.add(value.to_string()),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// Names without repetition, joined as a list.
fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    names.join(", ")
}

/// Names, each quoted where SQL needs it, joined as a list.
fn joined_quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| crate::ident::quoted(name)).collect();
    names.join(", ")
}

/// Whether two lists name the same things, in whatever order.
fn same_names<'a>(one: impl IntoIterator<Item = &'a str>, other: impl IntoIterator<Item = &'a str>) -> bool {
    one.into_iter().collect::<BTreeSet<_>>() == other.into_iter().collect::<BTreeSet<_>>()
}
