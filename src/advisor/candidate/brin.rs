//! Block ranges: on a large table whose rows lie in the order of a column, a few pages of index tell which blocks to read.

use super::site::Site;
use crate::what_if::{Design, KeyText};
use crate::workload::Comparison;

/// 1 GB: below it a B-tree of the column takes some tens of megabytes and finds single rows too.
const MIN_PAGES: f64 = 131_072.0;
/// Below it the block ranges overlap so much that most are read.
const MIN_CORRELATION: f64 = 0.95;

/// Indexes for ranges of what the table is ordered by.
pub fn designs(site: &Site) -> Vec<Design> {
    if site.scan.facts.pages < MIN_PAGES {
        return Vec::new();
    }
    let in_order = |text: &KeyText| match text {
        KeyText::Column(column) => {
            let correlation = site.scan.facts.statistics(column).and_then(|one| one.correlation);
            correlation.is_some_and(|correlation| correlation.abs() > MIN_CORRELATION)
        }
        KeyText::Expression(_) => false,
    };
    let ranges = site.comparing(|comparison| comparison == Comparison::Range);
    let keys = ranges.into_iter().map(|one| &one.key).filter(|key| in_order(key));
    keys.map(|key| site.index("brin", vec![site.key(key)])).collect()
}
