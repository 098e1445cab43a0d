//! Which candidates are asked about first: those after which the fewest rows are left to read, then the narrower ones.

use super::dedup;
use super::site::Site;
use crate::what_if::{Design, Path, serve};

/// Rows that an end of unknown size is taken to ask for.
const SOME_ROWS: f64 = 20.0;

/// The designs that serve anything here, in their order of promise; the same for the same input.
pub fn sorted(site: &Site, mut designs: Vec<Design>) -> Vec<Design> {
    dedup(&mut designs);
    let mut ranked: Vec<(i64, usize, Design)> =
        designs.into_iter().map(|design| (rank(site, &design), weight(&design), design)).collect();
    ranked.sort();
    ranked.into_iter().map(|(_, _, design)| design).collect()
}

/// The rows read, to the nearest power of two.
fn rank(site: &Site, design: &Design) -> i64 {
    let scan = site.scan;
    let outer: Vec<usize> = scan.joins.iter().map(|join| join.other).collect();
    let Some(served) = serve(&Path::designed(0, design), scan, &outer) else {
        return log2(scan.facts.rows) + 1;
    };
    let found = scan.facts.rows * served.found(scan);
    let first = site.query.limit.map(|limit| limit.rows.map_or(SOME_ROWS, |rows| rows as f64));
    let first = first.or(site.query.single_row_aggregate.then_some(1.0));
    let read = match first.filter(|_| served.ordered) {
        // walked until so many rows have passed what the index does not check
        Some(first) => found.min(first * found / scan.rows_out().max(1.0)),
        None => found,
    };
    log2(read)
}

fn log2(rows: f64) -> i64 {
    rows.max(1.0).log2().round() as i64
}

/// Keys, with what is dearer to keep counted more.
fn weight(design: &Design) -> usize {
    let method = if design.method == "btree" { 0 } else { 2 };
    design.keys.len() + design.include.len() + usize::from(design.predicate.is_some()) + method
}
