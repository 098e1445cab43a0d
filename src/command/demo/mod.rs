//! `pgassay demo`: a throwaway PostgreSQL, a real workload, its audit, the migrations, and what they changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use miette::{IntoDiagnostic, Report as Failure};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::AdviceArgs;
use crate::cli::DemoArgs;
use crate::config::Config;
use crate::migration::Framework;
use crate::render::{Format, render};
use crate::report::Report;
use crate::rule::{Catalogue, Overrides};
use crate::server::Session;
use crate::server::scratch::{Binaries, Scratch};
use crate::source::live;
use crate::units::{Count, Ms, Seconds};
use crate::workload::Workload;

use super::progress::Progress;
use super::wishes::Wishes;
use super::{Assessment, assess, connect, migrate, output};

pub mod client;
mod compare;
mod psql;
pub mod round;
pub mod system;
pub mod traffic;

use psql::Psql;
use round::Round;
use traffic::Traffic;

/// Database that the system is loaded into.
const DATABASE: &str = "cpl";

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Runs the demo; Ctrl-C and SIGTERM end it early, and the server is gone in any case.
pub async fn run(args: DemoArgs) -> Result<u8, Failure> {
    let mut terminate = signal(SignalKind::terminate()).into_diagnostic()?;
    tokio::select! {
        done = demo(&args) => done.map(|()| 0),
        _ = tokio::signal::ctrl_c() => Ok(INTERRUPTED),
        _ = terminate.recv() => Ok(INTERRUPTED),
    }
}

async fn demo(args: &DemoArgs) -> Result<(), Failure> {
    let traffic = Arc::new(system::traffic().into_diagnostic()?);
    let directory = unused(&args.dir);
    let scratch = start().await?;
    load(&scratch, args.scale).await?;
    let first = drive(&scratch, &traffic, args.requests, "the traffic of its users").await?;
    let (before, report) = audit(&scratch).await?;
    output::print(&render(Format::Table, &report, &output::look()))?;
    migrate(&scratch, &report, &directory).await?;
    let second = drive(&scratch, &traffic, args.requests, "the same traffic again").await?;
    let after = workload(&scratch).await?;
    show(&before, &after, first, second, &directory)
}

/// The directory, or the first of its names with a number that is free: a demo never touches what is there.
fn unused(directory: &Path) -> PathBuf {
    let numbered = |number: u32| PathBuf::from(format!("{}-{number}", directory.display()));
    let names = std::iter::once(directory.to_path_buf()).chain((2..).map(numbered));
    names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| directory.to_path_buf())
}

async fn start() -> Result<Scratch, Failure> {
    let named = std::env::var_os("PGASSAY_PG_BIN");
    let binaries = Binaries::find(named.as_deref().map(Path::new), std::env::var("PATH").ok().as_deref())?;
    output::note(&format!("starting a throwaway PostgreSQL ({})", binaries.directory.display()));
    let settings = ["shared_preload_libraries=pg_stat_statements", "track_io_timing=on", "shared_buffers=256MB"];
    let scratch = Scratch::start(&binaries, &settings)?;
    let mut connection = scratch.connect("postgres").await?;
    sqlx::raw_sql("CREATE DATABASE cpl").execute(&mut connection).await.into_diagnostic()?;
    Ok(scratch)
}

async fn load(scratch: &Scratch, scale: f64) -> Result<(), Failure> {
    output::note("loading packing lists, prices and votes: a Django application");
    let mut connection = scratch.connect(DATABASE).await?;
    system::load(&mut connection, scale).await.into_diagnostic()
}

async fn drive(scratch: &Scratch, traffic: &Arc<Traffic>, requests: u32, what: &str) -> Result<Round, Failure> {
    let style = ProgressStyle::with_template("{msg}: {wide_bar} {pos}/{len} requests").into_diagnostic()?;
    let progress = ProgressBar::new(u64::from(requests)).with_style(style).with_message(what.to_owned());
    if progress.is_hidden() {
        output::note(&format!("running {what}: {requests} requests"));
    }
    progress.enable_steady_tick(Duration::from_millis(200));
    let round = round::drive(scratch, DATABASE, traffic, requests as usize, &progress).await?;
    progress.finish_and_clear();
    Ok(round)
}

/// The same audit as `pgassay audit URL`, on the workload so far.
async fn audit(scratch: &Scratch) -> Result<(Workload, Report), Failure> {
    let mut session = session(scratch).await?;
    let snapshot = live::read(&mut session, &live::ReadOptions::default()).await?;
    let (catalogue, config, overrides) = (Catalogue::builtin()?, Config::default(), Overrides::default());
    let how = Assessment {
        catalogue: &catalogue,
        config: &config,
        overrides: &overrides,
        wishes: &Wishes::new(&AdviceArgs::default(), &config.advice),
        source_kind: "live",
        trace: None,
        skipped: &[],
        unmeasured: &BTreeSet::new(),
        progress: &Progress::new(),
    };
    let report = assess(&snapshot, Some(&mut session), &how).await?;
    Ok((Workload::build(&snapshot), report))
}

async fn workload(scratch: &Scratch) -> Result<Workload, Failure> {
    let snapshot = live::read(&mut session(scratch).await?, &live::ReadOptions::default()).await?;
    Ok(Workload::build(&snapshot))
}

async fn session(scratch: &Scratch) -> Result<Session, Failure> {
    connect::open_url(Some(&scratch.url(DATABASE))).await
}

/// Writes the migrations, applies them, and sets the counters to zero for the second round.
async fn migrate(scratch: &Scratch, report: &Report, directory: &Path) -> Result<(), Failure> {
    let emitted = migrate::emit(report, Framework::Sql, directory)?;
    migrate::write(&emitted, directory)?;
    output::print(&format!("\nMigrations written to {}; each is now applied with psql:\n", directory.display()))?;
    let psql = Psql::find(scratch.binaries(), std::env::var("PATH").ok().as_deref())?;
    for file in emitted.files.iter().filter(|file| file.path.ends_with(".up.sql")) {
        output::print(&format!("  {}\n", file.what))?;
        psql.run(&scratch.url(DATABASE), &directory.join(&file.path)).await?;
    }
    let mut connection = scratch.connect(DATABASE).await?;
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await.into_diagnostic()?;
    system::reset(&mut connection).await.into_diagnostic()
}

fn show(before: &Workload, after: &Workload, first: Round, second: Round, directory: &Path) -> Result<(), Failure> {
    let look = output::look();
    output::print(&format!(
        "\nThe same {} requests before and after:\n{}",
        first.requests,
        compare::table(before, after, look.width)
    ))?;
    output::print(&format!(
        "\nTime in the database: {} before, {} after.\n\
         Statements: {} in {} before, {} in {} after.\n\
         The loops that remain are the application's to mend: each finding says how.\n\
         The migrations are in {}; the throwaway server is gone.\n",
        Ms(before.total_ms()),
        Ms(after.total_ms()),
        Count(first.statements as f64),
        Seconds(first.took.as_secs_f64()),
        Count(second.statements as f64),
        Seconds(second.took.as_secs_f64()),
        directory.display()
    ))?;
    Ok(())
}
