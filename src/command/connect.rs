//! From arguments and environment to a session.

use std::time::Duration;

use miette::Report;

use crate::cli::ServerArgs;
use crate::server::{Environment, Session, Target, TargetOptions};

use super::output;

/// Opens the server that the arguments and the environment name; what the user should hear goes to stderr.
pub async fn open(args: &ServerArgs) -> Result<Session, Report> {
    let options = TargetOptions {
        password_command: args.password_command.clone(),
        statement_timeout: Some(Duration::from_secs(u64::from(args.statement_timeout))),
    };
    connect(args.url.as_deref(), &options).await
}

/// Opens the server of a URL.
pub async fn open_url(url: Option<&str>) -> Result<Session, Report> {
    connect(url, &TargetOptions::default()).await
}

async fn connect(url: Option<&str>, options: &TargetOptions) -> Result<Session, Report> {
    let target = Target::resolve(url, options, &Environment::of_this_process())?;
    let session = Session::open(&target).await?;
    for note in session.notes() {
        output::note(&format!("note: {note}"));
    }
    Ok(session)
}
