//! Running rules over the facts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Catalogue, Evaluated, Outcome, Override, Overrides, Requirement, Row, Rule, RuleError, Severity, cover};
use crate::facts::{Answer, Facts};

/// Why a rule was not evaluated that nobody wanted.
pub const TURNED_OFF: &str = "it is turned off in the configuration";

/// Runs every rule, in the order of their ids; findings of one cause become one. A rule that fails is not evaluated,
/// with the error as its reason: the others are worth no less.
pub async fn run(catalogue: &Catalogue, facts: &mut Facts, overrides: &Overrides) -> Result<Vec<Evaluated>, RuleError> {
    overrides.check(catalogue)?;
    let mut evaluated = Vec::new();
    for rule in catalogue.rules() {
        let outcome = match run_one(rule, facts, &overrides.of(&rule.id)).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::NotEvaluated(failure(&error)),
        };
        evaluated.push(Evaluated { rule: rule.id.clone(), outcome });
    }
    cover::consolidate(catalogue, &mut evaluated, overrides);
    Ok(evaluated)
}

/// The error with its cause, on one line.
fn failure(error: &RuleError) -> String {
    match error {
        RuleError::Failed { source, .. } => format!("its SQL failed: {source}"),
        other => other.to_string(),
    }
}

/// Runs one rule.
pub async fn run_one(rule: &Rule, facts: &mut Facts, change: &Override) -> Result<Outcome, RuleError> {
    if change.off {
        return Ok(Outcome::NotEvaluated(TURNED_OFF.to_owned()));
    }
    if let Some(why) = &change.not_applicable {
        return Ok(Outcome::NotEvaluated(why.clone()));
    }
    let requirement = rule.requires.judge(facts.availability());
    if let Requirement::Unmet(why) = requirement {
        return Ok(Outcome::NotEvaluated(why));
    }
    let answer = facts.query(&rule.sql, &change.parameters(rule)).await;
    let answer = answer.map_err(|source| RuleError::Failed { id: rule.id.clone(), source })?;
    let (answer, left_open) = left_open(rule, answer)?;
    let rows = rows(rule, answer, change)?;
    Ok(match (rows.is_empty(), requirement, left_open) {
        (false, ..) => Outcome::Found(rows),
        (true, Requirement::Partly(why), _) | (true, _, Some(why)) => Outcome::NotEvaluated(why),
        (true, ..) => Outcome::Clean,
    })
}

/// The answer without the rows that say what the rule could not judge in `not_evaluated`, and the first of these.
fn left_open(rule: &Rule, mut answer: Answer) -> Result<(Answer, Option<String>), RuleError> {
    let Some(at) = answer.columns.iter().position(|column| column == "not_evaluated") else {
        return Ok((answer, None));
    };
    answer.columns.remove(at);
    let mut whys = Vec::new();
    answer.rows.retain_mut(|row| {
        let why = row.remove(at);
        let finding = why.is_null();
        whys.extend((!finding).then_some(why));
        finding
    });
    match whys.into_iter().next() {
        None => Ok((answer, None)),
        Some(Value::String(why)) => Ok((answer, Some(why))),
        Some(other) => {
            let problem = format!("not_evaluated is {other}, not a text");
            Err(RuleError::Row { id: rule.id.clone(), problem })
        }
    }
}

/// Worst first; of rows about the same subject, which would be one finding, the worst stays.
fn rows(rule: &Rule, answer: Answer, change: &Override) -> Result<Vec<Row>, RuleError> {
    let to_row = |values: Vec<Value>| row(rule, answer.columns.iter().cloned().zip(values).collect(), change);
    let mut rows = answer.rows.into_iter().map(to_row).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(worst_first);
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.subject.clone()));
    Ok(rows)
}

/// The worst, then what takes most time, then by subject.
pub(super) fn worst_first(one: &Row, other: &Row) -> Ordering {
    let impact = |row: &Row| row.impact_ms.unwrap_or(0.0);
    other
        .severity
        .cmp(&one.severity)
        .then(impact(other).total_cmp(&impact(one)))
        .then_with(|| one.subject.cmp(&other.subject))
}

