//! What is decided without the literals, as for an audit: by the plan for any value, or with constants calibrated to the rows
//! that a call returned.

use std::collections::{BTreeMap, BTreeSet};

use pgassay::snapshot::Values;
use pgassay::what_if::oracle::{Oracle, Wanted, Ways};
use pgassay::what_if::{Answer, Basis, Design, Question};
use pgassay::workload::{Workload, identify};

use crate::source::Source;

/// By place of the design and fingerprint: whether one of the plans gains.
pub type Told = BTreeMap<(usize, String), bool>;

/// Asks about each design for every statement that names its table.
pub async fn decisions(source: &Source, designs: &[Design], tables: &[&str]) -> Told {
    let snapshot = source.snapshot(Values::Tokens, true).await;
    let workload = Workload::build(&snapshot);
    let lab = Some(source.lab(&snapshot).await);
    let mut oracle = Oracle::new(&snapshot, &workload, Ways { lab, server: None, wanted: Wanted::Lab });
    oracle.prepare(designs).await;
    let fingerprints: BTreeMap<&str, usize> =
        workload.queries.iter().enumerate().map(|(place, query)| (query.fingerprint.as_str(), place)).collect();
    let mut pairs: BTreeSet<(usize, String, usize)> = BTreeSet::new();
    for (place, table) in tables.iter().enumerate() {
        for query in source.queries.iter().filter(|query| query.contains(table)) {
            let fingerprint = identify(query).expect("a statement");
            let known = fingerprints.get(fingerprint.as_str()).copied();
            pairs.extend(known.map(|query| (place, fingerprint, query)));
        }
    }
    let ask = |query: usize, designs: Vec<Design>| Question { query, designs, without: Vec::new() };
    let both = pairs
        .iter()
        .flat_map(|(place, _, query)| [ask(*query, Vec::new()), ask(*query, vec![designs[*place].clone()])]);
    let answers = oracle.answer(&both.collect::<Vec<_>>()).await;
    let told = pairs.into_iter().zip(answers.chunks(2)).filter(|(_, answers)| answers[0].basis == Basis::Lab);
    told.map(|((place, fingerprint, _), answers)| ((place, fingerprint), gains(&answers[0], &answers[1]))).collect()
}

fn gains(before: &Answer, after: &Answer) -> bool {
    before.plans.iter().zip(&after.plans).any(|(before, after)| after.cost < 0.9 * before.cost)
}
