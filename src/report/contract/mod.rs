//! The types of `--format json`, version 1.
//!
//! Names do not change within version 1; fields may be added. Renderers and
//! migration emitters read these and nothing else.

mod finding;
mod index;
mod statement;
mod what_if;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::config::Severity;
pub use finding::{CoveredFinding, Finding, Highlight, HighlightSpan, Impact, Location, OrmAdvice, Remedy, Subject};
pub use index::{Action, IndexAction, IndexColumn, PartitionRef, Proof, ProofStatement, StatementGain, WhatIfInfo};
pub use statement::{CauseInfo, StatementIndex, StatementInfo};
pub use what_if::{BasisCounts, ConsideredIndex, Judgement, LabInfo, MissingPart, PlanDifference, SelfCheck, Unjudged};

/// Value of [`Report::schema`].
pub const SCHEMA: &str = "pgassay/report/v1";

/// A report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The program.
    pub tool: Tool,
    /// The server.
    pub server: ServerInfo,
    /// Where the facts come from.
    pub source: SourceInfo,
    /// Every rule, with its outcome.
    pub rules: Vec<RuleOutcome>,
    /// Targets and whether they are met.
    pub scorecard: Vec<Score>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Indexes to create and to drop.
    pub indexes: Vec<IndexAction>,
    /// Who judged the indexes; `None` where none was asked about.
    #[serde(default)]
    pub what_if: Option<Judgement>,
    /// Indexes that were considered, where `advise --why` asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<ConsideredIndex>,
    /// The statements that findings and indexes refer to, and the busiest.
    pub statements: Vec<StatementInfo>,
    /// How the findings compare with the baseline; `None` without one.
    pub baseline: Option<BaselineInfo>,
    /// What an ignore, the baseline or `min-severity` hid.
    pub suppressed: Vec<Suppressed>,
    /// What could not be looked at.
    pub skipped: Vec<Skipped>,
}

/// `name` and `version` of the program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `pgassay`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The audited server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerInfo {
    /// `server_version`.
    pub version: String,
    /// The audited database.
    pub database: String,
    /// A standby.
    pub in_recovery: bool,
    /// Installed extensions, `name version`.
    pub extensions: Vec<String>,
    /// Managed service, if recognised.
    pub managed: Option<String>,
}

/// Where the facts come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceInfo {
    /// `live`, `snapshot` or `log`.
    pub kind: String,
    /// RFC 3339, UTC, by the server's clock.
    pub taken_at: String,
    /// How long the counters were watched (`--window`), or the time since an earlier snapshot (`--since`), seconds;
    /// `None`: neither.
    pub window_s: Option<f64>,
    /// Time that the server spent on the readings of a window, ms.
    #[serde(default)]
    pub window_own_ms: Option<f64>,
    /// Age of the statements' counters, seconds; of the database's counters where the former is not known.
    pub stats_age_s: f64,
    /// Standbys whose reads are counted with the server's own (`--replica`).
    #[serde(default)]
    pub replicas: u64,
    /// How many statements were seen and understood.
    pub statements: StatementCounts,
}

/// How many statements were seen and understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCounts {
    /// Entries of this database, pgassay's own left out.
    pub seen: u64,
    /// Statements parsed (entries of one statement counted once).
    pub parsed: u64,
    /// Of those: every table known.
    pub bound: u64,
    /// Statements that could not be parsed.
    pub unparsed: u64,
    /// Entries whose text is hidden from the role.
    pub hidden: u64,
    /// Share of the database's statement time that is parsed and bound, 0 to 1.
    pub coverage: Option<f64>,
    /// Share of the server's statement time that is this database's, 0 to 1; `None` where nothing ran.
    #[serde(default)]
    pub of_server: Option<f64>,
    /// Times that `pg_stat_statements` was full and dropped its least used entries; `None` before 14.
    #[serde(default)]
    pub evictions: Option<u64>,
}

/// The outcome of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// At least one finding.
    Found,
    /// Looked at, nothing found.
    #[default]
    Clean,
    /// Not looked at; `why` says the reason.
    NotEvaluated,
}

/// One rule and its outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleOutcome {
    /// Rule id.
    pub rule: String,
    /// Found, clean or not evaluated.
    pub outcome: Outcome,
    /// Why it was not evaluated.
    pub why: Option<String>,
}

impl RuleOutcome {
    /// Whether it was not evaluated because the user or the configuration left it out.
    pub fn turned_off(&self) -> bool {
        self.outcome == Outcome::NotEvaluated && self.why.as_deref() == Some(crate::rule::TURNED_OFF)
    }
}

/// A target and whether it is met.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// e.g. `cache-hit-ratio`.
    pub target: String,
    /// e.g. `>= 0.99`.
    pub wanted: String,
    /// e.g. `0.997`; `None`: not known.
    pub observed: Option<String>,
    /// `None`: not known.
    pub met: Option<bool>,
    /// How it was observed, or why not.
    pub how: String,
}

/// Something that an ignore or the baseline hid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Subject key.
    pub subject: String,
    /// `baseline`, `below min-severity`, or the reason of the ignore.
    pub why: String,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// The findings against the baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineInfo {
    /// Findings that are not in it.
    pub new: u64,
    /// Findings that are in it.
    pub known: u64,
    /// Its entries that no longer occur though their rule was evaluated, in its order.
    pub resolved: Vec<Resolved>,
}

/// A baseline entry that no longer occurs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// Of the finding that was.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Subject key.
    pub subject: String,
}
