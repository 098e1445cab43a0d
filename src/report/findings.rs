//! Rows of rules as findings.

use super::fingerprint::fingerprint;
use super::highlight::highlight;
use super::lookup::Lookup;
use super::remedy::remedy;
use super::subject::{number, subject, text};
use super::{CoveredFinding, Finding, Impact, Severity};
use crate::rule::{self, Evaluated, Outcome, Row, Rule};

/// A row of a rule with the finding that it became.
pub(super) struct Draft<'a> {
    pub(super) row: &'a Row,
    /// Position in `Recommendations::create` of the index that answers it.
    pub(super) advice: Option<usize>,
    pub(super) finding: Finding,
}

/// All findings, in the order of the rules.
pub(super) fn drafts<'a>(evaluated: &'a [Evaluated], lookup: &Lookup<'a>) -> Vec<Draft<'a>> {
    let rows = evaluated.iter().filter_map(|one| match &one.outcome {
        Outcome::Found(rows) => Some((lookup.rule(&one.rule)?, rows)),
        Outcome::Clean | Outcome::NotEvaluated(_) => None,
    });
    rows.flat_map(|(rule, rows)| rows.iter().map(move |row| (rule, row)))
        .map(|(rule, row)| draft(rule, row, lookup))
        .collect()
}

fn draft<'a>(rule: &Rule, row: &'a Row, lookup: &Lookup<'a>) -> Draft<'a> {
    let advice = advice_of(row, lookup);
    let advised = advice.and_then(|position| lookup.material.recommendations.create.get(position));
    let finding = Finding {
        fingerprint: fingerprint(&rule.id, &row.subject),
        rule: rule.id.clone(),
        severity: severity(row.severity),
        confidence: row.confidence,
        message: row.message.clone(),
        subject: subject(row, lookup),
        impact: impact(row, lookup),
        evidence: row.evidence.clone(),
        remedy: remedy(rule, row, lookup),
        highlight: highlight(&rule.id, row, advised, lookup),
        location: None,
        new: None,
        covers: row.covers.iter().map(covered).collect(),
    };
    Draft { row, advice, finding }
}

fn covered(covered: &rule::Covered) -> CoveredFinding {
    CoveredFinding {
        fingerprint: fingerprint(&covered.rule, &covered.subject),
        rule: covered.rule.clone(),
        subject: covered.subject.clone(),
    }
}

fn severity(severity: rule::Severity) -> Severity {
    match severity {
        rule::Severity::Info => Severity::Info,
        rule::Severity::Warning => Severity::Warning,
        rule::Severity::Error => Severity::Error,
    }
}

fn impact(row: &Row, lookup: &Lookup<'_>) -> Impact {
    let counters = row.statement_id.as_deref().and_then(|statement| lookup.counters(statement));
    Impact {
        time_ms: row.impact_ms,
        share: row.impact_ms.and_then(|ms| lookup.share(ms)),
        calls: number(row, &["calls"]).or(counters.map(|counters| counters.calls)),
    }
}

/// The recommendation that a row of `index_advice` stands for: by rank, by DDL, or by table and name.
fn advice_of(row: &Row, lookup: &Lookup<'_>) -> Option<usize> {
    let create = &lookup.material.recommendations.create;
    if let Some(rank) = number(row, &["advice"]) {
        return usize::try_from(rank).ok()?.checked_sub(1).filter(|position| *position < create.len());
    }
    let name = text(row, &["name", "index_name", "new_index"])?;
    create.iter().position(|advice| Some(advice.design.table_oid) == row.table_id && advice.name == name)
}
