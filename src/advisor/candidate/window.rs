//! Window functions: rows that come partition by partition, each in its order, need no sort.
//!
//! All rows of the partitions are read all the same, so it pays where the sort is large or where the index holds
//! everything that is read.

use super::covering::with_rest;
use super::order::behind_heads;
use super::site::Site;
use crate::what_if::{Design, KeyText, Order};
use crate::workload::SortKey;

/// Rows that are sorted in memory in a few milliseconds.
const BIG_SORT: f64 = 10_000.0;

/// Indexes in the order of a window, alone and with the rest of what is read.
pub fn designs(site: &Site) -> Vec<Design> {
    if site.scan.rows_out() < BIG_SORT {
        return Vec::new();
    }
    let mut designs = Vec::new();
    for window in &site.query.windows {
        let orders = orders(site, window);
        for design in behind_heads(site, &orders.iter().collect::<Vec<_>>()) {
            designs.extend(with_rest(site, &design, &[]));
            designs.push(design);
        }
    }
    designs
}

/// The keys of all windows over this use of the table.
pub fn keys(site: &Site) -> Vec<KeyText> {
    site.query.windows.iter().flat_map(|window| orders(site, window)).map(|order| order.key).collect()
}

/// As far as the sort is on this use of the table.
fn orders(site: &Site, window: &[SortKey]) -> Vec<Order> {
    let own = window.iter().take_while(|key| key.operand.table_use == site.scan.table_use);
    let order = |key: &SortKey| Order {
        key: KeyText::of(&key.operand, &site.scan.facts),
        descending: key.descending,
        nulls_first: key.nulls_first,
        near: None,
    };
    own.map(order).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::snapshot;
    use super::super::tests::check;

    #[test]
    fn a_window_is_read_in_its_order_behind_what_is_bound() {
        let ranked = "SELECT * FROM (SELECT id, shop_id, row_number() OVER (PARTITION BY shop_id ORDER BY created_at DESC) AS n \
                  FROM orders) x WHERE n = 1";
        let named = "SELECT id, sum(total) OVER w, lag(total) OVER (w ORDER BY id) FROM orders WINDOW w AS (PARTITION BY account_id)";
        let bound = "SELECT id, rank() OVER (ORDER BY total DESC) FROM orders WHERE status = $1 LIMIT 10";
        let grouped = "SELECT shop_id, rank() OVER (ORDER BY shop_id) FROM orders GROUP BY shop_id";
        let few = "SELECT id, rank() OVER (ORDER BY total DESC) FROM orders WHERE account_id = $1 LIMIT 10";
        check(
            &snapshot(),
            &[
                (ranked, "(shop_id, created_at DESC)", true),
                (ranked, "(shop_id, created_at DESC) INCLUDE (id)", true),
                (ranked, "(shop_id, created_at)", false),
                (named, "(account_id)", true),
                (named, "(account_id, id) INCLUDE (total)", true),
                (bound, "(status, total)", true),
                (bound, "(total)", false),
                (grouped, "(shop_id)", false),
                (few, "(account_id, total)", false),
                ("SELECT id, count(*) OVER (PARTITION BY lower(note)) FROM orders", "((lower(note)))", true),
                ("SELECT id, count(*) OVER () FROM orders", "(id)", false),
            ],
        );
    }
}
