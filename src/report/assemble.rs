//! From the material to the report: findings, the indexes that answer them, the statements that they name.

use super::findings::drafts;
use super::indexes;
use super::lookup::Lookup;
use super::{
    ConsideredIndex, Finding, Material, Outcome, Report, RuleOutcome, SCHEMA, Tool, hide, judged, order, scorecard,
    skipped, source, statements,
};
use crate::rule;

pub(super) fn assemble(material: &Material<'_>) -> Report {
    let lookup = Lookup::new(material);
    let mut drafts = drafts(material.evaluated, &lookup);
    let mut indexes = indexes::indexes(&mut drafts, &lookup);
    let mut findings: Vec<Finding> = drafts.into_iter().map(|draft| draft.finding).collect();
    findings.sort_by(order::findings);
    for index in &mut indexes {
        index.findings.sort();
    }
    let what_if = judged::judgement(&lookup);
    let report = Report {
        schema: SCHEMA.to_owned(),
        tool: tool(),
        server: source::server(&lookup),
        source: source::source(&lookup),
        rules: outcomes(material.evaluated),
        scorecard: scorecard::scorecard(&lookup),
        statements: statements::statements(&findings, &indexes, what_if.as_ref(), &lookup),
        findings,
        indexes,
        considered: Vec::new(),
        baseline: None,
        suppressed: Vec::new(),
        skipped: skipped::skipped(what_if.as_ref(), &lookup),
        what_if,
    };
    hide::by_config(report, material.config)
}

/// The same for the recommendations alone.
pub(super) fn advice(material: &Material<'_>, considered: Vec<ConsideredIndex>) -> Report {
    let lookup = Lookup::new(material);
    let indexes = indexes::advised(&lookup);
    let what_if = judged::judgement(&lookup);
    Report {
        schema: SCHEMA.to_owned(),
        tool: tool(),
        server: source::server(&lookup),
        source: source::source(&lookup),
        statements: statements::statements(&[], &indexes, what_if.as_ref(), &lookup),
        indexes,
        considered,
        skipped: skipped::skipped(what_if.as_ref(), &lookup),
        what_if,
        ..Report::default()
    }
}

fn tool() -> Tool {
    Tool { name: "pgassay".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
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
