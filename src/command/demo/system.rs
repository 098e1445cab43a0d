//! The systems that travel inside the program: schema, data, keys, traffic.

use include_dir::{Dir, include_dir};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::traffic::Traffic;

static CPL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/cpl");

/// Packing lists with prices and votes, by Django.
pub const NAME: &str = "cpl";

/// Makes tables, rows, keys and statistics, and sets every counter to zero.
pub async fn load(connection: &mut PgConnection, scale: f64) -> Result<(), sqlx::Error> {
    execute(connection, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await?;
    execute(connection, text("schema.sql")).await?;
    execute(connection, &text("data.sql").replace("{{scale}}", &scale.to_string())).await?;
    execute(connection, text("keys.sql")).await?;
    execute(connection, "VACUUM ANALYZE").await?;
    reset(connection).await
}

/// Counters of statements and tables from zero.
pub async fn reset(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    execute(connection, "SELECT pg_stat_reset()").await?;
    execute(connection, "SELECT pg_stat_statements_reset()").await
}

/// What the application asks.
pub fn traffic() -> Result<Traffic, toml::de::Error> {
    Traffic::parse(text("traffic.toml"))
}

/// A file of the system; the files are there since compilation.
fn text(name: &str) -> &'static str {
    CPL.get_file(name).and_then(|file| file.contents_utf8()).unwrap_or_default()
}

async fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
