//! Partial indexes that hold all that the statement reads: a queue's few open rows, without a look at the table.
//!
//! What the condition of the index answers for every row need not be in it, so the column that is compared there is left
//! out at first; where the statement reads it for something else too, it is put in.

use super::covering::{MAX_BASES, MIN_ROWS, with_rest};
use super::site::Site;
use crate::what_if::{Condition, Design, KeyText};

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
