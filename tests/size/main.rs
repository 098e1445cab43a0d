//! Sizes and heights estimated from statistics, against indexes really built.

#[path = "../support/mod.rs"]
mod support;

mod measure;

use measure::{Measured, measured};

const MARKET: (&str, &str) = (include_str!("market.sql"), include_str!("market_indexes.sql"));
const CLINIC: (&str, &str) = (include_str!("clinic.sql"), include_str!("clinic_indexes.sql"));

/// The estimates of one schema on one version, with their figures printed.
async fn judged(name: &str, (schema, indexes): (&str, &str), major: u32) {
    let all = measured(major, name, schema, indexes).await;
    println!("{name}, PostgreSQL {major}: estimated/real blocks by statistics alone and with the lab's help; heights");
    for one in &all {
        println!("{one}");
    }
    let exact: Vec<&Measured> = all.iter().filter(|one| !one.rough && !one.grown).collect();
    let rough: Vec<&Measured> = all.iter().filter(|one| one.rough).collect();
    for (way, of) in [("alone", Measured::alone as fn(&Measured) -> f64), ("with help", Measured::helped)] {
        let (median, ninth) = (error_at(&exact, of, 0.5), error_at(&exact, of, 0.9));
        let worst = error_at(&rough, of, 1.0);
        println!(
            "{name} {major} {way}: median error {median:.3}, 90 % within {ninth:.3}, of {}; rough ones {worst:.2}, of {}",
            exact.len(),
            rough.len()
        );
        assert!(median <= 0.05 && ninth <= 0.2, "{name} {major} {way}: {median} {ninth}");
        assert!(
            error_at(&rough, of, 0.8) <= 2.0,
            "{name} {major} {way}: a rough size is off by more than a factor of three"
        );
    }
    let trees: Vec<&Measured> = all.iter().filter(|one| one.height.is_some()).collect();
    let right = trees.iter().filter(|one| one.height_is_right()).count();
    println!("{name} {major}: {right} of {} heights are right", trees.len());
    assert!(right * 100 >= trees.len() * 95, "{right} of {}", trees.len());
}

/// The relative error, as a factor less one, that a share of the estimates stays below.
fn error_at(all: &[&Measured], of: fn(&Measured) -> f64, share: f64) -> f64 {
    let mut errors: Vec<f64> = all.iter().map(|one| of(one).max(1.0 / of(one)) - 1.0).collect();
    errors.sort_by(f64::total_cmp);
    errors[((errors.len() - 1) as f64 * share).round() as usize]
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_those_of_a_market_on_13() {
    judged("market", MARKET, 13).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_those_of_a_market_on_18() {
    judged("market", MARKET, 18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_those_of_a_clinic_on_15() {
    judged("clinic", CLINIC, 15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_those_of_a_clinic_on_18() {
    judged("clinic", CLINIC, 18).await;
}
