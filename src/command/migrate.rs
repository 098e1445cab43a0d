//! `pgassay migrate`: the report's indexes as migration files.

use std::path::{Path, PathBuf};

use miette::{Diagnostic, IntoDiagnostic, Report as Failure};
use thiserror::Error;
use time::OffsetDateTime;

use crate::cli::MigrateArgs;
use crate::migration::{self, Context, Emitted, ExistingFile, Framework};
use crate::report::Report;

use super::{audit, output, settings};

/// A report file that migrations cannot be made from.
#[derive(Debug, Error, Diagnostic)]
#[error("{} is not a report of pgassay", path.display())]
#[diagnostic(code(migrate::report), help("make one with `pgassay audit --format json -o FILE`"))]
pub struct ReportFileError {
    /// The file.
    path: PathBuf,
    /// Why.
    source: serde_json::Error,
}

/// Writes the files; paths on stdout, one a line, notes on stderr.
pub async fn run(args: MigrateArgs) -> Result<u8, Failure> {
    let report = match &args.report {
        Some(path) => read_report(path)?,
        None => audit::report(&args.source, &settings::read(&args.judge).await?).await?,
    };
    let emitted = emit(&report, args.framework, &args.dir)?;
    if !args.dry_run {
        write(&emitted, &args.dir)?;
    }
    for file in &emitted.files {
        output::print(&format!("{}\n", args.dir.join(&file.path).display()))?;
    }
    if emitted.files.is_empty() {
        output::note("no index to create or to drop: nothing to write");
    }
    for note in &emitted.notes {
        output::note(note);
    }
    Ok(0)
}

/// The files for what the directory does not hold yet.
pub fn emit(report: &Report, framework: Framework, directory: &Path) -> Result<Emitted, Failure> {
    let context = Context { now: OffsetDateTime::now_utc(), existing: existing(directory)? };
    Ok(migration::emit(framework, &migration::plan(report), &context)?)
}

/// Writes them into the directory.
pub fn write(emitted: &Emitted, directory: &Path) -> Result<(), Failure> {
    for file in &emitted.files {
        let path = directory.join(&file.path);
        output::make_directory_of(&path)?;
        output::write_file(&path, file.contents.as_bytes())?;
    }
    Ok(())
}

fn read_report(path: &Path) -> Result<Report, Failure> {
    let text = output::read_text(path)?;
    serde_json::from_str(&text).map_err(|source| ReportFileError { path: path.to_path_buf(), source }.into())
}

/// Files of the directory, which may not exist yet, in the order of their names.
fn existing(directory: &Path) -> Result<Vec<ExistingFile>, Failure> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).into_diagnostic()? {
        let path = entry.into_diagnostic()?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) {
            let contents = std::fs::read(&path).into_diagnostic()?;
            files.push(ExistingFile {
                name: name.to_owned(),
                contents: String::from_utf8_lossy(&contents).into_owned(),
            });
        }
    }
    files.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(files)
}
