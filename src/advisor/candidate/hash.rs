//! Hash: only for values too long for a B-tree; everywhere else a B-tree does the same and more.

use super::site::{LONGEST_KEY, Site};
use crate::what_if::Design;
use crate::workload::Comparison;

/// Indexes for equality of long texts.
pub fn designs(site: &Site) -> Vec<Design> {
    let long = |name: &str| site.scan.facts.width(name) >= LONGEST_KEY;
    let equal = site.comparing(|comparison| comparison == Comparison::Equal);
    let texts = equal.into_iter().filter(|one| site.bare_column(one).is_some_and(|column| long(&column.name)));
    texts.map(|one| site.index("hash", vec![site.key(&one.key)])).collect()
}
