//! `pgassay advise`: the index advice alone, and why not another.

use std::path::Path;

use miette::Report as Failure;

use crate::cli::{AdviseArgs, JudgeArgs};
use crate::render::render_advice;

use super::interrupt::{Signals, tidied};
use super::progress::Progress;
use super::{assess, output, settings, source};

/// Advises and prints.
pub async fn run(args: AdviseArgs) -> Result<u8, Failure> {
    let judge = JudgeArgs {
        config: args.config.clone(),
        only: Vec::new(),
        skip: Vec::new(),
        rules: Vec::new(),
        advice: args.advice.clone(),
    };
    let settings = settings::read(&judge).await?;
    let progress = Progress::new();
    let mut source = source::read(&args.source(Path::is_file), &settings.wishes, &progress).await?;
    let mut session = source.session.take();
    // a server that was named keeps what a lab made there until the lab removes it
    let signals = settings.wishes.lab.lab_url.as_ref().map(|_| Signals::new(source.interrupt.take()));
    let how = settings.assessment(&source, &progress);
    let advice = assess::advice(&source.snapshot, session.as_mut(), &how, &args.why);
    let report = tidied(signals.as_ref(), Box::pin(advice)).await?;
    drop(signals);
    drop(progress);
    output::print(&render_advice(args.format.into(), &report, &output::look()))?;
    Ok(0)
}
