//! The rules, and what the project and the command line change about them.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Report};

use crate::cli::JudgeArgs;
use crate::config::{self, Config, Known, RuleConfig};
use crate::facts;
use crate::rule::{Catalogue, Override, Overrides};

use super::assess::Assessment;
use super::output;
use super::progress::Progress;
use super::source::Source;
use super::wishes::Wishes;

/// How to judge.
pub struct Settings {
    /// The rules.
    pub catalogue: Catalogue,
    /// `pgassay.toml`, or its defaults.
    pub config: Config,
    /// What both change about the rules.
    pub overrides: Overrides,
    /// What the user wants of index advice.
    pub wishes: Wishes,
}

impl Settings {
    /// How to judge what was read.
    pub fn assessment<'a>(&'a self, source: &'a Source, progress: &'a Progress) -> Assessment<'a> {
        Assessment {
            catalogue: &self.catalogue,
            config: &self.config,
            overrides: &self.overrides,
            wishes: &self.wishes,
            source_kind: source.kind,
            trace: source.trace.as_ref(),
            skipped: &source.skipped,
            unmeasured: &source.unmeasured,
            progress,
        }
    }
}

/// Reads the configuration and the project's own rules, and applies `--only` and `--skip`.
pub async fn read(args: &JudgeArgs) -> Result<Settings, Report> {
    let file = config_file(args.config.as_deref())?;
    let file = file.map(|path| Ok::<_, Report>((output::read_text(&path)?, path))).transpose()?;
    let catalogue = own_rules(Catalogue::builtin()?, file.as_ref(), &args.rules).await?;
    let config = match &file {
        Some((text, path)) => Config::parse(&path.display().to_string(), text, &known(&catalogue))?,
        None => Config::default(),
    };
    let overrides = overrides(&catalogue, &config, args)?;
    let wishes = Wishes::new(&args.advice, &config.advice);
    Ok(Settings { catalogue, config, overrides, wishes })
}

/// The file that is named, else the nearest one upward.
fn config_file(named: Option<&Path>) -> Result<Option<PathBuf>, Report> {
    if let Some(path) = named {
        return Ok(Some(path.to_path_buf()));
    }
    let here = std::env::current_dir().into_diagnostic()?;
    Ok(config::places(&here).into_iter().find(|place| place.is_file()))
}

/// The rules with those of the directories that the file (`[rules] dirs`, relative to it) and the command line name.
async fn own_rules(
    catalogue: Catalogue,
    file: Option<&(String, PathBuf)>,
    named: &[PathBuf],
) -> Result<Catalogue, Report> {
    let mut directories = Vec::new();
    if let Some((text, path)) = file {
        let beside = path.parent().unwrap_or(Path::new(""));
        let written = Config::rule_dirs(&path.display().to_string(), text)?;
        directories.extend(written.iter().map(|directory| beside.join(directory)));
    }
    directories.extend(named.iter().cloned());
    let mut files = Vec::new();
    for directory in directories {
        files.extend(super::rules::rule_files(&directory)?);
    }
    Ok(catalogue.with_local(&files).await?)
}

/// The built-in rules and the project's own, for `pgassay rules`; nothing else of the configuration is read.
pub async fn catalogue(named: &[PathBuf]) -> Result<Catalogue, Report> {
    let file = config_file(None)?;
    let file = file.map(|path| Ok::<_, Report>((output::read_text(&path)?, path))).transpose()?;
    own_rules(Catalogue::builtin()?, file.as_ref(), named).await
}

fn known(catalogue: &Catalogue) -> Known {
    let rules = catalogue.rules().iter();
    rules.map(|rule| (rule.id.clone(), rule.params.keys().cloned().collect())).collect()
}

fn overrides(catalogue: &Catalogue, config: &Config, args: &JudgeArgs) -> Result<Overrides, Report> {
    for id in args.only.iter().chain(&args.skip) {
        catalogue.rule(id)?;
    }
    let mut overrides = Overrides::default();
    for rule in catalogue.rules() {
        let mut change = config.rules.get(&rule.id).map(changed).unwrap_or_default();
        change.off |= args.skip.contains(&rule.id) || !args.only.is_empty() && !args.only.contains(&rule.id);
        overrides.rules.insert(rule.id.clone(), change);
    }
    overrides.check(catalogue)?;
    Ok(overrides)
}

fn changed(config: &RuleConfig) -> Override {
    Override {
        off: config.enabled == Some(false),
        not_applicable: None,
        severity: config.severity,
        params: config.params.iter().map(|(name, value)| (name.clone(), parameter(value))).collect(),
    }
}

/// A whole number stays one: SQLite divides whole numbers as such.
fn parameter(value: &config::Parameter) -> facts::Parameter {
    match value {
        config::Parameter::Text(text) => facts::Parameter::Text(text.clone()),
        config::Parameter::Number(number) if number.fract() == 0.0 => facts::Parameter::Integer(*number as i64),
        config::Parameter::Number(number) => facts::Parameter::Real(*number),
    }
}
