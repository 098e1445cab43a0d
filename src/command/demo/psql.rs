//! Applies migration files the way their user would: with psql.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use miette::Diagnostic;
use thiserror::Error;

use crate::server::scratch::Binaries;

/// psql, and what it may say.
#[derive(Debug)]
pub struct Psql(PathBuf);

/// A migration file that could not be applied.
#[derive(Debug, Error, Diagnostic)]
pub enum PsqlError {
    /// No psql.
    #[error("psql was not found, so the migrations are written but not applied")]
    #[diagnostic(
        code(demo::no_psql),
        help("install the client (Debian/Ubuntu: `apt-get install postgresql-client`), then run the demo again")
    )]
    Missing,
    /// psql did not start.
    #[error("psql could not be started")]
    #[diagnostic(code(demo::psql))]
    Start(#[from] std::io::Error),
    /// A file failed.
    #[error("{} failed: {output}", file.display())]
    #[diagnostic(code(demo::migration), help("this is a fault of pgassay: please report it with the lines above"))]
    Failed {
        /// The file.
        file: PathBuf,
        /// What psql said.
        output: String,
    },
}

impl Psql {
    /// Beside the server's binaries, else on the `PATH`.
    pub fn find(binaries: &Binaries, path: Option<&str>) -> Result<Self, PsqlError> {
        let places =
            std::iter::once(binaries.directory.clone()).chain(path.unwrap_or_default().split(':').map(PathBuf::from));
        places.map(|place| place.join("psql")).find(|psql| psql.is_file()).map(Self).ok_or(PsqlError::Missing)
    }

    /// Runs a file against a server and stops at the first error.
    pub async fn run(&self, url: &str, file: &Path) -> Result<(), PsqlError> {
        let mut command = tokio::process::Command::new(&self.0);
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url, "--file"]).arg(file);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await?;
        if output.status.success() {
            return Ok(());
        }
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(PsqlError::Failed { file: file.to_path_buf(), output })
    }
}