fn row(rule: &Rule, mut evidence: BTreeMap<String, Value>, change: &Override) -> Result<Row, RuleError> {
    let problem = |problem: String| RuleError::Row { id: rule.id.clone(), problem };
    // for the engine: what it leads to is named in `covers`
    let accounts_for = evidence.remove("accounts_for").map_or(Ok(None), |list| listed(&list)).map_err(problem)?;
    let cells = Cells(&evidence);
    let subject = cells.text("subject").map_err(problem)?.ok_or_else(|| problem("its subject is NULL".to_owned()))?;
    let own_severity = cells.severity().map_err(problem)?.unwrap_or(rule.severity);
    let message = rule.message.fill(|column| evidence.get(column));
    let message = message.map_err(|column| problem(format!("{column} is NULL (subject {subject})")))?;
    Ok(Row {
        subject,
        message,
        severity: change.severity.unwrap_or(own_severity),
        confidence: cells.number("confidence").map_err(problem)?.unwrap_or(rule.confidence).clamp(0.0, 1.0),
        impact_ms: cells.number("impact_ms").map_err(problem)?,
        statement_id: cells.text("statement_id").map_err(problem)?,
        table_id: cells.id("table_id").map_err(problem)?,
        index_id: cells.id("index_id").map_err(problem)?,
        remedy: cells.text("remedy").map_err(problem)?,
        accounts_for,
        covers: Vec::new(),
        evidence,
    })
}

/// The texts of a JSON array, as `json_array` and `json_group_array` make it.
fn listed(list: &Value) -> Result<Option<Vec<String>>, String> {
    match list {
        Value::Null => Ok(None),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(texts) => Ok(Some(texts)),
            Err(_) => Err(format!("accounts_for is {text}, not a JSON array of texts")),
        },
        other => Err(format!("accounts_for is {other}, not a JSON array of texts")),
    }
}

/// The columns of a row that mean something to the engine; each may be missing or NULL.
struct Cells<'a>(&'a BTreeMap<String, Value>);

impl Cells<'_> {
    fn text(&self, column: &str) -> Result<Option<String>, String> {
        match self.0.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("{column} is {other}, not a text")),
        }
    }

    fn number(&self, column: &str) -> Result<Option<f64>, String> {
        match self.0.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| format!("{column} is {value}, not a number")),
        }
    }

    fn id(&self, column: &str) -> Result<Option<u32>, String> {
        match self.0.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
                id.map(Some).ok_or_else(|| format!("{column} is {value}, not an id"))
            }
        }
    }

    fn severity(&self) -> Result<Option<Severity>, String> {
        let Some(text) = self.text("severity")? else { return Ok(None) };
        let known = [Severity::Info, Severity::Warning, Severity::Error];
        let found = known.into_iter().find(|severity| severity.name() == text);
        found.map(Some).ok_or_else(|| format!("severity is \"{text}\", not info, warning or error"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title = 't'\nseverity = 'info'\nsince = '0.1.0'\nremedy = 'advice'\nsql = 'SELECT 1 AS subject'\n\
                        message = 'm'\n[docs]\nproblem = 'p'\nremedy = 'r'\n[[example]]\nname = 'a'\nfinds = ['x']\n[[example]]\nname = 'b'\nfinds = []\n";

    #[test]
    fn a_row_that_could_not_be_judged_is_no_finding_and_the_first_reason_is_told() {
        let rule = Rule::parse("rules/test/t.toml", RULE).expect("a rule");
        let answer = |rows: &[(&str, Value)]| Answer {
            columns: vec!["not_evaluated".to_owned(), "subject".to_owned()],
            rows: rows.iter().map(|(subject, why)| vec![why.clone(), Value::from(*subject)]).collect(),
        };
        for (given, subjects, why) in [
            (answer(&[("a", Value::Null)]), vec!["a"], None),
            (answer(&[("a", "young".into()), ("b", Value::Null), ("c", "small".into())]), vec!["b"], Some("young")),
            (answer(&[]), vec![], None),
        ] {
            let (kept, told) = left_open(&rule, given).expect("an answer");
            assert_eq!(kept.columns, ["subject"]);
            assert_eq!(kept.rows, subjects.into_iter().map(|one| vec![Value::from(one)]).collect::<Vec<_>>());
            assert_eq!(told.as_deref(), why);
        }
        let wrong = left_open(&rule, answer(&[("a", 5.into())])).expect_err("an error").to_string();
        assert!(wrong.contains("not_evaluated is 5, not a text"), "{wrong}");
    }

    #[test]
    fn what_a_row_accounts_for_is_an_array_of_texts_and_no_evidence() {
        let rule = Rule::parse("rules/test/t.toml", RULE).expect("a rule");
        let read = |list: Value| {
            let evidence = BTreeMap::from([("subject".to_owned(), "s".into()), ("accounts_for".to_owned(), list)]);
            row(&rule, evidence, &Override::default())
        };
        let some = read(Value::from("[\"a\",\"b c\"]")).expect("a row");
        assert_eq!(some.accounts_for, Some(vec!["a".to_owned(), "b c".to_owned()]));
        assert!(!some.evidence.contains_key("accounts_for"));
        assert_eq!(read(Value::Null).expect("a row").accounts_for, None);
        for wrong in [Value::from("a"), Value::from("[1]"), Value::from(1)] {
            let said = read(wrong).expect_err("an error").to_string();
            assert!(said.contains("not a JSON array of texts"), "{said}");
        }
    }
}
