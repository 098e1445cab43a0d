//! Writes a snapshot of the demo's system after a round of its traffic: `fixtures/cpl-snapshot.json.gz`.
//!
//! `cargo run --release --example cpl_snapshot -- BIN_DIRECTORY FILE.json.gz`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use pgassay::command::demo::{round, system};
use pgassay::server::scratch::{Binaries, Scratch};
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::source::{file, live};
use pgassay::what_if::ask;
use pgassay::workload::Workload;

const SCALE: f64 = 0.3;
const REQUESTS: usize = 120;
/// Statements whose plans are kept.
const PLANS: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(directory), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cpl_snapshot BIN_DIRECTORY FILE".into());
    };
    let settings = ["shared_preload_libraries=pg_stat_statements", "track_io_timing=on", "shared_buffers=256MB"];
    let server = Scratch::start(&Binaries { directory }, &settings)?;
    sqlx::raw_sql("CREATE DATABASE cpl").execute(&mut server.connect("postgres").await?).await?;
    system::load(&mut server.connect("cpl").await?, SCALE).await?;
    let traffic = Arc::new(system::traffic()?);
    round::drive(&server, "cpl", &traffic, REQUESTS, &ProgressBar::hidden()).await?;
    write(&server, &path).await
}

async fn write(server: &Scratch, path: &Path) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_this_process();
    let target = Target::resolve(Some(&server.url("cpl")), &TargetOptions::default(), &environment)?;
    let mut session = Session::open(&target).await?;
    let mut snapshot = live::read(&mut session, &live::ReadOptions::default()).await?;
    // as `pgassay snapshot` does, so that a lab can be checked
    let workload = Workload::build(&snapshot);
    snapshot.reference_plans = ask::reference_plans(&mut session, &snapshot, &workload, PLANS).await;
    file::write(path, &snapshot)?;
    Ok(())
}
