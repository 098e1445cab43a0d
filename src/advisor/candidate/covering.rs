//! Covering indexes: all that the statement reads is in the index, so the table is left alone.
//!
//! It pays where most pages are all-visible (else each row is looked at anyway), the columns are few and narrow, and the
//! statement reads many rows.

use std::collections::BTreeSet;

use super::site::Site;
use crate::what_if::{Design, DesignKey, Path, serve};

/// Share of the pages that have to be all-visible.
const MIN_VISIBLE: f64 = 0.8;
/// Columns that are added.
const MAX_COLUMNS: usize = 6;
/// Bytes that they add to an entry: a wider one makes each page hold few.
const MAX_WIDTH: f64 = 64.0;
/// Rows of one execution; the pages of fewer are read soon enough.
pub const MIN_ROWS: f64 = 50.0;
/// Bases that are widened.
pub const MAX_BASES: usize = 4;
/// Pages of a table whose columns are worth an index only to be read whole.
const MIN_PAGES: f64 = 1_000.0;
/// Share of a row's bytes that such an index may take.
const NARROW: f64 = 0.25;

/// The most promising indexes, with the rest of what is read.
pub fn designs(site: &Site, bases: &[Design]) -> Vec<Design> {
    let many = bases.iter().filter(|base| is_plain(base) && reads_many(site, base)).take(MAX_BASES);
    let mut designs: Vec<Design> = many.filter_map(|base| with_rest(site, base, &[])).collect();
    designs.extend(whole(site));
    designs
}

/// The same B-tree with the rest of what is read but for some columns, where that is little and the table need not be
/// looked at.
pub fn with_rest(site: &Site, base: &Design, without: &[String]) -> Option<Design> {
    let reads = read(site)?;
    let held = |column: &String| base.keys.iter().any(|key| key.column.as_ref() == Some(column));
    let include: Vec<String> =
        reads.iter().filter(|column| !held(column) && !without.contains(column)).cloned().collect();
    let little = !include.is_empty() && include.len() <= MAX_COLUMNS && width(site, &include) <= MAX_WIDTH;
    (is_plain(base) && little).then(|| Design { include, ..base.clone() })
}

/// What the statement reads of a table that need not be looked at for each row.
fn read<'s>(site: &Site<'s>) -> Option<&'s BTreeSet<String>> {
    site.scan.reads.as_ref().filter(|_| site.scan.facts.visible >= MIN_VISIBLE)
}

/// A B-tree of columns: what others hold cannot be read back from them.
fn is_plain(base: &Design) -> bool {
    base.method == "btree" && base.keys.iter().all(|key| key.column.is_some())
}

fn reads_many(site: &Site, base: &Design) -> bool {
    let outer: Vec<usize> = site.scan.joins.iter().map(|join| join.other).collect();
    let served = serve(&Path::designed(0, base), site.scan, &outer);
    let each = served.as_ref().map_or(0.0, |served| site.scan.facts.rows * served.found(site.scan));
    // looked up for each row of another table, few rows are many together: as many as come back at least, and where they
    // are summed up, as many as the blocks tell that a call reads
    let joined = served.is_some_and(|served| !served.joins.is_empty());
    let counters = &site.query.counters;
    let blocks = (counters.shared_hit + counters.shared_read) as f64 / counters.calls.max(1) as f64;
    let summed = site.query.aggregates && blocks >= site.scan.facts.pages.max(MIN_PAGES);
    each >= MIN_ROWS || joined && (counters.rows_per_call() >= MIN_ROWS || summed)
}

/// A few narrow columns of a wide table that is read whole: aggregates over all of it.
fn whole(site: &Site) -> Option<Design> {
    let (facts, query) = (&site.scan.facts, site.query);
    let all: Vec<String> = read(site)?.iter().cloned().collect();
    let narrow = width(site, &all) + 12.0 <= NARROW * facts.row_width();
    let wanted = query.aggregates && facts.pages >= MIN_PAGES && !all.is_empty() && all.len() <= MAX_COLUMNS;
    if !narrow || !wanted || site.usable().any(|one| one.selectivity < MIN_VISIBLE) {
        return None;
    }
    let keys: Vec<DesignKey> = all.iter().map(|column| DesignKey::column(column)).collect();
    site.trees([keys]).pop()
}

fn width(site: &Site, columns: &[String]) -> f64 {
    columns.iter().map(|column| site.scan.facts.width(column)).sum()
}
