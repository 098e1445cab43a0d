//! Whether a rule fits the fact tables: every column, parameter and placeholder that it names exists.

use std::collections::BTreeSet;

use super::requires::PARTS;
use super::{Catalogue, Rule, RuleError};
use crate::facts::{Facts, FactsError, nearest};

impl Catalogue {
    /// Prepares the SQL of every rule against empty fact tables, and compares the names in it with its message
    /// and its parameters.
    pub async fn check(&self) -> Result<(), RuleError> {
        let mut facts = Facts::empty().await?;
        for rule in self.rules() {
            check(rule, &mut facts).await?;
        }
        Ok(())
    }
}

async fn check(rule: &Rule, facts: &mut Facts) -> Result<(), RuleError> {
    let (columns, used) = facts.describe(&rule.sql).await.map_err(|error| in_sql(rule, &error))?;
    has_subject(rule, &columns)?;
    placeholders(rule, &columns)?;
    parameters(rule, &used)?;
    required_parts(rule)?;
    example_parameters(rule)
}

fn in_sql(rule: &Rule, error: &FactsError) -> RuleError {
    let source = &rule.source;
    let at = source.word(&source.sql, error.word().unwrap_or_default());
    source.error(error.to_string(), at, "here", error.advice())
}

fn has_subject(rule: &Rule, columns: &[String]) -> Result<(), RuleError> {
    let source = &rule.source;
    if !columns.iter().any(|column| column == "subject") {
        let help =
            "one column must be named `subject`: the stable key of a finding, `table_name AS subject`".to_owned();
        let message = "the SQL returns no column \"subject\"".to_owned();
        return Err(source.error(message, source.sql.clone(), "no subject", Some(help)));
    }
    let mut seen = BTreeSet::new();
    match columns.iter().find(|column| !seen.insert(*column)) {
        Some(twice) => {
            let at = source.word(&source.sql, twice);
            Err(source.error(format!("the SQL returns two columns \"{twice}\""), at, "twice", None))
        }
        None => Ok(()),
    }
}

fn placeholders(rule: &Rule, columns: &[String]) -> Result<(), RuleError> {
    let source = &rule.source;
    match rule.message.columns().find(|name| !columns.iter().any(|column| column == name)) {
        Some(name) => {
            let help = near_or_all(name, columns);
            let message = format!("the SQL returns no column \"{name}\"");
            Err(source.error(message, source.word(&source.message, name), "not a column of the SQL", Some(help)))
        }
        None => Ok(()),
    }
}

fn parameters(rule: &Rule, used: &[String]) -> Result<(), RuleError> {
    let source = &rule.source;
    let declared: Vec<String> = rule.params.keys().cloned().collect();
    if let Some(name) = used.iter().find(|name| !declared.contains(name)) {
        let message = format!("there is no [params.{name}]");
        let help = near_or_all(name, &declared);
        return Err(source.error(message, source.word(&source.sql, name), "not declared", Some(help)));
    }
    match declared.iter().find(|name| !used.contains(name)) {
        Some(name) => {
            let at = source.word(&(0..source.text.len()), &format!("params.{name}"));
            Err(source.error(format!("the SQL does not use :{name}"), at, "not used", Some(near_or_all(name, used))))
        }
        None => Ok(()),
    }
}

/// A part that is misspelt would never be missing.
fn required_parts(rule: &Rule) -> Result<(), RuleError> {
    let source = &rule.source;
    match rule.requires.parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        Some(part) => {
            let known: Vec<String> = PARTS.map(str::to_owned).to_vec();
            let at = source.word(&(0..source.text.len()), part);
            let help = Some(near_or_all(part, &known));
            Err(source.error(format!("a snapshot has no part \"{part}\""), at, "no part", help))
        }
        None => Ok(()),
    }
}

fn example_parameters(rule: &Rule) -> Result<(), RuleError> {
    let source = &rule.source;
    let names = rule.examples.iter().flat_map(|example| example.params.keys());
    match names.into_iter().find(|name| !rule.params.contains_key(*name)) {
        Some(name) => {
            let at = source.word(&(0..source.text.len()), name);
            let known: Vec<String> = rule.params.keys().cloned().collect();
            Err(source.error(
                format!("there is no [params.{name}]"),
                at,
                "not declared",
                Some(near_or_all(name, &known)),
            ))
        }
        None => Ok(()),
    }
}

fn near_or_all(word: &str, known: &[String]) -> String {
    match nearest(word, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there is {}", known.join(", ")),
    }
}
