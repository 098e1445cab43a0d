//! What to ask the planner, or the model.

use std::collections::BTreeSet;

use super::candidate::{Candidates, candidates, too_wide};
use crate::snapshot::Snapshot;
use crate::what_if::{Design, Path, Question, Scan, scans, serve};
use crate::workload::Workload;

/// Designs asked about in one statement; more only cost time.
const MAX_DESIGNS: usize = 24;

/// For each statement that matters: all its candidates at once, then each alone, other statements' included.
///
/// All at once shows which work together; each alone is what lets one index serve many statements.
pub fn questions(snapshot: &Snapshot, workload: &Workload) -> Vec<Question> {
    let candidates = candidates(snapshot, workload);
    let slow: BTreeSet<usize> = candidates.designs.values().flatten().copied().collect();
    slow.into_iter().flat_map(|query| of_query(snapshot, workload, &candidates, query)).collect()
}

fn of_query(snapshot: &Snapshot, workload: &Workload, candidates: &Candidates, query: usize) -> Vec<Question> {
    let scans = scans(snapshot, &workload.queries[query]);
    let is_own = |queries: &BTreeSet<usize>| queries.contains(&query);
    let own: Vec<Design> = candidates
        .designs
        .iter()
        .filter(|(_, from)| is_own(from))
        .map(|(design, _)| design.clone())
        .take(MAX_DESIGNS)
        .collect();
    let others = candidates.designs.iter().filter(|(design, from)| !is_own(from) && serves(design, &scans));
    let others: Vec<Design> = others.map(|(design, _)| design.clone()).take(MAX_DESIGNS).collect();
    let alone = own.iter().chain(&others).map(|design| vec![design.clone()]);
    let together = (own.len() > 1).then(|| own.clone());
    together.into_iter().chain(alone).map(|designs| Question { query, designs }).collect()
}

fn serves(design: &Design, scans: &[Scan]) -> bool {
    let path = Path::designed(0, design);
    scans.iter().any(|scan| {
        let outer: Vec<usize> = scan.joins.iter().map(|join| join.other).collect();
        serve(&path, scan, &outer).is_some_and(|served| too_wide(&served, scan).is_none())
    })
}
