//! Runs a file of index cases against a real PostgreSQL: do the reports say what the cases expect?
//!
//! `cargo run --release --example index_cases -- FILE [--pg-bin DIR] [--only ID,ID] [--literals] [-- AUDIT…]`
//!
//! Each case has its own database. Its statements are run, a snapshot is taken, and `pgassay audit --snapshot` judges
//! it by the way that every audit goes; AUDIT are further arguments of it, e.g. `--what-if model`. Statements have the
//! texts that `pg_stat_statements` gives them, without values; with `--literals` those of the file, as a log has them.
//! Their counters are the measured ones, as if an hour of such traffic had gone by, unless the case says others. Exit
//! code 1 below the bars: every case of the tiers core, ideal and drop, and 95 % of those whose tier begins with gap.

mod case;
mod judge;
mod parameters;
mod prepare;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use pgassay::cli::Cli;
use pgassay::report::Report;
use pgassay::server::scratch::Binaries;
use pgassay::snapshot::Values;
use pgassay::source::file;
use pgassay::source::live::ReadOptions;

use case::Case;
use judge::Verdict;
use prepare::Bench;
use tally::Tally;

type Failure = Box<dyn std::error::Error>;

/// Arguments.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cases.
    file: PathBuf,
    /// Directory of a PostgreSQL 15 server's programs.
    #[arg(long)]
    pg_bin: Option<PathBuf>,
    /// These cases only.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The file's texts, with their values, in place of those of `pg_stat_statements`.
    #[arg(long)]
    literals: bool,
    /// Keep each case's snapshot and report here.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Arguments for `pgassay audit`.
    #[arg(last = true)]
    audit: Vec<String>,
}

fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(&arguments.file)?)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut bench = Bench::start(&binaries(arguments.pg_bin.as_deref())?)?;
    let mut tally = Tally::default();
    for case in cases.iter().filter(|case| arguments.only.is_empty() || arguments.only.contains(&case.id)) {
        let verdict = one(case, &mut bench, &runtime, &arguments)
            .unwrap_or_else(|error| Verdict::Fail(format!("could not be run: {error}")));
        tally.add(case, verdict);
    }
    Ok(tally.print())
}

/// What to read for an audit: sample values stay, as in an audit of the server itself.
fn read_options() -> ReadOptions {
    ReadOptions { values: Values::Kept, end_points: true, ..ReadOptions::default() }
}

fn binaries(named: Option<&Path>) -> Result<Binaries, Failure> {
    let places = ["/usr/lib/postgresql/15/bin", "target/postgres/15/bin"].map(PathBuf::from);
    let mut places = named.map(Path::to_path_buf).into_iter().chain(places);
    let directory = places.find(|place| place.join("postgres").exists());
    let binaries = Binaries { directory: directory.ok_or("no PostgreSQL 15 found: name its directory with --pg-bin")? };
    Ok(binaries)
}

fn one(
    case: &Case,
    bench: &mut Bench,
    runtime: &tokio::runtime::Runtime,
    arguments: &Arguments,
) -> Result<Verdict, Failure> {
    if case.input.is_some() {
        return Ok(Verdict::NotRun("it comes from a log".to_owned()));
    }
    let ready = runtime.block_on(bench.prepare(case, arguments.literals))?;
    let report = audit(case, &ready.snapshot, arguments)?;
    let verdict = runtime.block_on(async {
        let mut connection = bench.connect(&ready.database).await?;
        Ok::<_, Failure>(judge::judge(case, &report, &mut connection).await)
    })?;
    runtime.block_on(bench.finish(&ready))?;
    Ok(verdict)
}

/// `pgassay audit --snapshot FILE --output REPORT`, in this process.
fn audit(case: &Case, snapshot: &pgassay::snapshot::Snapshot, arguments: &Arguments) -> Result<Report, Failure> {
    let temporary = tempfile::tempdir()?;
    let directory = arguments.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(directory)?;
    let (read, written) =
        (directory.join(format!("{}.snapshot.json", case.id)), directory.join(format!("{}.report.json", case.id)));
    file::write(&read, snapshot)?;
    if written.exists() {
        // that of an earlier run must not stand in for one that could not be made
        std::fs::remove_file(&written)?;
    }
    let mut line = vec!["pgassay".to_owned(), "audit".to_owned(), "--quiet".to_owned(), "--snapshot".to_owned()];
    line.extend([read.display().to_string(), "--output".to_owned(), written.display().to_string()]);
    line.extend(arguments.audit.iter().cloned());
    // its exit code says what was found; whether there is a report says whether it could be made
    let _ = pgassay::command::run(Cli::try_parse_from(line)?);
    Ok(serde_json::from_str(&std::fs::read_to_string(&written)?)?)
}
