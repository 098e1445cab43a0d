//! The program itself, run as a user runs it.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use pgassay::report::Report;

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// `pgassay ARGS` in `directory`, with nothing of the caller's environment that names a server.
pub fn pgassay(directory: &Path, args: &[&str]) -> Run {
    pgassay_with(directory, args, &[])
}

/// The same with variables.
pub fn pgassay_with(directory: &Path, args: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgassay"));
    for (name, _) in std::env::vars() {
        if name.starts_with("PG") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    // a throwaway server is no database of a CI job, unless a test says so
    command.env_remove("CI");
    command.args(args).current_dir(directory).stdin(Stdio::null());
    command.env("HOME", directory).env("LANG", "C.UTF-8").envs(variables.iter().copied());
    run(command.output().expect("the program starts"))
}

/// The same with binaries of a major version for its labs; it must end well.
pub fn with_labs(directory: &Path, major: u32, args: &[&str]) -> Run {
    let binaries = super::binaries(major).directory.display().to_string();
    let run = pgassay_with(directory, args, &[("PGASSAY_PG_BIN", &binaries), ("COLUMNS", "140")]);
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    run
}

/// The report that a run printed as JSON.
pub fn report(run: &Run) -> Report {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr))
}

fn run(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
    }
}
