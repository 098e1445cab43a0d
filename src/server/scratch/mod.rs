//! A throwaway PostgreSQL: own directory, usually socket only, gone at the end.
//!
//! PostgreSQL refuses to run as root; then the server runs as another user, and the
//! directory is that user's. The connecting role is always the superuser `postgres`.
//! Dropping a [`Scratch`] stops it; when the process is killed instead, a watchdog does.

mod binaries;
mod owner;
mod watchdog;

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use miette::Diagnostic;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use thiserror::Error;

pub use binaries::Binaries;

use super::directory::{private_directory, private_directory_in_memory};
use owner::Owner;
use watchdog::Watchdog;

/// What can go wrong with a throwaway server.
#[derive(Debug, Error, Diagnostic)]
pub enum ScratchError {
    /// No binaries.
    #[error("no PostgreSQL server binaries found")]
    #[diagnostic(
        code(scratch::no_binaries),
        help(
            "install a server (Debian/Ubuntu: `apt-get install postgresql`), or name its directory: PGASSAY_PG_BIN=/usr/lib/postgresql/16/bin"
        )
    )]
    NoBinaries,
    /// Neither `postgres` nor `nobody` exists.
    #[error("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")]
    #[diagnostic(code(scratch::no_user), help("run pgassay as an ordinary user"))]
    NoUser,
    /// A program of the server failed.
    #[error("{program} stopped with an error: {output}")]
    #[diagnostic(
        code(scratch::program),
        help("the lines above are its own; is the disk full, or the server package incomplete?")
    )]
    Program {
        /// `initdb`, `cp` or `pg_ctl`.
        program: &'static str,
        /// The end of its output.
        output: String,
    },
    /// The file system said no.
    #[error("the throwaway server's directory could not be prepared")]
    #[diagnostic(code(scratch::directory), help("set TMPDIR to a directory that may be written"))]
    Directory(#[from] std::io::Error),
    /// The server runs, but a statement failed.
    #[error("the throwaway server refused a statement")]
    #[diagnostic(code(scratch::statement))]
    Statement(#[from] sqlx::Error),
}

/// What a throwaway server is to be like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup<'a> {
    /// `name=value`, over settings fit for a throwaway server.
    pub settings: &'a [&'a str],
    /// Listen on a free port of 127.0.0.1 and `::1` too.
    pub tcp: bool,
    /// `pg_hba.conf`; without one everybody is trusted.
    pub hba: Option<&'a str>,
    /// Locale of the cluster as libc names it, for a caller that makes no database of its own; without one `C.UTF-8`.
    pub locale: Option<&'a str>,
    /// Pages without checksums, so that files may be written beside the server.
    pub without_checksums: bool,
    /// A server that was shut down: its files are copied, which takes a tenth of the time of making a cluster.
    pub like: Option<&'a Scratch>,
    /// Files in memory, where the machine has room: making and dropping databases takes a sixth of the time.
    pub in_memory: bool,
    /// Further files of the data directory, readable by the server alone: certificates, `standby.signal`, …
    pub files: &'a [(&'a str, &'a str)],
}

/// A running throwaway server; dropping it stops it and removes its directory.
#[derive(Debug)]
pub struct Scratch {
    binaries: Binaries,
    owner: Option<Owner>,
    port: u16,
    options: String,
    // dropped in this order: a watchdog that still finds the directory would remove it
    directory: TempDir,
    _watchdog: Watchdog,
}

impl Scratch {
    /// Makes a cluster and starts it with `settings` (`name=value`) over settings fit for a throwaway server.
    pub fn start(binaries: &Binaries, settings: &[&str]) -> Result<Self, ScratchError> {
        Self::start_with(binaries, &Setup { settings, ..Setup::default() })
    }

    /// Makes a cluster and starts it.
    pub fn start_with(binaries: &Binaries, setup: &Setup<'_>) -> Result<Self, ScratchError> {
        let owner = Owner::needed()?;
        let suitable = |parent: &Path| owner.is_none_or(|owner| owner.may_enter(parent));
        // programs may not be run from memory everywhere, and those that `owner` cannot reach are copied there
        let in_memory = setup.in_memory && binaries.reachable(owner);
        let directory = if in_memory { private_directory_in_memory(suitable) } else { private_directory(suitable) }?;
        let watchdog = Watchdog::over(directory.path())?;
        let binaries = binaries.open_to(owner, directory.path())?;
        give(directory.path(), owner)?;
        let port = if setup.tcp { free_port()? } else { 5432 };
        let options = options(setup, port, directory.path());
        let scratch = Self { binaries, owner, port, options, directory, _watchdog: watchdog };
        match setup.like {
            Some(like) => scratch.copy(like)?,
            None => scratch.initialise(setup)?,
        }
        let hba = setup.hba.map(|hba| ("pg_hba.conf", hba));
        for (name, text) in setup.files.iter().copied().chain(hba) {
            scratch.write(name, text)?;
        }
        scratch.launch()?;
        Ok(scratch)
    }

