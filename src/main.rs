//! Parse, run, print the error, exit.

use std::process::ExitCode;

use clap::Parser;
use pgassay::cli::Cli;

fn main() -> ExitCode {
    pgassay::command::run(Cli::parse())
}
