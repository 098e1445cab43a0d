//! Partial indexes that hold all that the statement reads: a queue's few open rows, without a look at the table.
//!
//! What the condition of the index answers for every row need not be in it, so the column that is compared there is left
//! out at first; where the statement reads it for something else too, it is put in.

use super::site::Site;
use crate::what_if::{Condition, Design, KeyText};

/// Share of the pages that have to be all-visible.
const MIN_VISIBLE: f64 = 0.8;
/// Columns that are added.
const MAX_COLUMNS: usize = 6;
/// Bytes that they add to an entry.
const MAX_WIDTH: f64 = 64.0;
/// Rows of one execution; the pages of fewer are read soon enough.
const MIN_ROWS: f64 = 50.0;
/// Partial indexes that are widened.
const MAX_BASES: usize = 4;

/// The most promising partial indexes, with the rest of what is read.
pub fn designs(site: &Site, partial: &[Design]) -> Vec<Design> {
    if site.scan.rows_out() < MIN_ROWS {
        return Vec::new();
    }
    let widened = partial.iter().filter(|base| base.predicate.is_some()).take(MAX_BASES).flat_map(|base| {
        let answered = answered(site, base);
        [with_rest(site, base, &answered), with_rest(site, base, &[])]
    });
    widened.flatten().collect()
}

/// The same B-tree with the rest of what is read but for some columns, where that is little and the table need not be
/// looked at.
pub fn with_rest(site: &Site, base: &Design, without: &[String]) -> Option<Design> {
    let facts = &site.scan.facts;
    let reads = site.scan.reads.as_ref().filter(|_| facts.visible >= MIN_VISIBLE)?;
    let plain = base.method == "btree" && base.keys.iter().all(|key| key.column.is_some());
    let held = |column: &String| base.keys.iter().any(|key| key.column.as_ref() == Some(column));
    let include: Vec<String> =
        reads.iter().filter(|column| !held(column) && !without.contains(column)).cloned().collect();
    let width: f64 = include.iter().map(|column| facts.width(column)).sum();
    let fits = plain && !include.is_empty() && include.len() <= MAX_COLUMNS && width <= MAX_WIDTH;
    fits.then(|| Design { include, ..base.clone() })
}

/// Columns whose conditions the index answers by its own.
fn answered(site: &Site, base: &Design) -> Vec<String> {
    let predicate = base.predicate.as_deref().unwrap_or_default();
    let stated = |one: &&Condition| predicate.split(" AND ").any(|part| part == one.sql);
    let column = |one: &Condition| match &one.key {
        KeyText::Column(column) => Some(column.clone()),
        KeyText::Expression(_) => None,
    };
    site.usable().filter(stated).filter_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::snapshot;
    use super::super::tests::check;

    #[test]
    fn a_partial_index_holds_what_is_read_where_that_is_little() {
        let queue = "SELECT shop_id, created_at FROM orders WHERE open ORDER BY created_at LIMIT 200";
        let state = "SELECT total, status FROM orders WHERE status = 'new' AND shop_id = $1 LIMIT 200";
        check(
            &snapshot(),
            &[
                (queue, "(created_at) INCLUDE (shop_id) WHERE open", true),
                (
                    "SELECT * FROM orders WHERE open ORDER BY created_at LIMIT 200",
                    "(created_at) INCLUDE (shop_id) WHERE open",
                    false,
                ),
                (state, "(shop_id) INCLUDE (total) WHERE status = 'new'", true),
                (state, "(shop_id) INCLUDE (status, total) WHERE status = 'new'", true),
                (
                    "SELECT body FROM orders WHERE open ORDER BY created_at LIMIT 200",
                    "(created_at) INCLUDE (body) WHERE open",
                    false,
                ),
            ],
        );
    }
}
