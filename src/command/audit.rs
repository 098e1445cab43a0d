//! `pgassay audit`: snapshot, assessment, report.

use std::path::{Path, PathBuf};

use miette::{Diagnostic, Report as Failure};
use thiserror::Error;

use crate::cli::{AuditArgs, JudgeArgs, SourceArgs, WhatIf};
use crate::render::{Format, render};
use crate::report::{Report, baseline};
use crate::snapshot::{Snapshot, Statements, StatementsState};
use crate::source::{file, live};

use super::settings::{self, Settings};
use super::{Assessment, assess, connect, output};

/// Where a project keeps its baseline.
const BASELINE: &str = ".pgassay/baseline.json";

/// HypoPG was asked for and cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum AuditError {
    /// Not installed.
    #[error("HypoPG is not installed in database \"{database}\"")]
    #[diagnostic(
        code(audit::no_hypopg),
        help(
            "run `CREATE EXTENSION hypopg` there, or take `--what-if auto`: pgassay's own model then answers, and says so"
        )
    )]
    NoHypopg {
        /// The audited database.
        database: String,
    },
    /// A snapshot has no planner.
    #[error("HypoPG needs a server, and a snapshot is a file")]
    #[diagnostic(code(audit::no_server), help("take `--what-if model`, or audit the server"))]
    NoServer,
}

/// Audits, prints and says with which code to exit.
pub async fn run(args: AuditArgs) -> Result<u8, Failure> {
    let mut settings = settings::read(&args.judge)?;
    settings.config.fail_on = args.fail_on.unwrap_or(settings.config.fail_on);
    settings.config.min_severity = args.min_severity.unwrap_or(settings.config.min_severity);
    let report = compared(report(&args.source, &args.judge, &settings).await?, &args)?;
    if !args.quiet {
        output::print(&render(args.format, &report, &output::look()))?;
    }
    for path in &args.output {
        let format = format_of(path).unwrap_or(args.format);
        output::write_file(path, render(format, &report, &output::file_look()).as_bytes())?;
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(report.exit_code(settings.config.fail_on))
}

/// The assessment of whatever the arguments name.
pub async fn report(source: &SourceArgs, judge: &JudgeArgs, settings: &Settings) -> Result<Report, Failure> {
    let how = |source_kind| Assessment {
        catalogue: &settings.catalogue,
        config: &settings.config,
        overrides: &settings.overrides,
        source_kind,
    };
    if let Some(path) = &source.snapshot {
        if judge.what_if == WhatIf::Hypopg {
            return Err(AuditError::NoServer.into());
        }
        return assess(&read(path, source.schema_only)?, None, &how("snapshot")).await;
    }
    let mut session = connect::open(&source.server).await?;
    let snapshot = live::read(&mut session, &live::ReadOptions { schema_only: source.schema_only }).await?;
    let planner = asks_planner(judge.what_if, &snapshot)?.then_some(&mut session);
    assess(&snapshot, planner, &how("live")).await
}

/// The snapshot in a file, as if it had been taken with the same options.
fn read(path: &Path, schema_only: bool) -> Result<Snapshot, Failure> {
    let mut snapshot = file::read(path)?;
    if schema_only {
        snapshot.statements = Statements { state: StatementsState::LeftOut, ..Statements::default() };
    }
    Ok(snapshot)
}

fn asks_planner(what_if: WhatIf, snapshot: &Snapshot) -> Result<bool, AuditError> {
    match (what_if, snapshot.has_extension("hypopg")) {
        (WhatIf::Model, _) | (WhatIf::Auto, false) => Ok(false),
        (_, true) => Ok(true),
        (WhatIf::Hypopg, false) => Err(AuditError::NoHypopg { database: snapshot.server.database.clone() }),
    }
}

/// With the baseline, where one is asked for.
fn compared(report: Report, args: &AuditArgs) -> Result<Report, Failure> {
    if args.baseline.is_none() && !args.new_only {
        return Ok(report);
    }
    let path = args.baseline.clone().unwrap_or_else(|| PathBuf::from(BASELINE));
    Ok(baseline::apply(report, &super::baseline::read(&path)?, args.new_only))
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()? {
        "json" => Some(Format::Json),
        "md" | "markdown" => Some(Format::Markdown),
        "txt" => Some(Format::Table),
        _ => None,
    }
}
