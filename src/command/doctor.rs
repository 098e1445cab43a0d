//! `pgassay doctor`: what this role may see, what is missing, and the exact grants to run.

mod examine;
mod print;

use serde::Deserialize;

use crate::cli::DoctorArgs;
use crate::server::{ServerError, Session};

use super::{connect, output};

/// What was found out about one server, database and role.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// `host:port/database as user`.
    pub connection: String,
    /// How far the way there can be trusted, in words.
    pub encryption: &'static str,
    /// `server_version`, and whether it is a standby.
    pub server: String,
    /// What an audit looks at, in the order in which it matters.
    pub parts: Vec<Part>,
    /// Statements for a superuser that make the rest visible, without repetition.
    pub remedies: Vec<String>,
    /// Statements that make a role which may see everything and do nothing, for whoever audits as a superuser.
    pub own_role: Vec<String>,
}

impl Diagnosis {
    /// Whether everything that an audit needs is there.
    pub fn complete(&self) -> bool {
        self.parts.iter().all(|part| !matches!(part.sight, Sight::Partly | Sight::Hidden))
    }

    /// 0 when everything needed is visible, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.complete())
    }

    /// The diagnosis as plain text of at most 80 columns.
    pub fn text(&self) -> String {
        print::text(self)
    }
}

/// Something that an audit looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// e.g. `column statistics`.
    pub name: &'static str,
    /// Whether it is there.
    pub sight: Sight,
    /// What was seen and what follows from it.
    pub words: String,
}

/// Whether a part is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    Full,
    /// Some of it.
    Partly,
    /// Nothing.
    Hidden,
    /// Would help, but nothing needs it.
    Optional,
}

/// One row of `facts.sql`.
#[derive(Debug, Clone, Deserialize)]
struct Facts {
    version: String,
    major: u32,
    role: String,
    superuser: bool,
    standby: bool,
    counters_age_s: f64,
    track_counts: bool,
    track_io_timing: bool,
    preloaded: bool,
    track: Option<String>,
    statements_version: Option<String>,
    statements_schema: Option<String>,
    statements_readable: bool,
    statements_available: bool,
    reads_all_stats: bool,
    reads_all_settings: bool,
    hypopg: bool,
    hypopg_available: bool,
    schemas: Vec<String>,
    tables: u64,
    tables_closed: u64,
    tables_behind_policies: u64,
    sequences: u64,
    sequences_closed: u64,
    closed_schemas: Vec<String>,
}

/// Entries of this database in `pg_stat_statements`.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Entries {
    seen: u64,
    hidden: u64,
}

/// Examines the server that the arguments name and prints the diagnosis.
pub async fn run(args: DoctorArgs) -> Result<u8, miette::Report> {
    let diagnosis = doctor(&mut connect::open(&args.server).await?).await?;
    output::print(&diagnosis.text())?;
    Ok(diagnosis.exit_code())
}

/// Looks at everything that an audit would look at.
pub async fn doctor(session: &mut Session) -> Result<Diagnosis, ServerError> {
    let facts: Facts = session.read_one(include_str!("doctor/facts.sql")).await?;
    let entries = match &facts.statements_schema {
        Some(schema) if facts.preloaded && facts.statements_readable => Some(entries(session, schema).await?),
        _ => None,
    };
    let (parts, remedies) = examine::examine(&facts, entries);
    Ok(Diagnosis {
        connection: session.describe(),
        encryption: session.encryption().words(),
        server: format!("PostgreSQL {}{}", facts.version, if facts.standby { ", a standby" } else { "" }),
        parts,
        remedies,
        own_role: if facts.superuser { examine::own_role(&facts) } else { Vec::new() },
    })
}

/// `schema` is quoted. A hidden text comes with a hidden `queryid`.
async fn entries(session: &mut Session, schema: &str) -> Result<Entries, ServerError> {
    let sql = format!(
        "SELECT count(*) AS seen, count(*) FILTER (WHERE queryid IS NULL) AS hidden \
         FROM {schema}.pg_stat_statements \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    session.read_one(&sql).await
}
