//! What could not be looked at, and why. Rules that were not evaluated say so themselves.

use super::lookup::Lookup;
use super::{Judgement, Skipped, judged};
use crate::units::Ratio;
use crate::workload::Unparsed;

/// How many statements are named of those that were not understood.
const NAMED: usize = 3;

/// Gaps of the snapshot, statements that were not understood, what nobody could judge.
pub(super) fn skipped(judgement: Option<&Judgement>, lookup: &Lookup<'_>) -> Vec<Skipped> {
    let gaps = lookup.material.snapshot.gaps.iter().map(|gap| Skipped {
        what: gap.what.clone(),
        why: gap.why.clone(),
        remedy: gap.remedy.clone(),
    });
    let not_judged = judged::skipped(judgement, lookup);
    gaps.chain(unparsed(lookup)).chain(unknown_tables(lookup)).chain(not_judged).collect()
}

fn unparsed(lookup: &Lookup<'_>) -> Option<Skipped> {
    let workload = lookup.material.workload;
    let lost = &workload.unparsed;
    let all = lost.len() + workload.queries.len();
    let ms: f64 = lost.iter().map(|query| query.counters.total_ms).sum();
    let share = lookup.share(ms).map_or(String::new(), |share| format!(" ({} of the time)", Ratio(share)));
    let first: Vec<String> = lost.iter().take(NAMED).map(named).collect();
    (!lost.is_empty()).then(|| Skipped {
        what: "statements that could not be parsed".to_owned(),
        why: format!("{} of {all} statements{share}: {}", lost.len(), first.join("; ")),
        remedy: None,
    })
}

fn named(query: &Unparsed) -> String {
    format!("{}: {}", query.fingerprint, query.why)
}

fn unknown_tables(lookup: &Lookup<'_>) -> Option<Skipped> {
    let unknown = &lookup.material.workload.unknown_tables;
    let first: Vec<&str> = unknown.keys().take(NAMED).map(String::as_str).collect();
    (!unknown.is_empty()).then(|| Skipped {
        what: "statements over tables that are not in the catalog".to_owned(),
        why: format!(
            "{} names that no table of this database bears (temporary, dropped, or of another schema), such as {}",
            unknown.len(),
            first.join(", ")
        ),
        remedy: None,
    })
}
