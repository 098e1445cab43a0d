//! The facts: everything that an audit knows, as tables of an in-memory SQLite database.
//!
//! `tables.sql` is the contract; rules and `pgassay query` ask in SQL. Once loaded,
//! the database is read-only: what is asked must be one SELECT, it may not write, and
//! it is stopped when it runs away.

mod availability;
mod documentation;
mod error;
mod load;
mod lookup;
mod nearest;
mod sql;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions, Executor, Row, SqlSafeStr, Statement, TypeInfo, ValueRef,
};

use crate::advisor::Recommendations;
use crate::analysis::Analyses;
use crate::snapshot::Snapshot;
use crate::workload::Workload;

pub use availability::{Availability, Hidden};
pub use documentation::{FactColumn, FactTable, documentation, tables};
pub use error::FactsError;
pub(crate) use error::find_word;
pub use nearest::nearest;

/// The tables, as SQL.
const TABLES: &str = include_str!("tables.sql");

/// Their indexes, made once they are filled.
const INDEXES: &str = include_str!("indexes.sql");

/// SQLite counts the steps of its machine; the handler is asked once in so many.
const STEPS_A_CALL: i32 = 100_000;

/// A query is stopped after this many calls: some seconds, where a rule needs milliseconds.
const CALLS_A_QUERY: u32 = 3_000;

/// What the facts are made of.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Its statements.
    pub workload: &'a Workload,
    /// What the analyses found in them.
    pub analyses: &'a Analyses,
    /// What the advisor proposes.
    pub recommendations: &'a Recommendations,
}

/// A value that SQL names as `:name`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// A whole number; true and false are 1 and 0.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
}

/// What a query returned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, a value for each column.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// The fact tables, loaded.
#[derive(Debug)]
pub struct Facts {
    connection: SqliteConnection,
    calls: Arc<AtomicU32>,
    availability: Availability,
}

impl Facts {
    /// Makes the tables and fills them; from then on nothing can change them.
    pub async fn load(input: &Input<'_>) -> Result<Self, FactsError> {
        let mut connection = SqliteConnectOptions::new().in_memory(true).disable_statement_logging().connect().await?;
        sqlx::raw_sql(TABLES).execute(&mut connection).await?;
        load::write(&mut connection, load::rows(input)).await?;
        sqlx::raw_sql(INDEXES).execute(&mut connection).await?;
        // the planner of SQLite knows the sizes of the tables by this
        sqlx::raw_sql("ANALYZE; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF").execute(&mut connection).await?;
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(STEPS_A_CALL, move || counted.fetch_add(1, Ordering::Relaxed) < CALLS_A_QUERY);
        Ok(Self { connection, calls, availability: Availability::of(input.snapshot, input.analyses.log) })
    }

    /// The tables without a row: what rules are checked against when they are loaded.
    pub async fn empty() -> Result<Self, FactsError> {
        let (snapshot, workload, analyses, recommendations) =
            (Snapshot::default(), Workload::default(), Analyses::default(), Recommendations::default());
        let input =
            Input { snapshot: &snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
        Self::load(&input).await
    }

    /// Runs one SELECT; `:name` stands for a parameter.
    pub async fn query(&mut self, sql: &str, parameters: &BTreeMap<String, Parameter>) -> Result<Answer, FactsError> {
        let checked = sql::check(sql)?;
        let mut arguments = SqliteArguments::default();
        for name in &checked.parameters {
            let value = parameters.get(name).ok_or_else(|| error::parameter(sql, name, parameters.keys()))?;
            bind(&mut arguments, value).map_err(FactsError::Database)?;
        }
        self.calls.store(0, Ordering::Relaxed);
        let columns = self.columns(&checked.text).await.map_err(|cause| error::of_sql(sql, cause))?;
        let query = sqlx::query_with(AssertSqlSafe(checked.text), arguments);
        let rows = query.fetch_all(&mut self.connection).await.map_err(|cause| error::of_sql(sql, cause))?;
        let rows = rows.iter().map(values).collect::<Result<_, _>>()?;
        Ok(Answer { columns, rows })
    }

    /// Checks a SELECT without running it: its columns, and the parameters that it names.
    pub async fn describe(&mut self, sql: &str) -> Result<(Vec<String>, Vec<String>), FactsError> {
        let checked = sql::check(sql)?;
        let columns = self.columns(&checked.text).await.map_err(|cause| error::of_sql(sql, cause))?;
        Ok((columns, checked.parameters))
    }

    /// What the snapshot could and could not tell.
    pub fn availability(&self) -> &Availability {
        &self.availability
    }

    async fn columns(&mut self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        let statement = self.connection.prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await?;
        Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
    }
}

fn bind(arguments: &mut SqliteArguments, value: &Parameter) -> Result<(), sqlx::Error> {
    let bound = match value {
        Parameter::Integer(number) => arguments.add(*number),
        Parameter::Real(number) => arguments.add(*number),
        Parameter::Text(text) => arguments.add(text.clone()),
    };
    bound.map_err(sqlx::Error::Encode)
}

fn values(row: &SqliteRow) -> Result<Vec<serde_json::Value>, FactsError> {
    (0..row.len()).map(|position| Ok(value(row, position)?)).collect()
}

fn value(row: &SqliteRow, position: usize) -> Result<serde_json::Value, sqlx::Error> {
    let raw = row.try_get_raw(position)?;
    if raw.is_null() {
        return Ok(serde_json::Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => row.try_get_unchecked::<i64, _>(position)?.into(),
        "REAL" => row.try_get_unchecked::<f64, _>(position)?.into(),
        "TEXT" => row.try_get_unchecked::<String, _>(position)?.into(),
        _ => format!("{} bytes", row.try_get_unchecked::<Vec<u8>, _>(position)?.len()).into(),
    })
}
