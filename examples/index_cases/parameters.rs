//! Values for `$n`: typical ones of the column that it is compared with.

use sqlx::PgConnection;

use crate::prepare::{execute, texts};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A statement that can be run.
pub struct Prepared {
    /// Its id in `pg_stat_statements`; `None` for a utility statement or one that this server refuses.
    pub queryid: Option<i64>,
    /// What to run, in turn.
    pub executions: Vec<String>,
}

/// Different sets of values for a statement with parameters.
const SETS: usize = 3;

/// Prepares a statement, and asks the server for its id.
pub async fn prepare(connection: &mut PgConnection, position: usize, query: &str) -> Result<Prepared> {
    let name = format!("pgassay_case_{position}");
    if execute(connection, &format!("PREPARE {name} AS {query}")).await.is_err() {
        return Ok(Prepared { queryid: None, executions: vec![query.to_owned()] });
    }
    let types = format!("SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = '{name}'");
    let types = texts(connection, &types).await?;
    if types.is_empty() {
        return Ok(Prepared { queryid: queryid(connection, query).await, executions: vec![query.to_owned()] });
    }
    let mut executions = Vec::new();
    for set in 0..SETS {
        let mut values = Vec::new();
        for (place, type_name) in types.iter().enumerate() {
            values.push(value(connection, query, place + 1, type_name, set).await);
        }
        executions.push(format!("EXECUTE {name}({})", values.join(", ")));
    }
    Ok(Prepared { queryid: queryid(connection, &executions[0]).await, executions })
}

/// The text without the `PREPARE … AS` that it was run with.
pub fn without_prepare(text: &str) -> &str {
    let rest = text.strip_prefix("PREPARE pgassay_case_").and_then(|rest| rest.split_once(" AS "));
    rest.map_or(text, |(_, text)| text)
}

async fn queryid(connection: &mut PgConnection, sql: &str) -> Option<i64> {
    let plan = texts(connection, &format!("EXPLAIN (VERBOSE, COSTS OFF) {sql}")).await.ok()?;
    plan.iter().find_map(|line| line.strip_prefix("Query Identifier: ")?.trim().parse().ok())
}

/// A value of the column that stands before the parameter, from a row of its table: any row, but the same on every run.
async fn value(connection: &mut PgConnection, query: &str, place: usize, type_name: &str, set: usize) -> String {
    let plain = type_name.trim_end_matches("[]");
    let found = match compared(query, place) {
        Some((column, _)) => sample(connection, query, &column, set).await,
        None => None,
    };
    let like = compared(query, place).is_some_and(|(_, operator)| operator.to_lowercase().ends_with("like"));
    let value = match found {
        Some(value) if like => format!("%{}%", value.chars().skip(2).take(5).collect::<String>()),
        Some(value) => value,
        None => default(plain).to_owned(),
    };
    let quoted = format!("'{}'", value.replace('\'', "''"));
    if type_name.ends_with("[]") { format!("ARRAY[{quoted}::{plain}]") } else { format!("{quoted}::{plain}") }
}

async fn sample(connection: &mut PgConnection, query: &str, column: &str, set: usize) -> Option<String> {
    // `author.id` is the id of authors: the table of that name before any other that has such a column
    let (qualifier, column) = column.rsplit_once('.').unwrap_or(("", column));
    let owners = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attname = '{column}' AND c.relkind IN ('r', 'p') \
         AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND position(c.relname in '{}') > 0 \
         ORDER BY c.relname <> '{}', c.oid",
        query.replace('\'', "''"),
        qualifier.trim_matches('"').replace('\'', "''")
    );
    let table = texts(connection, &owners).await.ok()?.into_iter().next()?;
    let one = format!(
        "SELECT {column}::text FROM {table} WHERE {column} IS NOT NULL ORDER BY md5({column}::text) LIMIT 1 OFFSET {set}"
    );
    texts(connection, &one).await.ok()?.into_iter().next()
}

/// The column and the operator before `$place`: of `status IN ($2, $3)` the column for both.
fn compared(query: &str, place: usize) -> Option<(String, String)> {
    let at = query.find(&format!("${place}"))?;
    let mut words: Vec<&str> = query[..at]
        .split(|one: char| one.is_whitespace() || "(),".contains(one))
        .filter(|one| !one.is_empty())
        .collect();
    while words.last().is_some_and(|word| word.starts_with('$') || word.eq_ignore_ascii_case("any")) {
        words.pop();
    }
    let operator = words.pop()?;
    let column = words.pop()?;
    Some((column.to_owned(), operator.to_owned()))
}

fn default(type_name: &str) -> &'static str {
    match type_name {
        "boolean" => "true",
        "text" | "character varying" | "character" => "a",
        "uuid" => "00000000-0000-0000-0000-000000000001",
        "json" | "jsonb" => "{}",
        "date" | "timestamp without time zone" | "timestamp with time zone" => "2026-01-01",
        "interval" => "1 day",
        "inet" => "10.0.0.1",
        _ => "1",
    }
}
