//! `pgassay audit`: snapshot, assessment, report.

use std::path::{Path, PathBuf};

use miette::Report as Failure;

use crate::cli::{AuditArgs, SourceArgs};
use crate::render::{Format, render};
use crate::report::{Report, baseline};

use super::interrupt::{Interrupt, Signals, tidied};
use super::progress::Progress;
use super::settings::{self, Settings};
use super::source::{self, Source};
use super::{assess, output, prove};

/// Where a project keeps its baseline.
const BASELINE: &str = ".pgassay/baseline.json";

/// Audits, prints and says with which code to exit.
pub async fn run(args: AuditArgs) -> Result<u8, Failure> {
    let mut settings = settings::read(&args.judge).await?;
    settings.config.fail_on = args.fail_on.unwrap_or(settings.config.fail_on);
    settings.config.min_severity = args.min_severity.unwrap_or(settings.config.min_severity);
    let report = compared(judged(&args, &settings).await?, &args)?;
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

/// The assessment, its indexes proved where a clone is named.
async fn judged(args: &AuditArgs, settings: &Settings) -> Result<Report, Failure> {
    let progress = Progress::new();
    let Some(url) = &args.prove else { return report(&args.source, settings).await };
    // before the long work: a clone that will not do is said at once
    let mut source = source::read(&args.source, &settings.wishes, &progress).await?;
    let clone = prove::open(url, &source.snapshot).await?;
    let report = assessed(&mut source, settings, &progress).await?;
    // from here on Ctrl-C has to clean the clone; who listened for the window goes on, so that none is lost in between
    let interrupt = source.interrupt.take().unwrap_or_else(Interrupt::new);
    prove::prove(report, clone, &source.snapshot, &progress, &interrupt).await
}

/// The assessment of whatever the arguments name.
pub async fn report(args: &SourceArgs, settings: &Settings) -> Result<Report, Failure> {
    let progress = Progress::new();
    let mut source = source::read(args, &settings.wishes, &progress).await?;
    assessed(&mut source, settings, &progress).await
}

async fn assessed(source: &mut Source, settings: &Settings, progress: &Progress) -> Result<Report, Failure> {
    let mut session = source.session.take();
    // a server that was named keeps what a lab made there until the lab removes it
    let signals = settings.wishes.lab.lab_url.as_ref().map(|_| Signals::new(source.interrupt.take()));
    let how = settings.assessment(source, progress);
    let report = tidied(signals.as_ref(), Box::pin(assess(&source.snapshot, session.as_mut(), &how))).await;
    source.interrupt = signals.map(Signals::end_the_program).or(source.interrupt.take());
    report
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
