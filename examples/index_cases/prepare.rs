//! A case on a real server: its database, its statements run, its snapshot.

use std::collections::BTreeMap;

use pgassay::server::scratch::{Binaries, Scratch};
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::snapshot::{Snapshot, Statement, StatementsState};
use pgassay::source::live;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::case::{Case, Stats};
use crate::parameters::{self, Prepared};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Executions of each statement.
const TIMES: u32 = 5;

/// The counters count every execution for so many: a database is judged by hours of its traffic, not by a few calls.
const WEIGHT: u64 = 200;

/// How long that traffic takes, seconds.
const WINDOW_S: f64 = 3_600.0;

/// A server, and a template database for each schema that several cases share.
pub struct Bench {
    server: Scratch,
    templates: BTreeMap<String, String>,
    made: usize,
}

/// A case that is ready to be judged.
pub struct Ready {
    /// Its database, still there.
    pub database: String,
    /// What an audit would have read.
    pub snapshot: Snapshot,
}

impl Bench {
    /// Starts the server.
    pub fn start(binaries: &Binaries) -> Result<Self> {
        let settings = ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"];
        let more = ["compute_query_id=on", "shared_buffers=256MB", "max_locks_per_transaction=256"];
        let server = Scratch::start(binaries, &[&settings[..], &more[..]].concat())?;
        Ok(Self { server, templates: BTreeMap::new(), made: 0 })
    }

    /// A connection that may write.
    pub async fn connect(&self, database: &str) -> Result<PgConnection> {
        Ok(self.server.connect(database).await?)
    }

    /// Fills a database, runs the statements, reads the snapshot. The texts are those of `pg_stat_statements`, or with
    /// `literals` those of the file, as a log has them.
    pub async fn prepare(&mut self, case: &Case, literals: bool) -> Result<Ready> {
        let database = self.database(&case.setup_sql).await?;
        let mut connection = self.connect(&database).await?;
        let prepared = run(&mut connection, &case.queries).await?;
        connection.close().await?;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let mut snapshot = self.snapshot(&database).await?;
        snapshot.statements.entries = statements(case, &prepared, &snapshot, literals);
        snapshot.statements.state = StatementsState::Read;
        hours_of_traffic(&mut snapshot);
        if let Some(stats) = &case.stats {
            apply(stats, &mut snapshot);
        }
        Ok(Ready { database, snapshot })
    }

    /// Drops it.
    pub async fn finish(&self, ready: &Ready) -> Result<()> {
        let mut admin = self.connect("postgres").await?;
        execute(&mut admin, &format!("DROP DATABASE {} WITH (FORCE)", ready.database)).await
    }

    async fn database(&mut self, setup: &str) -> Result<String> {
        self.made += 1;
        let (name, mut admin) = (format!("case_{}", self.made), self.connect("postgres").await?);
        if !self.templates.contains_key(setup) {
            let template = format!("template_{}", self.made);
            execute(&mut admin, &format!("CREATE DATABASE {template}")).await?;
            let mut connection = self.connect(&template).await?;
            execute(&mut connection, "CREATE EXTENSION pg_stat_statements").await?;
            execute(&mut connection, setup).await?;
            connection.close().await?;
            self.templates.insert(setup.to_owned(), template);
        }
        execute(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {}", self.templates[setup])).await?;
        Ok(name)
    }

    async fn snapshot(&self, database: &str) -> Result<Snapshot> {
        let environment = Environment::of_this_process();
        let target = Target::resolve(Some(&self.server.url(database)), &TargetOptions::default(), &environment)?;
        Ok(live::read(&mut Session::open(&target).await?, &crate::read_options()).await?)
    }
}

/// Runs every statement a few times, each time rolled back, and says which entry is whose.
async fn run(connection: &mut PgConnection, queries: &[String]) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::new();
    for (position, query) in queries.iter().enumerate() {
        prepared.push(parameters::prepare(connection, position, query).await?);
    }
    execute(connection, "SELECT pg_stat_statements_reset()").await?;
    for one in &prepared {
        for round in 0..TIMES as usize {
            let Some(sql) = one.executions.get(round % one.executions.len().max(1)) else { break };
            let sql = format!("BEGIN; {sql}; ROLLBACK");
            if execute(connection, &sql).await.is_err() {
                // what does not run is still a text that an audit meets
                execute(connection, "ROLLBACK").await?;
            }
        }
    }
    Ok(prepared)
}