    /// The binaries that it was started with.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Directory of the socket, also the parent of the data directory.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    /// Data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Port of the socket's name, and of TCP where the server listens there.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A URL for `database`, as the superuser.
    pub fn url(&self, database: &str) -> String {
        let host: String =
            url::form_urlencoded::byte_serialize(self.directory.path().to_string_lossy().as_bytes()).collect();
        format!("postgres:///{database}?host={host}&port={}&user=postgres", self.port)
    }

    /// A connection of the superuser that may write.
    pub async fn connect(&self, database: &str) -> Result<PgConnection, ScratchError> {
        Ok(PgConnection::connect_with(&self.connecting(database, "postgres")).await?)
    }

    /// How to connect to a database as a role.
    pub fn connecting(&self, database: &str, role: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host(&self.directory.path().to_string_lossy())
            .port(self.port)
            .username(role)
            .database(database)
            // PGSSLMODE is about other servers
            .ssl_mode(PgSslMode::Disable)
            .disable_statement_logging()
    }

    /// Stops the server, at once and without a checkpoint; its directory stays until the drop.
    pub fn stop(&self) -> Result<(), ScratchError> {
        self.end("immediate")
    }

    /// Stops the server after it has written everything to its files; [`Scratch::launch`] starts it again.
    pub fn shut_down(&self) -> Result<(), ScratchError> {
        self.end("fast")
    }

    fn end(&self, mode: &str) -> Result<(), ScratchError> {
        let mut command = self.binaries.command("pg_ctl", self.owner);
        command.args(["stop", &format!("--mode={mode}"), "--silent", "--pgdata"]);
        finished("pg_ctl", &command.arg(self.data_directory()).output()?)
    }

    /// Makes the server's user the owner of a file that was put below the data directory.
    pub fn adopt(&self, path: &Path) -> std::io::Result<()> {
        give(path, self.owner)
    }

    /// Starts it, the first time or again.
    pub fn launch(&self) -> Result<(), ScratchError> {
        let log = self.directory.path().join("log");
        let mut command = self.binaries.command("pg_ctl", self.owner);
        command.args(["start", "--wait", "--timeout=60", "--silent", "--options"]).arg(&self.options);
        command.arg("--log").arg(&log).arg("--pgdata").arg(self.data_directory());
        // pg_ctl's child keeps its output open: a pipe would never end
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() {
            return Ok(());
        }
        Err(ScratchError::Program {
            program: "postgres",
            output: std::fs::read_to_string(log).unwrap_or_else(|_| "no log".to_owned()),
        })
    }

    fn initialise(&self, setup: &Setup<'_>) -> Result<(), ScratchError> {
        let major = self.binaries.major()?;
        let mut command = self.binaries.command("initdb", self.owner);
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
        command.arg(format!("--locale={}", setup.locale.unwrap_or("C.UTF-8")));
        // 18 writes them unless told not to; before that the option is unknown
        command.args((setup.without_checksums && major >= 18).then_some("--no-data-checksums"));
        command.args((major >= 14).then_some("--no-instructions"));
        finished("initdb", &command.arg("--pgdata").arg(self.data_directory()).output()?)
    }

    /// With the owners of its files.
    fn copy(&self, like: &Self) -> Result<(), ScratchError> {
        let mut command = Command::new("cp");
        finished("cp", &command.arg("-Rp").arg(like.data_directory()).arg(self.data_directory()).output()?)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ScratchError> {
        let path = self.data_directory().join(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(give(&path, self.owner)?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let runs = self.data_directory().join("postmaster.pid").exists();
        if let Err(error) = if runs { self.stop() } else { Ok(()) } {
            eprintln!("pgassay: a throwaway server may still run in {}: {error}", self.directory.path().display());
        }
    }
}

fn give(path: &Path, owner: Option<Owner>) -> std::io::Result<()> {
    owner.map_or(Ok(()), |owner| chown(path, Some(owner.uid), Some(owner.gid)))
}

/// Somebody may take it before the server does; then the server says so and does not start.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The command line of `postgres`.
fn options(setup: &Setup<'_>, port: u16, directory: &Path) -> String {
    let listen = if setup.tcp { "listen_addresses=localhost" } else { "listen_addresses=" };
    let (port, socket) = (format!("port={port}"), format!("unix_socket_directories={}", directory.display()));
    let mut options = vec![listen, &port, &socket];
    options.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]);
    options.extend(setup.settings);
    let quoted: Vec<String> = options.iter().map(|option| format!("-c '{}'", option.replace('\'', ""))).collect();
    quoted.join(" ")
}

fn finished(program: &'static str, output: &Output) -> Result<(), ScratchError> {
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(ScratchError::Program { program, output: text })
}
