//! The server that the snapshots are of: a system of `fixtures/lab`, loaded, analyzed and then changed.

use std::path::{Path, PathBuf};

use pgassay::server::scratch::{Binaries, Scratch};
use pgassay::snapshot::{Snapshot, Values};
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::lab::{Lab, LabOptions};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::support::{self, connecting, run};

const SORT_IN: &str = "SELECT gin_clean_pending_list(c.oid) FROM pg_class c JOIN pg_am m ON m.oid = c.relam \
    WHERE m.amname = 'gin' AND c.relkind = 'i'";

/// A loaded system.
pub struct Source {
    pub server: Scratch,
    pub binaries: Binaries,
    pub system: &'static str,
    /// Statements with literals.
    pub queries: Vec<String>,
    /// As sessions of the application have it.
    pub search_path: &'static str,
}

impl Source {
    pub async fn load(major: u32, system: &'static str) -> Self {
        let binaries = with_hypopg(major).unwrap_or_else(|| support::binaries(major));
        let settings = ["shared_preload_libraries=pg_stat_statements", "shared_buffers=256MB", "max_wal_size=2GB"];
        let server = Scratch::start(&binaries, &settings).unwrap_or_else(|error| panic!("{error:?}"));
        let search_path = match system {
            "app" => "app, public",
            "freight" => "ops, public",
            "tickets" => "box, public",
            _ => "public",
        };
        let text = |name: &str| {
            let path = directory(system).join(name);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let mut connection = server.connect("postgres").await.expect("a connection");
        for setting in ["random_page_cost = 1.1", "work_mem = '16MB'", "effective_cache_size = '6GB'"] {
            run(&mut connection, &format!("ALTER DATABASE postgres SET {setting}")).await;
        }
        run(&mut connection, &format!("ALTER DATABASE postgres SET search_path = {search_path}")).await;
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        run(&mut connection, &text("schema.sql")).await;
        run(&mut connection, &text("data.sql")).await;
        let further = [("views.sql", 13), ("data-14.sql", 14)];
        for (name, since) in further {
            if major >= since && directory(system).join(name).exists() {
                run(&mut connection, &text(name)).await;
            }
        }
        run(&mut connection, "VACUUM ANALYZE").await;
        run(&mut connection, &text("drift.sql")).await;
        let queries = text("queries.sql").lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
        let source = Self { server, binaries, system, queries, search_path };
        source.run_statements().await;
        source
    }

    /// Every statement once, rolled back: `pg_stat_statements` has its text then.
    async fn run_statements(&self) {
        let mut connection = self.connect().await;
        run(&mut connection, "SET statement_timeout = '20s'").await;
        run(&mut connection, "SELECT pg_stat_statements_reset()").await;
        for query in &self.queries {
            let sql = AssertSqlSafe(format!("BEGIN; {query}; ROLLBACK"));
            if let Err(error) = sqlx::raw_sql(sql).execute(&mut connection).await {
                println!("  {}: {query} was not run: {error}", self.system);
                run(&mut connection, "ROLLBACK").await;
            }
        }
        // what they inserted waits in GIN indexes although it was rolled back; autovacuum would have sorted it in
        run(&mut connection, "SET pg_stat_statements.track = 'none'").await;
        run(&mut connection, SORT_IN).await;
    }

    pub async fn connect(&self) -> PgConnection {
        self.server.connect("postgres").await.expect("a connection")
    }

    pub async fn snapshot(&self, values: Values, end_points: bool) -> Snapshot {
        let mut session = connecting::session(&self.server, "postgres").await;
        let options = ReadOptions { values, end_points, ..ReadOptions::default() };
        live::read(&mut session, &options).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub async fn lab(&self, snapshot: &Snapshot) -> Lab {
        let options = LabOptions { binaries: Some(self.binaries.directory.clone()), ..LabOptions::default() };
        let lab = Lab::start(snapshot, &options).await.unwrap_or_else(|error| panic!("{error:?}"));
        for missing in lab.missing() {
            println!("  {}: the lab lacks {}: {}", self.system, missing.what, missing.why);
        }
        lab
    }
}

pub fn directory(system: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab").join(system)
}

/// Debian's 15, where HypoPG is there to be compared with.
fn with_hypopg(major: u32) -> Option<Binaries> {
    let installed = Path::new("/usr/share/postgresql/15/extension/hypopg.control").exists();
    (major == 15 && installed).then(|| Binaries { directory: PathBuf::from("/usr/lib/postgresql/15/bin") })
}

/// The first column of the last statement's rows.
pub async fn texts(connection: &mut PgConnection, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get_unchecked::<String, _>(0)).collect()
}
