//! Rules: one TOML file each, SQL over the facts with its words, thresholds, docs and examples.
//!
//! Every rule ends in one of three outcomes: it found something, it found nothing, or it
//! was not evaluated, and why. An error of a rule is none of them: it ends the audit.

mod catalogue;
mod check;
mod cover;
mod error;
mod explain;
mod message;
mod overrides;
mod profile;
mod requires;
mod run;
mod spec;

use std::collections::BTreeMap;

pub use crate::config::Severity;
pub use catalogue::{Catalogue, LOCAL};
pub use error::RuleError;
pub use explain::{explanation, index_page, page};
pub use message::Message;
pub use overrides::{Override, Overrides};
pub use profile::Profile;
pub use requires::{Requirement, Requires};
pub use run::{TURNED_OFF, run, run_one};
pub use spec::{Docs, Example, Expected, Param, Rule};

/// A rule and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Id of the rule.
    pub rule: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a rule ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// At least one row, worst first.
    Found(Vec<Row>),
    /// Looked at everything it needs, found nothing.
    Clean,
    /// Did not see what it needs: why, and what shows it, in sentences.
    NotEvaluated(String),
}

/// A finding that another one accounts for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covered {
    /// Its rule.
    pub rule: String,
    /// Its subject.
    pub subject: String,
}

/// A row that a rule returned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Stable key of the finding.
    pub subject: String,
    /// The rule's message with the row's values.
    pub message: String,
    /// The configuration's, else the row's or the rule's, or that of a worse one that it covers.
    pub severity: Severity,
    /// How sure, 0 to 1; the rule's unless the row says.
    pub confidence: f64,
    /// Time that the finding accounts for, ms.
    pub impact_ms: Option<f64>,
    /// Statement that it is about.
    pub statement_id: Option<String>,
    /// Table that it is about, `pg_class.oid`.
    pub table_id: Option<u32>,
    /// Index that it is about, `pg_class.oid`.
    pub index_id: Option<u32>,
    /// Remedy in place of the rule's.
    pub remedy: Option<String>,
    /// Subjects of what it accounts for among the findings of the rules that its rule covers; `None`: of those about the
    /// same object.
    pub accounts_for: Option<Vec<String>>,
    /// Findings of other rules that this one accounts for, in their order.
    pub covers: Vec<Covered>,
    /// Every column of the row but `accounts_for`.
    pub evidence: BTreeMap<String, serde_json::Value>,
}
