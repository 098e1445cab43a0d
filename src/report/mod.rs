//! All that an audit says, as data: assembled here, shown by `render`, acted on by `migration`.

mod assemble;
pub mod baseline;
pub mod considered;
mod contract;
pub mod disproved;
mod findings;
mod fingerprint;
mod hide;
mod highlight;
mod indexes;
mod judged;
mod lookup;
mod order;
mod orm;
mod relation;
mod remedy;
mod rewrite;
mod scorecard;
mod skipped;
mod slowness;
mod source;
mod statements;
mod subject;
mod update;

use crate::advisor::Recommendations;
use crate::analysis::Analyses;
use crate::config::{Config, FailOn};
use crate::rule::{Catalogue, Evaluated, Profile};
use crate::snapshot::Snapshot;
use crate::workload::Workload;

pub use contract::{
    Action, BaselineInfo, BasisCounts, CauseInfo, ConsideredIndex, CoveredFinding, Finding, Highlight, HighlightSpan,
    Impact, IndexAction, IndexColumn, Judgement, LabInfo, Location, MissingPart, OrmAdvice, Outcome, PartitionRef,
    PlanDifference, Proof, ProofStatement, Remedy, Report, Resolved, RuleOutcome, SCHEMA, Score, SelfCheck, ServerInfo,
    Severity, Skipped, SourceInfo, StatementCounts, StatementGain, StatementIndex, StatementInfo, Subject, Suppressed,
    Tool, Unjudged, WhatIfInfo,
};
pub use judged::{Judged, doubt};

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Its statements.
    pub workload: &'a Workload,
    /// What the analyses found in them.
    pub analyses: &'a Analyses,
    /// What the advisor proposes.
    pub recommendations: &'a Recommendations,
    /// Who judged that.
    pub judged: &'a Judged,
    /// The rules.
    pub catalogue: &'a Catalogue,
    /// What they found.
    pub evaluated: &'a [Evaluated],
    /// Ignores and the least severity to show.
    pub config: &'a Config,
    /// What the place changes where the server runs.
    pub profile: Option<&'a Profile>,
    /// `live`, `snapshot` or `log`.
    pub source_kind: &'a str,
}

impl Report {
    /// The report of an audit: ordered, linked, without what the configuration hides.
    pub fn assemble(material: &Material<'_>) -> Self {
        assemble::assemble(material)
    }

    /// The index advice alone: no rule was run, so every recommendation is in it.
    pub fn advice(material: &Material<'_>, considered: Vec<ConsideredIndex>) -> Self {
        assemble::advice(material, considered)
    }

    /// 1 when a finding that is not hidden reaches `fail_on`, else 0.
    pub fn exit_code(&self, fail_on: FailOn) -> u8 {
        u8::from(self.findings.iter().any(|finding| fail_on.reached_by(finding.severity)))
    }

    /// The statement with this fingerprint.
    pub fn statement(&self, fingerprint: &str) -> Option<&StatementInfo> {
        self.statements.iter().find(|statement| statement.statement == fingerprint)
    }

    /// Day of the snapshot, `2027-01-31`, UTC.
    pub fn day(&self) -> &str {
        self.source.taken_at.get(..10).unwrap_or_default()
    }
}
