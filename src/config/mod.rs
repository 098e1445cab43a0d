//! `pgassay.toml`: what an audit lets pass, what it hides and why, thresholds of rules, wishes for index advice.
//!
//! Text in, [`Config`] out: finding and reading the file is the caller's. Every error
//! points at the word in the file, and proposes the word that was probably meant.

mod advice;
mod error;
mod parse;
mod rules_table;
mod targets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use advice::{AdviceConfig, Profile, Storage, StorageError, WhatIf};
pub use error::ConfigError;
pub use parse::Known;
pub use targets::Targets;

/// How bad.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    #[default]
    Info,
    /// Costs something.
    Warning,
    /// Harms now, or will.
    Error,
}

impl Severity {
    /// Lower case, as in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// From which severity on the audit ends with 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Never.
    None,
    /// Any finding.
    Info,
    /// A warning or an error.
    Warning,
    /// An error.
    #[default]
    Error,
}

impl FailOn {
    /// Whether a finding of this severity makes the audit fail.
    pub fn reached_by(self, severity: Severity) -> bool {
        match self {
            Self::None => false,
            Self::Info => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
        }
    }
}

/// The value of a rule's parameter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// In the unit that the rule names.
    Number(f64),
    /// Text.
    Text(String),
}

/// `profile`: where the server runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Recognised by what only that service has; a CI database by `CI` in the environment and its young counters.
    #[default]
    Auto,
    /// A server of one's own.
    None,
    /// Amazon RDS.
    Rds,
    /// Amazon Aurora.
    Aurora,
    /// Cloud SQL.
    CloudSql,
    /// Azure Database for `PostgreSQL`.
    Azure,
    /// Supabase.
    Supabase,
    /// Neon.
    Neon,
    /// A database that tests made.
    Ci,
}

impl Place {
    /// Name of the profile's file; `None`: to be recognised, or none.
    pub fn profile(self) -> Option<&'static str> {
        match self {
            Self::Auto | Self::None => None,
            Self::Rds => Some("rds"),
            Self::Aurora => Some("aurora"),
            Self::CloudSql => Some("cloud-sql"),
            Self::Azure => Some("azure"),
            Self::Supabase => Some("supabase"),
            Self::Neon => Some("neon"),
            Self::Ci => Some("ci"),
        }
    }
}

/// `[rules.<id>]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleConfig {
    /// In place of the rule's own.
    pub severity: Option<Severity>,
    /// `false`: not run.
    pub enabled: Option<bool>,
    /// In place of the rule's defaults.
    pub params: BTreeMap<String, Parameter>,
}

/// `[[ignore]]`: findings to hide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    /// Rule id.
    pub rule: String,
    /// Pattern for the finding's subject; `*` is any text, `?` any character.
    pub subject: String,
    /// Why it is accepted.
    pub reason: String,
    /// Last day on which it is, `2027-01-31`; by the server's clock, UTC.
    pub expires: Option<String>,
    /// Where it stands: the file's name and the line, `pgassay.toml:12`.
    pub place: String,
}

impl Ignore {
    /// Whether it hides a finding of this rule about this subject.
    pub fn covers(&self, rule: &str, subject: &str) -> bool {
        self.rule == rule && matches(&self.subject, subject)
    }

    /// Whether its last day lies before `today` (`2027-01-31`).
    pub fn expired(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|last| last < today)
    }
}

/// A project's `pgassay.toml`; the default is that of a project without one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `fail-on`.
    pub fail_on: FailOn,
    /// `min-severity`: findings below it are left out of the report, and counted there.
    pub min_severity: Severity,
    /// `profile`: the managed service that the server runs on.
    pub place: Place,
    /// `[advice]`.
    pub advice: AdviceConfig,
    /// `[targets]`.
    pub targets: Targets,
    /// `[rules] dirs`: directories of rules of one's own, relative to the file.
    pub rule_dirs: Vec<String>,
    /// `[rules.<id>]`, by id.
    pub rules: BTreeMap<String, RuleConfig>,
    /// `[[ignore]]`, in the file's order.
    pub ignores: Vec<Ignore>,
}

impl Config {
    /// Reads the text of the file `name`; `known` are the rules that there are.
    pub fn parse(name: &str, text: &str, known: &Known) -> Result<Self, ConfigError> {
        parse::parse(name, text, known)
    }

    /// `[rules] dirs` alone: which rules there are has to be known before the rest can be read.
    pub fn rule_dirs(name: &str, text: &str) -> Result<Vec<String>, ConfigError> {
        parse::rule_dirs(name, text)
    }
}

/// Where the file may be, nearest first: in `directory` (an absolute path) and in every one above it.
pub fn places(directory: &Path) -> Vec<PathBuf> {
    directory.ancestors().flat_map(|above| [above.join("pgassay.toml"), above.join(".config/pgassay.toml")]).collect()
}

/// Whether `text` is of the form `pattern`, in which `*` is any text and `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Greedy with one step back to the last star: linear but for pathological patterns, never exponential.
    let (mut at_pattern, mut at_text, mut star) = (0, 0, None);
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some('*') => {
                star = Some((at_pattern, at_text));
                at_pattern += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[at_text] => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((star_at, resumed)) = star else { return false };
                star = Some((star_at, resumed + 1));
                at_pattern = star_at + 1;
                at_text = resumed + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_any_character() {
        for (pattern, text, expected) in [
            ("public.orders*", "public.orders (customer_id)", true),
            ("*.orders", "public.orders", true),
            ("public.orders", "public.orders_old", false),
            ("*_id)", "public.orders (customer_id)", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("a*b*c", "a--b--b--c", true),
            ("a*b*c", "a--c--b", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_audit_fails_from_the_chosen_severity_on() {
        for (fail_on, info, warning, error) in [
            (FailOn::None, false, false, false),
            (FailOn::Info, true, true, true),
            (FailOn::Warning, false, true, true),
            (FailOn::Error, false, false, true),
        ] {
            assert_eq!(fail_on.reached_by(Severity::Info), info, "{fail_on:?}");
            assert_eq!(fail_on.reached_by(Severity::Warning), warning, "{fail_on:?}");
            assert_eq!(fail_on.reached_by(Severity::Error), error, "{fail_on:?}");
        }
    }

    #[test]
    fn the_nearest_file_comes_first() {
        let found = places(Path::new("/srv/shop"));
        let shown: Vec<String> = found.iter().map(|place| place.display().to_string()).collect();
        assert_eq!(shown[0], "/srv/shop/pgassay.toml");
        assert_eq!(shown[1], "/srv/shop/.config/pgassay.toml");
        assert_eq!(shown.last().map(String::as_str), Some("/.config/pgassay.toml"));
    }
}
