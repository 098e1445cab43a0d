//! The rules, and what the project and the command line change about them.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Report};

use crate::cli::JudgeArgs;
use crate::config::{self, Config, Known, RuleConfig};
use crate::facts;
use crate::rule::{Catalogue, Override, Overrides};

use super::output;
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

/// Reads the configuration and applies `--only` and `--skip`.
pub fn read(args: &JudgeArgs) -> Result<Settings, Report> {
    let catalogue = Catalogue::builtin()?;
    let config = match config_file(args.config.as_deref())? {
        Some(path) => Config::parse(&path.display().to_string(), &output::read_text(&path)?, &known(&catalogue))?,
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
