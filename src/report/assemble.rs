//! From the material to the report: findings, the indexes that answer them, the statements that they name.

use super::findings::drafts;
use super::indexes::indexes;
use super::lookup::Lookup;
use super::{Finding, Material, Outcome, Report, RuleOutcome, SCHEMA, Tool, hide, order, skipped, source, statements};
use crate::rule;

pub(super) fn assemble(material: &Material<'_>) -> Report {
    let lookup = Lookup::new(material);
    let mut drafts = drafts(material.evaluated, &lookup);
    let mut indexes = indexes(&mut drafts, &lookup);
    let mut findings: Vec<Finding> = drafts.into_iter().map(|draft| draft.finding).collect();
    findings.sort_by(order::findings);
    for index in &mut indexes {
        index.findings.sort();
    }
    let report = Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "pgassay".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        server: source::server(&lookup),
        source: source::source(&lookup),
        rules: outcomes(material.evaluated),
        scorecard: Vec::new(),
        statements: statements::statements(&findings, &indexes, &lookup),
        findings,
        indexes,
        baseline: None,
        suppressed: Vec::new(),
        skipped: skipped::skipped(&lookup),
    };
    hide::by_config(report, material.config)
}

/// By rule id.
fn outcomes(evaluated: &[rule::Evaluated]) -> Vec<RuleOutcome> {
    let mut outcomes: Vec<RuleOutcome> = evaluated.iter().map(outcome).collect();
    outcomes.sort_by(|one, two| one.rule.cmp(&two.rule));
    outcomes
}

fn outcome(evaluated: &rule::Evaluated) -> RuleOutcome {
    let (outcome, why) = match &evaluated.outcome {
        rule::Outcome::Found(rows) if rows.is_empty() => (Outcome::Clean, None),
        rule::Outcome::Found(_) => (Outcome::Found, None),
        rule::Outcome::Clean => (Outcome::Clean, None),
        rule::Outcome::NotEvaluated(why) => (Outcome::NotEvaluated, Some(why.clone())),
    };
    RuleOutcome { rule: evaluated.rule.clone(), outcome, why }
}
