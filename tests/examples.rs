//! Every example of every rule, on every supported PostgreSQL. `PGASSAY_EXAMPLE=words` runs those whose rule or name
//! contains the words.

mod support;

use std::collections::BTreeSet;
use std::io::Write;

use pgassay::command::rules_test::{ExampleResult, Verdict, run_examples};
use pgassay::rule::{Catalogue, Example, Rule};

async fn every_example_agrees(major: u32) {
    let catalogue = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    let words = std::env::var("PGASSAY_EXAMPLE").unwrap_or_default();
    let binaries = support::binaries(major);
    let named = |rule: &Rule, example: &Example| rule.id.contains(&words) || example.name.contains(&words);
    let results = run_examples(&catalogue, &binaries, major, named).await.unwrap_or_else(|error| panic!("{error:?}"));
    let count = |wanted: fn(&Verdict) -> bool| results.iter().filter(|result| wanted(&result.verdict)).count();
    let other = count(|verdict| matches!(verdict, Verdict::NotForThisVersion));
    let agreed = count(|verdict| matches!(verdict, Verdict::Agreed | Verdict::Mended));
    let mended = count(|verdict| matches!(verdict, Verdict::Mended));
    let rules: BTreeSet<&str> = of(&results, |verdict| matches!(verdict, Verdict::Mended));
    told(&format!(
        "PostgreSQL {major}: {agreed} of {} examples agree, {other} are for other versions; {mended} remedies of {} rules were run",
        results.len() - other,
        rules.len()
    ));
    assert!(!results.is_empty(), "no example contains \"{words}\"");
    let wrong: Vec<String> = results.iter().filter_map(what_is_wrong).collect();
    let (wrong_count, all) = (wrong.len(), results.len());
    assert!(wrong.is_empty(), "PostgreSQL {major}: {wrong_count} of {all} disagree\n\n{}", wrong.join("\n\n"));
    let promised = catalogue.rules().iter().filter(|rule| words.is_empty() && has_remedy_to_run(rule, major));
    let idle: Vec<&str> = promised.map(|rule| rule.id.as_str()).filter(|rule| !rules.contains(rule)).collect();
    assert!(idle.is_empty(), "PostgreSQL {major}: no remedy was run of {idle:?}");
}

/// Past the test harness, which keeps what a test that passes prints.
fn told(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap_or_else(|error| panic!("{error}"));
}

/// The rules of the results of a kind.
fn of(results: &[ExampleResult], wanted: fn(&Verdict) -> bool) -> BTreeSet<&str> {
    results.iter().filter(|result| wanted(&result.verdict)).map(|result| result.rule.as_str()).collect()
}

/// Whether an example for this version promises a remedy.
fn has_remedy_to_run(rule: &Rule, major: u32) -> bool {
    rule.mended().any(|example| {
        !example.jit
            && example.min_version.is_none_or(|version| version <= major)
            && example.max_version.is_none_or(|version| version >= major)
    })
}

fn what_is_wrong(result: &ExampleResult) -> Option<String> {
    let name = format!("{}: {}", result.rule, result.example);
    match &result.verdict {
        Verdict::Agreed | Verdict::Mended | Verdict::NotForThisVersion | Verdict::NotForThisServer => None,
        Verdict::Disagreed { expected, got } => Some(format!("{name}\n  expected {expected}\n  got      {got}")),
        Verdict::Failed(error) => Some(format!("{name}\n  {error:?}")),
    }
}

#[test]
fn every_rule_has_a_remedy_that_an_example_runs_or_says_why_there_is_none() {
    let builtin = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    let (run, without): (Vec<&Rule>, Vec<&Rule>) = builtin.rules().iter().partition(|rule| rule.mended().count() > 0);
    told(&format!("{} rules have a remedy that is run, {} say why there is none", run.len(), without.len()));
    let said = |rule: &Rule| rule.remedy_not_run.as_ref().is_some_and(|why| !why.trim().is_empty());
    let silent: Vec<&str> = without.iter().filter(|rule| !said(rule)).map(|rule| rule.id.as_str()).collect();
    assert!(silent.is_empty(), "no remedy is run, and no `remedy_not_run` says why: {silent:?}");
    let both: Vec<&str> = run.iter().filter(|rule| said(rule)).map(|rule| rule.id.as_str()).collect();
    assert!(both.is_empty(), "a remedy is run, and `remedy_not_run` says that none is: {both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_13() {
    every_example_agrees(13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_14() {
    every_example_agrees(14).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_15() {
    every_example_agrees(15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_16() {
    every_example_agrees(16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_17() {
    every_example_agrees(17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_every_rule_agrees_on_18() {
    every_example_agrees(18).await;
}
