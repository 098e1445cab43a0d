//! How often the N+1 analysis is right, on labelled captures of real frameworks.
//!
//! `cargo run --release --example nplusone_eval -- DIR [--pg-bin DIR] [--show]`
//!
//! Each capture goes the way of an audit: its schema is loaded into a real PostgreSQL 15 and read as a snapshot, its
//! counters, samples and log are read by the program's own code, and what the rule would tell a user of them is compared
//! with the labels.
//! `--show` names what was missed, and what was found in error. Exit code 1 below the bars.

mod capture;
mod catalog;
mod latency;
mod score;
mod told;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pgassay::analysis::Analyses;
use pgassay::server::scratch::Binaries;
use pgassay::workload::Workload;

use capture::Capture;
use score::Tally;
use told::Teller;
use watch::{LEVELS, Level};

/// Arguments.
#[derive(Debug, Parser)]
struct Arguments {
    /// A directory with `manifest.json`, `schema/`, and the captures.
    directory: PathBuf,
    /// Directory of a PostgreSQL 15 server's programs.
    #[arg(long)]
    pg_bin: Option<PathBuf>,
    /// Name what is wrong.
    #[arg(long)]
    show: bool,
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let (binaries, _) = Binaries::of_major(15, arguments.pg_bin.as_deref(), std::env::var("PATH").ok().as_deref())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let catalogs = runtime.block_on(catalog::read(&arguments.directory, &binaries))?;
    let manifest = capture::manifest(&arguments.directory)?;
    let (mut tally, teller) = (Tally::new(arguments.show), Teller::new()?);
    for (mixed, entries) in [(false, &manifest.isolated), (true, &manifest.mixed)] {
        for entry in entries {
            let capture = capture::read(&arguments.directory, entry, &catalogs)?;
            for level in LEVELS {
                runtime.block_on(judge(&capture, level, mixed, &teller, &mut tally))?;
            }
        }
    }
    tally.print();
    let p95 = latency::print(&arguments.directory, &manifest, &catalogs)?;
    Ok(if tally.holds() && p95 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One capture by one kind of evidence.
async fn judge(
    capture: &Capture,
    level: Level,
    mixed: bool,
    teller: &Teller,
    tally: &mut Tally,
) -> Result<(), Box<dyn std::error::Error>> {
    let Some(seen) = watch::watch(capture, level)? else { return Ok(()) };
    let workload = Workload::build(&seen.snapshot);
    let analyses = Analyses::run(&seen.snapshot, &workload, seen.trace.as_ref());
    let told = teller.told(&seen.snapshot, &workload, &analyses).await?;
    tally.add(capture, level, mixed, &workload, &analyses.n_plus_one, &told);
    Ok(())
}
