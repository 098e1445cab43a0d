//! How long a lab takes to start, by the number of tables.
//!
//! `cargo run --release --example lab_start -- [--pg-bin DIR] [100 5000]`
//!
//! For each number a throwaway server gets that many tables of 13 columns and 3 indexes, with statistics. They are
//! those of a filled table, written for all by name, so that nothing needs to be filled but one. The snapshot is read
//! from that server; what is timed is the lab alone, from snapshot to first plan. Exit code 1 over the bars, which
//! hold for two idle cores: 3 s for 100 tables, 25 s for 5,000.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use pgassay::server::scratch::{Binaries, Scratch};
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::snapshot::{Snapshot, Values};
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::lab::{Lab, LabOptions};

/// Tables and the seconds that their lab may take.
const BARS: [(usize, f64); 2] = [(100, 3.0), (5_000, 25.0)];

/// The table that is filled.
const MODEL: &str = "CREATE TABLE t0 (id bigint PRIMARY KEY, account_id bigint NOT NULL, status text NOT NULL, kind int, \
    created_at timestamptz NOT NULL, updated_at timestamptz, amount numeric(10,2), currency char(3), title varchar(200), \
    body text, tags text[], data jsonb, done boolean);
    INSERT INTO t0 SELECT n, n % 700, 's' || n % 7, n % 40, timestamptz '2025-01-01' + n * interval '1 minute', NULL, n % 999, \
    'EUR', 'title ' || n, repeat('x', n % 60), ARRAY['a' || n % 9], jsonb_build_object('k', n % 50), n % 20 = 0 \
    FROM generate_series(1, 20000) n;
    CREATE INDEX t0_account_idx ON t0 (account_id, created_at);
    CREATE INDEX t0_open_idx ON t0 (status) WHERE NOT done;
    VACUUM ANALYZE t0";

/// Arguments.
#[derive(Debug, Parser)]
struct Arguments {
    /// Numbers of tables.
    #[arg(default_values_t = BARS.map(|(tables, _)| tables))]
    tables: Vec<usize>,
    /// Directory of a server's programs.
    #[arg(long)]
    pg_bin: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let binaries = Binaries::find(arguments.pg_bin.as_deref(), std::env::var("PATH").ok().as_deref())?;
    let mut met = true;
    for tables in arguments.tables {
        let snapshot = snapshot(&binaries, tables).await?;
        let seconds = started(&binaries, &snapshot).await?;
        let bar = BARS.iter().find(|(number, _)| *number == tables).map(|(_, bar)| *bar);
        let said = bar.map(|bar| format!(" (bar: {bar} s)")).unwrap_or_default();
        println!("{tables} tables, {} indexes: {seconds:.2} s{said}", snapshot.indexes.len());
        met &= bar.is_none_or(|bar| seconds <= bar);
    }
    Ok(ExitCode::from(u8::from(!met)))
}

async fn started(binaries: &Binaries, snapshot: &Snapshot) -> Result<f64, Box<dyn Error>> {
    let options = LabOptions { binaries: Some(binaries.directory.clone()), ..LabOptions::default() };
    let start = Instant::now();
    let lab = Lab::start(snapshot, &options).await?;
    let mut session = lab.connect().await?;
    let plan =
        session.run(&["EXPLAIN SELECT * FROM public.t1 WHERE account_id = 5 ORDER BY created_at".to_owned()]).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!("  {}", plan[0].first().ok_or("the lab's EXPLAIN printed nothing")?);
    for missing in lab.missing().iter().take(3) {
        println!("  lacks {}: {}", missing.what, missing.why);
    }
    Ok(seconds)
}

async fn snapshot(binaries: &Binaries, tables: usize) -> Result<Snapshot, Box<dyn Error>> {
    let settings =
        ["shared_preload_libraries=pg_stat_statements", "max_locks_per_transaction=1024", "shared_buffers=512MB"];
    let server = Scratch::start(binaries, &settings)?;
    let mut connection = server.connect("postgres").await?;
    for statement in MODEL.split(";\n") {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    }
    let copies = format!(
        "DO $$ BEGIN FOR i IN 1..{} LOOP
           EXECUTE format('CREATE TABLE t%s (LIKE t0 INCLUDING ALL)', i);
         END LOOP; END $$;
         UPDATE pg_class c SET relpages = m.relpages, reltuples = m.reltuples, relallvisible = m.relallvisible
           FROM pg_class m WHERE m.relname = 't0' AND c.relname ~ '^t[1-9][0-9]*$';
         INSERT INTO pg_statistic SELECT c.oid, s.staattnum, s.stainherit, s.stanullfrac, s.stawidth, s.stadistinct,
           s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5, s.staop1, s.staop2, s.staop3, s.staop4, s.staop5,
           s.stacoll1, s.stacoll2, s.stacoll3, s.stacoll4, s.stacoll5, s.stanumbers1, s.stanumbers2, s.stanumbers3,
           s.stanumbers4, s.stanumbers5, s.stavalues1, s.stavalues2, s.stavalues3, s.stavalues4, s.stavalues5
           FROM pg_statistic s, pg_class c WHERE s.starelid = 't0'::regclass AND c.relname ~ '^t[1-9][0-9]*$'",
        tables - 1
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(copies)).execute(&mut connection).await?;
    let target =
        Target::resolve(Some(&server.url("postgres")), &TargetOptions::default(), &Environment::of_this_process())?;
    let options = ReadOptions { values: Values::Kept, ..ReadOptions::default() };
    let mut snapshot = live::read(&mut Session::open(&target).await?, &options).await?;
    grow(&mut snapshot)?;
    Ok(snapshot)
}

/// The copies are empty on disk; in the snapshot they are as large as the one that is not.
fn grow(snapshot: &mut Snapshot) -> Result<(), Box<dyn Error>> {
    let filled = snapshot.tables.iter().find(|table| table.name == "t0");
    let model = filled.cloned().ok_or("the snapshot lacks the table that is filled")?;
    for table in snapshot.tables.iter_mut().filter(|table| table.schema == "public" && table.name.starts_with('t')) {
        table.heap_bytes = model.heap_bytes;
    }
    let sizes: Vec<(u16, Option<u64>, Option<u64>)> = snapshot
        .indexes
        .iter()
        .filter(|index| index.table_oid == model.oid)
        .map(|index| (index.keys.len() as u16, index.bytes, index.blocks))
        .collect();
    for index in &mut snapshot.indexes {
        if let Some((_, bytes, blocks)) = sizes.iter().find(|(keys, _, _)| *keys == index.keys.len() as u16) {
            (index.bytes, index.blocks) = (*bytes, *blocks);
        }
    }
    Ok(())
}
