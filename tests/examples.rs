//! Every example of every rule, on every supported PostgreSQL: with `PGASSAY_EXAMPLES=whole` each on all six, else each on
//! the oldest, the newest and one of those between, in turns, and where it is about versions on all. `PGASSAY_EXAMPLE=words`
//! runs those whose rule or name contains the words, on all.

mod support;

use pgassay::command::rules_test::{Verdict, run_examples};
use pgassay::rule::{Catalogue, Example, Rule};

/// Whether it is this version's turn: seven hundred examples on six servers take more time than all other tests.
fn turn(rule: &Rule, example: &Example, major: u32) -> bool {
    let whole = std::env::var("PGASSAY_EXAMPLES").is_ok_and(|what| what == "whole");
    let about_versions = example.min_version.or(example.max_version).or(rule.requires.min_version).is_some();
    let sum: u32 = rule.id.bytes().chain(example.name.bytes()).map(u32::from).sum();
    whole || about_versions || [13, 18].contains(&major) || major == 14 + sum % 4
}

async fn every_example_agrees(major: u32) {
    let catalogue = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    let words = std::env::var("PGASSAY_EXAMPLE").unwrap_or_default();
    let binaries = support::binaries(major);
    let results = run_examples(&catalogue, &binaries, major, |rule, example| {
        if words.is_empty() {
            return turn(rule, example, major);
        }
        rule.id.contains(&words) || example.name.contains(&words)
    });
    let results = results.await.unwrap_or_else(|error| panic!("{error:?}"));
    let mut agreed = 0;
    let mut wrong = Vec::new();
    for result in &results {
        let name = format!("{}: {}", result.rule, result.example);
        match &result.verdict {
            Verdict::Agreed => agreed += 1,
            Verdict::NotForThisVersion | Verdict::NotForThisServer => {}
            Verdict::Disagreed { expected, got } => {
                wrong.push(format!("{name}\n  expected {expected}\n  got      {got}"));
            }
            Verdict::Failed(error) => wrong.push(format!("{name}\n  {error:?}")),
        }
    }
    println!("PostgreSQL {major}: {agreed} of {} examples agree", results.len());
    assert!(!results.is_empty(), "no example contains \"{words}\"");
    assert!(
        wrong.is_empty(),
        "PostgreSQL {major}: {} of {} disagree\n\n{}",
        wrong.len(),
        results.len(),
        wrong.join("\n\n")
    );
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
