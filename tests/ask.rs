//! What real planners take of texts as `pg_stat_statements` has them.

mod support;

use std::path::Path;

use pgassay::what_if::ask::{self, Explain, PlanNodes, Planner, Text};
use support::connecting;

/// Texts of `fixtures/workload` that may stay without a plan: one in 181.
const MAY_FAIL: usize = 1;

fn texts(name: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/workload/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).expect("the texts")).expect("a list of texts")
}

/// The plan of a text with its types found, and how many tries that took.
async fn planned(planner: &mut impl Planner, explain: &mut Explain, text: &str) -> Result<(PlanNodes, usize), String> {
    let before = ask::opening("app, public");
    let text = Text::single(text, false).map_err(|refused| refused.to_string())?;
    let found = ask::accepted(planner, explain, &before, text).await.map_err(|refused| refused.to_string())?;
    let script = explain.generic(&found.text);
    let answer = ask::run(planner, &before, &script).await.map_err(|error| error.to_string())?;
    let plan = answer.first().and_then(|json| PlanNodes::read(json)).ok_or("no plan")?;
    Ok((plan, found.tries))
}

async fn all_but_one_is_planned(major: u32, texts_of: &str) {
    let server = support::server(major);
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, include_str!("../fixtures/lab/app/schema.sql")).await;
    support::run(&mut admin, include_str!("../fixtures/lab/app/views.sql")).await;
    let mut session = connecting::session(&server, "postgres").await;
    let (mut explain, mut failed, mut searched, mut tries) = (Explain::of(major), Vec::new(), 0, 0);
    let texts = texts(texts_of);
    for text in &texts {
        match planned(&mut session, &mut explain, text).await {
            Ok((plan, found)) => {
                assert!(plan.cost() >= 0.0 && !plan.shape(&std::collections::BTreeMap::new()).is_empty(), "{text}");
                searched += usize::from(found > 1);
                tries += found - 1;
            }
            Err(why) => failed.push(format!("{why}: {text}")),
        }
    }
    let all = texts.len();
    println!("{major}: {} of {all} planned, types searched for {searched} in {tries} tries", all - failed.len());
    assert_eq!(all, 181);
    assert!(failed.len() <= MAY_FAIL, "PostgreSQL {major}\n{}", failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_181_texts_of_15_at_most_one_has_no_plan_on_13() {
    all_but_one_is_planned(13, "lab-15").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_181_texts_of_15_at_most_one_has_no_plan_on_15() {
    all_but_one_is_planned(15, "lab-15").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_181_texts_of_15_at_most_one_has_no_plan_on_16() {
    all_but_one_is_planned(16, "lab-15").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_181_texts_of_18_at_most_one_has_no_plan_on_18() {
    all_but_one_is_planned(18, "lab-18").await;
}
