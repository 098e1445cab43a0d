//! A finding: what was seen, about what, what it costs, what to do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Severity;

/// Something that a rule found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// `v1:` and 16 hex digits of rule and subject: stable across runs and servers.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// What was seen, with numbers.
    pub message: String,
    /// What it is about.
    pub subject: Subject,
    /// What it costs.
    pub impact: Impact,
    /// The rule's row: every column that it returned, by name.
    pub evidence: BTreeMap<String, serde_json::Value>,
    /// What to do.
    pub remedy: Remedy,
    /// The words of a statement that it is about.
    pub highlight: Option<Highlight>,
    /// A place in a file of the project, where known.
    pub location: Option<Location>,
    /// Not in the baseline; `None` without a baseline.
    pub new: Option<bool>,
    /// Findings of other rules with the same cause, in place of findings of their own.
    #[serde(default)]
    pub covers: Vec<CoveredFinding>,
}

/// A finding that another one accounts for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoveredFinding {
    /// As it would have been on its own.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// The rule's `subject` column.
    pub subject: String,
}

/// What a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The rule's `subject` column: the stable key.
    pub key: String,
    /// `table`, `index`, `statement`, `sequence`, `constraint`, `setting`, `session`, `server`.
    pub kind: String,
    /// Schema, unquoted.
    pub schema: Option<String>,
    /// Table, unquoted.
    pub table: Option<String>,
    /// Columns, unquoted.
    pub columns: Vec<String>,
    /// Index, unquoted.
    pub index: Option<String>,
    /// Constraint, unquoted.
    pub constraint: Option<String>,
    /// Statement's own fingerprint.
    pub statement: Option<String>,
}

/// What a finding costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Time that it accounts for, ms.
    pub time_ms: Option<f64>,
    /// Share of all statement time, 0 to 1.
    pub share: Option<f64>,
    /// Calls.
    pub calls: Option<u64>,
}

/// What to do about a finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Remedy {
    /// `create-index`, `drop-index`, `reindex`, `analyze`, `advice`, …
    pub kind: String,
    /// SQL to run, in order; may be empty.
    pub sql: Vec<String>,
    /// In words.
    pub text: String,
    /// In the words of the framework.
    pub advice: Vec<OrmAdvice>,
}

/// Advice in the words of a framework.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrmAdvice {
    /// e.g. `django`.
    pub orm: String,
    /// How sure it is that this framework wrote the statement, 0 to 1; `None` for plain SQL.
    pub certainty: Option<f64>,
    /// What to write.
    pub text: String,
    /// The statement rewritten, where the fix is SQL and the text leaves no doubt.
    pub sql: Option<String>,
}

/// Words of a statement to underline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Highlight {
    /// The statement's fingerprint, to be found in `statements`.
    pub statement: String,
    /// Ranges of bytes in its text.
    pub spans: Vec<HighlightSpan>,
}

/// A range of bytes with a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HighlightSpan {
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// A few words.
    pub label: String,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Relative to the project's root, with `/`.
    pub path: String,
    /// From 1.
    pub line: u32,
}
