//! One file a subcommand; each reads like the flow in ARCHITECTURE: snapshot, workload, analysis, facts, rules, report.

use std::process::ExitCode;

use miette::Report;

use crate::cli::{Cli, ColorChoice, Command};

mod advise;
mod assess;
mod audit;
mod baseline;
mod connect;
pub mod demo;
pub mod doctor;
mod failure;
mod init;
mod interrupt;
mod judge;
mod lab;
mod log;
mod migrate;
mod output;
mod place;
mod plans;
mod progress;
mod prove;
pub mod query;
pub mod rules;
pub mod rules_test;
mod settings;
mod shell;
mod snapshot;
mod source;
mod ways;
mod window;
mod wishes;

pub use assess::{Assessment, assess};

/// Exit code of an audit that could not be made, and of every other failure.
const FAILED: u8 = 2;

/// Runs the command and says with which code to exit; an error is printed on stderr.
pub fn run(cli: Cli) -> ExitCode {
    choose_colour(cli.color);
    output::install_error_handler();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pgassay: no threads to run on: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(dispatch(cli.command)) {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::from(FAILED)
        }
    }
}

async fn dispatch(command: Command) -> Result<u8, Report> {
    match command {
        // what an audit holds is large, and so would be every future around it
        Command::Audit(args) => Box::pin(audit::run(args)).await,
        Command::Snapshot(args) => snapshot::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Advise(args) => advise::run(args).await,
        Command::Lab(args) => lab::run(args).await,
        Command::Baseline(args) => baseline::run(args.action).await,
        Command::Rules(args) => rules::run(args).await,
        Command::Query(args) => query::run(args).await,
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::manual(),
    }
}

fn choose_colour(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
}
