//! A lab plans as the server does: the same costs and the same plans, for what is there and for what might be.
//!
//! Four systems, each with data that changed after its statistics were taken. `cargo nextest run -E
//! 'binary(lab_fidelity)' --no-capture` prints the figures that are asserted here. One version goes through all systems, the
//! others take turns, so that the test ends while somebody waits; `PGASSAY_FIDELITY=whole` sends every version through all.

#[path = "../support/mod.rs"]
mod support;

mod candidates;
mod figures;
mod plan;
mod source;
mod statements;
mod told;

use figures::Figures;
use source::Source;

/// The systems: the first is the one that the lab was designed on, the others were not looked at.
const SYSTEMS: [&str; 4] = ["app", "films", "freight", "tickets"];

/// The systems that a version goes through.
fn systems(major: u32) -> &'static [&'static str] {
    let whole = std::env::var("PGASSAY_FIDELITY").is_ok_and(|wanted| wanted == "whole");
    match major {
        _ if whole => &SYSTEMS,
        16 => &SYSTEMS,
        _ => &SYSTEMS[..3],
    }
}

async fn fidelity(major: u32) {
    let mut all = Figures::default();
    for system in systems(major).iter().copied() {
        let source = Source::load(major, system).await;
        let mut figures = Figures::default();
        statements::measure(&source, &mut figures).await;
        candidates::measure(&source, &mut figures).await;
        figures.print(&format!("PostgreSQL {major}, {system}"));
        all.add(&figures);
    }
    all.print(&format!("PostgreSQL {major}, all"));
    all.hold();
}

#[tokio::test]
async fn on_13_a_lab_plans_as_the_server_does() {
    fidelity(13).await;
}

#[tokio::test]
async fn on_15_a_lab_plans_as_the_server_does() {
    fidelity(15).await;
}

#[tokio::test]
async fn on_16_a_lab_plans_as_the_server_does() {
    fidelity(16).await;
}

#[tokio::test]
async fn on_18_a_lab_plans_as_the_server_does() {
    fidelity(18).await;
}
