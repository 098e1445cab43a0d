//! The schemas of the data, loaded into a real server and read as an audit reads them.

use std::collections::BTreeMap;
use std::path::Path;

use pgassay::server::scratch::{Binaries, Scratch};
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::snapshot::Snapshot;
use pgassay::source::live;
use serde::Deserialize;
use sqlx::AssertSqlSafe;

use crate::capture::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One line of `<database>.stats.json`.
#[derive(Debug, Deserialize)]
struct Stats {
    table: String,
    reltuples: f64,
    relpages: i32,
}

/// A snapshot of each `schema/*.sql`, by name of the database.
pub async fn read(directory: &Path, binaries: &Binaries) -> Result<BTreeMap<String, Snapshot>> {
    let server = Scratch::start(binaries, &["shared_preload_libraries=pg_stat_statements"])?;
    let mut catalogs = BTreeMap::new();
    for entry in std::fs::read_dir(directory.join("schema"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a schema without a name")?.to_owned();
            let snapshot = load(&server, &path, &name).await.map_err(|error| format!("{}: {error}", path.display()))?;
            catalogs.insert(name, snapshot);
        }
    }
    Ok(catalogs)
}

async fn load(server: &Scratch, schema: &Path, database: &str) -> Result<Snapshot> {
    let mut admin = server.connect("postgres").await?;
    run(&mut admin, &format!("CREATE DATABASE {database}")).await?;
    let mut connection = server.connect(database).await?;
    // what begins with a backslash is for psql alone
    let text = std::fs::read_to_string(schema)?;
    let sql: Vec<&str> = text.lines().filter(|line| !line.starts_with('\\')).collect();
    run(&mut connection, &sql.join("\n")).await?;
    for one in json::<Vec<Stats>>(&schema.with_extension("stats.json"))? {
        let sql =
            "UPDATE pg_class SET reltuples = $1, relpages = $2 WHERE oid = to_regclass(format('public.%I', $3::text))";
        sqlx::query(sql).bind(one.reltuples as f32).bind(one.relpages).bind(one.table).execute(&mut connection).await?;
    }
    let environment = Environment::of_this_process();
    let target = Target::resolve(Some(&server.url(database)), &TargetOptions::default(), &environment)?;
    Ok(live::read(&mut Session::open(&target).await?, &live::ReadOptions::default()).await?)
}

async fn run(connection: &mut sqlx::PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}