/// The entries of the case's statements, and no others: `BEGIN` and the like say nothing.
fn statements(case: &Case, prepared: &[Prepared], snapshot: &Snapshot, literals: bool) -> Vec<Statement> {
    let read = &snapshot.statements.entries;
    let of = |(query, one): (&String, &Prepared)| {
        let known = read.iter().find(|entry| entry.queryid.is_some() && entry.queryid == one.queryid);
        let sharing = prepared.iter().filter(|other| other.queryid == one.queryid).count().max(1) as u64;
        let mut entry = known.map_or_else(unmeasured, |entry| shared_by(entry, sharing));
        let server_text = entry.text.as_deref().map(|text| parameters::without_prepare(text).to_owned());
        entry.text = server_text.filter(|_| !literals).or_else(|| Some(query.clone()));
        entry
    };
    case.queries.iter().zip(prepared).map(of).collect()
}

/// Two texts of the file that the server takes for one statement share its counters.
fn shared_by(entry: &Statement, sharing: u64) -> Statement {
    let mut shared = entry.clone();
    scale(&mut shared, 1.0 / sharing as f64);
    shared.calls = shared.calls.max(1);
    shared
}

/// A statement that this server cannot run still has counters where it came from.
fn unmeasured() -> Statement {
    let (calls, mean) = (u64::from(TIMES), 1.0);
    Statement {
        calls,
        rows: calls,
        toplevel: true,
        user: Some("postgres".to_owned()),
        mean_exec_time: mean,
        min_exec_time: mean,
        max_exec_time: mean,
        total_exec_time: mean * calls as f64,
        ..Statement::default()
    }
}

/// Everything that adds up over executions.
fn scale(entry: &mut Statement, by: f64) {
    entry.total_exec_time *= by;
    for counter in [
        &mut entry.calls,
        &mut entry.rows,
        &mut entry.shared_blks_hit,
        &mut entry.shared_blks_read,
        &mut entry.shared_blks_dirtied,
        &mut entry.shared_blks_written,
        &mut entry.temp_blks_read,
        &mut entry.temp_blks_written,
        &mut entry.wal_records,
        &mut entry.wal_bytes,
    ] {
        *counter = (*counter as f64 * by).round() as u64;
    }
}

fn hours_of_traffic(snapshot: &mut Snapshot) {
    for entry in &mut snapshot.statements.entries {
        scale(entry, WEIGHT as f64);
    }
    for table in &mut snapshot.tables {
        let usage = &mut table.usage;
        for counter in [&mut usage.n_tup_ins, &mut usage.n_tup_upd, &mut usage.n_tup_del, &mut usage.n_tup_hot_upd] {
            *counter *= WEIGHT;
        }
    }
    snapshot.statements.stats_reset = Some(snapshot.taken_at - WINDOW_S);
    snapshot.evidence.database_stats_age_s = snapshot.evidence.database_stats_age_s.max(WINDOW_S);
}

fn apply(stats: &Stats, snapshot: &mut Snapshot) {
    for entry in &mut snapshot.statements.entries {
        scale(entry, stats.calls.unwrap_or(entry.calls) as f64 / entry.calls.max(1) as f64);
        entry.rows = stats.rows.unwrap_or(entry.rows);
        entry.mean_exec_time = stats.mean_exec_time_ms.unwrap_or(entry.mean_exec_time);
        (entry.min_exec_time, entry.max_exec_time) = (entry.mean_exec_time, entry.mean_exec_time);
        entry.total_exec_time = entry.mean_exec_time * entry.calls as f64;
        let writes = stats.table_writes_per_call.unwrap_or(0) * entry.calls;
        // an entry whose text is lost names no table
        let Some(text) = &entry.text else { continue };
        for table in snapshot.tables.iter_mut().filter(|table| text.contains(&table.name)) {
            table.usage.n_tup_ins += writes;
        }
    }
}

/// Runs SQL, several statements at once.
pub async fn execute(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}

/// The first column of every row, as text.
pub async fn texts(connection: &mut PgConnection, sql: &str) -> Result<Vec<String>> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get::<Option<String>, _>(0)).filter_map(|one| one.ok().flatten()).collect())
}
