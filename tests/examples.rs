//! Every example of every rule, on every supported PostgreSQL. `PGASSAY_EXAMPLE=words` runs those whose rule or
//! name contains the words.

mod support;

use pgassay::command::rules_test::{Verdict, run_examples};
use pgassay::rule::Catalogue;

async fn every_example_agrees(major: u32) {
    let catalogue = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    let words = std::env::var("PGASSAY_EXAMPLE").unwrap_or_default();
    let binaries = support::binaries(major);
    let results = run_examples(&catalogue, &binaries, major, |rule, example| {
        rule.id.contains(&words) || example.name.contains(&words)
    });
    let results = results.await.unwrap_or_else(|error| panic!("{error:?}"));
    let mut agreed = 0;
    let mut wrong = Vec::new();
    for result in &results {
        let name = format!("{}: {}", result.rule, result.example);
        match &result.verdict {
            Verdict::Agreed => agreed += 1,
            Verdict::NotForThisVersion => {}
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
