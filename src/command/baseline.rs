//! `pgassay baseline`: known findings, kept in a file beside the code.

use std::path::Path;

use miette::Report as Failure;

use crate::cli::{BaselineAction, BaselineRun};
use crate::report::Report;
use crate::report::baseline::{self, Baseline};

use super::{audit, output, settings};

/// Carries the action out.
pub async fn run(action: BaselineAction) -> Result<u8, Failure> {
    match action {
        BaselineAction::Create(args) => {
            let report = report(&args).await?;
            write(&args.file, &baseline::create(&report))
        }
        BaselineAction::Update(args) => {
            let (known, report) = (read(&args.file)?, report(&args).await?);
            write(&args.file, &known.update(&report))
        }
        BaselineAction::Prune(args) => {
            let (known, report) = (read(&args.file)?, report(&args).await?);
            write(&args.file, &known.prune(&report))
        }
        BaselineAction::Check(args) => check(&args).await,
    }
}

/// The baseline in a file.
pub fn read(path: &Path) -> Result<Baseline, Failure> {
    Ok(Baseline::parse(&output::read_text(path)?)?)
}

async fn report(args: &BaselineRun) -> Result<Report, Failure> {
    let settings = settings::read(&args.judge).await?;
    audit::report(&args.source, &settings).await
}

fn write(path: &Path, baseline: &Baseline) -> Result<u8, Failure> {
    output::make_directory_of(path)?;
    output::write_file(path, baseline.text()?.as_bytes())?;
    output::note(&format!("{}: {} findings", path.display(), baseline.entries.len()));
    Ok(0)
}

/// What is new and what is gone, a line each; 1 if there is anything.
async fn check(args: &BaselineRun) -> Result<u8, Failure> {
    let known = read(&args.file)?;
    let report = baseline::apply(report(args).await?, &known, false);
    let mut lines = String::new();
    for finding in report.findings.iter().filter(|finding| finding.new == Some(true)) {
        lines.extend(["new   ", &finding.rule, " ", &finding.subject.key, "\n"]);
    }
    for entry in baseline::check(&known, &report) {
        lines.extend(["gone  ", &entry.rule, " ", &entry.subject, "\n"]);
    }
    output::print(&lines)?;
    Ok(u8::from(!lines.is_empty()))
}
