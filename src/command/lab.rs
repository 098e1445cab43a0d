//! `pgassay lab`: psql on a throwaway PostgreSQL that plans as the snapshot's server would.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;
use tokio::process::Command;
use tokio::sync::oneshot;

use crate::cli::LabCommandArgs;
use crate::report::doubt;
use crate::snapshot::Snapshot;
use crate::what_if::ask::{self, Place, SelfCheck};
use crate::what_if::lab::Lab;
use crate::workload::Workload;

use super::interrupt::{Signals, TERMINATED, tidied};
use super::progress::Progress;
use super::{output, source, ways};

/// Parts of the schema that are named one by one.
const NAMED: usize = 10;

/// psql did not run.
#[derive(Debug, Error, Diagnostic)]
pub enum LabCommandError {
    /// Not found, and there is something to run.
    #[error("psql was not found, and -c needs it")]
    #[diagnostic(
        code(lab::no_psql),
        help(
            "install the client (Debian/Ubuntu: `apt-get install postgresql-client`); without -c the lab waits for any other one"
        )
    )]
    NoPsql,
    /// Found, and does not start.
    #[error("{} could not be started", program.display())]
    #[diagnostic(code(lab::psql))]
    Psql {
        /// psql.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Starts the lab, hands it to psql, and takes it away. The exit code is psql's.
pub async fn run(args: LabCommandArgs) -> Result<u8, Failure> {
    let progress = Progress::new();
    let source = source::read_file(&args.snapshot, args.stats_from.as_deref())?;
    for skipped in &source.skipped {
        output::note(&format!("{}: {}", skipped.what, skipped.why));
    }
    let signals = Signals::new(None);
    let started = async {
        let lab = ways::start(&source.snapshot, &args.lab, &progress).await?;
        let check = check(&lab, &source.snapshot).await?;
        Ok::<_, Failure>((lab, check))
    };
    let (lab, check) = tidied(Some(&signals), Box::pin(started)).await?;
    drop(progress);
    tell(&lab, &source.snapshot, check.as_ref());
    let interactive = args.command.is_empty() && args.psql.is_empty();
    match psql(args.lab.pg_bin.as_deref(), lab.major(), std::env::var("PATH").ok().as_deref()) {
        Some(program) => hand_over(&program, &lab, &args, &signals).await,
        None if interactive => wait(&lab, &signals).await,
        None => Err(LabCommandError::NoPsql.into()),
    }
}

/// The lab against the server's own plans; `None` where the snapshot holds none.
async fn check(lab: &Lab, snapshot: &Snapshot) -> Result<Option<SelfCheck>, Failure> {
    if snapshot.reference_plans.is_empty() {
        return Ok(None);
    }
    let workload = Workload::build(snapshot);
    let mut session = lab.connect().await?;
    Ok(Some(ask::self_check(&mut session, Place::Lab(lab), snapshot, &workload).await))
}

/// What the user should know before asking it.
fn tell(lab: &Lab, snapshot: &Snapshot, check: Option<&SelfCheck>) {
    let checked = check
        .map_or("not checked, as the snapshot holds none of the server's own plans".to_owned(), |check| {
            format!("reproduces {} of {} of the server's own plan costs", check.same_cost, check.asked)
        });
    output::note(&format!("lab: PostgreSQL {} rebuilt from the snapshot; {checked}", lab.major()));
    if let Some(why) = doubt(lab.major(), snapshot.server.major(), check) {
        output::note(&format!("its figures are doubtful: {why}"));
    }
    for one in lab.missing().iter().take(NAMED) {
        output::note(&format!("missing: {}: {}", one.what, one.why));
    }
    if lab.missing().len() > NAMED {
        output::note(&format!("and {} more", lab.missing().len() - NAMED));
    }
}

/// Beside the server's binaries, on the `PATH`, or where Debian has it.
fn psql(named: Option<&Path>, major: u32, path: Option<&str>) -> Option<PathBuf> {
    let on_path = path.unwrap_or_default().split(':').map(PathBuf::from);
    let usual = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    let places = named.map(Path::to_path_buf).into_iter().chain(on_path).chain([usual]);
    places.map(|place| place.join("psql")).find(|program| program.is_file())
}

async fn hand_over(program: &Path, lab: &Lab, args: &LabCommandArgs, signals: &Signals) -> Result<u8, Failure> {
    let mut command = Command::new(program);
    // what names or changes another server must not reach this one
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.arg("--dbname").arg(lab.url()).args(&args.psql).kill_on_drop(true);
    for sql in &args.command {
        command.arg("--command").arg(sql);
    }
    let failed = |source| LabCommandError::Psql { program: program.to_path_buf(), source };
    let mut child = command.spawn().map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(code(status.map_err(failed)?)),
            // psql cancels its query; the lab goes on
            () = signals.interrupt.comes() => signals.interrupt.is_waited_for(),
            () = signals.termination.comes() => return Ok(TERMINATED),
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
}

/// For any other client: until the user has enough of it.
async fn wait(lab: &Lab, signals: &Signals) -> Result<u8, Failure> {
    output::print(&format!("{}\n", lab.url()))?;
    output::note("psql was not found: connect with any client; Ctrl-C or the end of the input ends the lab");
    tokio::select! {
        () = signals.interrupt.comes() => Ok(0),
        () = signals.termination.comes() => Ok(TERMINATED),
        _ = end_of_input() => Ok(0),
    }
}

/// On a thread of its own: a read that nobody answers must not keep the program from ending.
fn end_of_input() -> oneshot::Receiver<()> {
    let (told, heard) = oneshot::channel();
    std::thread::spawn(move || {
        // whatever ends the input ends the lab, an error too
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).ok();
        told.send(()).ok();
    });
    heard
}
