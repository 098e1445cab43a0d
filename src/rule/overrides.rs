//! What a project's configuration says about rules.

use std::collections::BTreeMap;

use super::{RuleError, Severity};
use crate::config::Ignore;
use crate::facts::{Parameter, nearest};
use crate::rule::{Catalogue, Rule};

/// What a configuration changes, by rule id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// By rule id.
    pub rules: BTreeMap<String, Override>,
    /// The ignores that hold today: a finding that the report hides does not stand for others.
    pub accepted: Vec<Ignore>,
}

/// What a configuration changes about one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Override {
    /// Not run.
    pub off: bool,
    /// Not run, because it means nothing where the server runs; with the reason.
    pub not_applicable: Option<String>,
    /// In place of the rule's and its rows'.
    pub severity: Option<Severity>,
    /// In place of the defaults.
    pub params: BTreeMap<String, Parameter>,
}

impl Overrides {
    /// Every rule and parameter that is named exists.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), RuleError> {
        for (id, change) in &self.rules {
            let rule = catalogue.rule(id)?;
            if let Some(parameter) = change.params.keys().find(|name| !rule.params.contains_key(*name)) {
                return Err(unknown_parameter(rule, parameter));
            }
        }
        Ok(())
    }

    /// Whether an ignore hides the finding.
    pub fn accepts(&self, rule: &str, subject: &str) -> bool {
        self.accepted.iter().any(|ignore| ignore.covers(rule, subject))
    }

    /// What is changed about a rule.
    pub fn of(&self, id: &str) -> Override {
        self.rules.get(id).cloned().unwrap_or_default()
    }
}

impl Override {
    /// The parameters of a rule as they are used.
    pub fn parameters(&self, rule: &Rule) -> BTreeMap<String, Parameter> {
        let value = |(name, param): (&String, &super::Param)| {
            let value = self.params.get(name).map_or(param.default.clone(), |given| alike(&param.default, given));
            (name.clone(), value)
        };
        rule.params.iter().map(value).collect()
    }
}

/// A whole number given for a threshold with decimals is one with decimals: SQL divides whole numbers otherwise.
fn alike(default: &Parameter, given: &Parameter) -> Parameter {
    match (default, given) {
        (Parameter::Real(_), Parameter::Integer(number)) => Parameter::Real(*number as f64),
        (Parameter::Integer(_), Parameter::Real(number)) if number.fract() == 0.0 => Parameter::Integer(*number as i64),
        _ => given.clone(),
    }
}

fn unknown_parameter(rule: &Rule, parameter: &str) -> RuleError {
    let known: Vec<&str> = rule.params.keys().map(String::as_str).collect();
    let help = match nearest(parameter, known.iter().copied()) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => format!("it has {}", known.join(", ")),
    };
    RuleError::UnknownParameter { id: rule.id.clone(), parameter: parameter.to_owned(), help }
}
