//! The planner's cost settings of the audited server.

use crate::snapshot::Snapshot;

/// Costs in the planner's unit, one sequential page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// `seq_page_cost`.
    pub seq_page: f64,
    /// `random_page_cost`.
    pub random_page: f64,
    /// `cpu_tuple_cost`.
    pub tuple: f64,
    /// `cpu_index_tuple_cost`.
    pub index_tuple: f64,
    /// `cpu_operator_cost`.
    pub operator: f64,
    /// `effective_cache_size`, pages.
    pub cache_pages: f64,
}

impl Costs {
    /// As set on the server; where the snapshot does not say, `PostgreSQL`'s defaults.
    pub fn read(snapshot: &Snapshot) -> Self {
        let setting = |name: &str, default: f64| {
            snapshot
                .setting(name)
                .and_then(|value| value.parse().ok())
                .filter(|value: &f64| value.is_finite())
                .unwrap_or(default)
        };
        Self {
            seq_page: setting("seq_page_cost", 1.0),
            random_page: setting("random_page_cost", 4.0),
            tuple: setting("cpu_tuple_cost", 0.01),
            index_tuple: setting("cpu_index_tuple_cost", 0.005),
            operator: setting("cpu_operator_cost", 0.0025),
            cache_pages: setting("effective_cache_size", 524_288.0),
        }
    }

    /// Distinct pages fetched when `tuples` rows are taken from a table of `pages`, by Mackert and Lohman.
    pub fn pages_fetched(&self, tuples: f64, pages: f64) -> f64 {
        let pages = pages.max(1.0);
        let cache = self.cache_pages.max(1.0);
        let fitting = 2.0 * pages * tuples / (2.0 * pages + tuples);
        if pages <= cache {
            return fitting.min(pages).ceil();
        }
        let limit = 2.0 * pages * cache / (2.0 * pages - cache);
        if tuples <= limit { fitting.ceil() } else { (cache + (tuples - limit) * (pages - cache) / pages).ceil() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fetched_is_bounded_by_the_table_while_it_fits_the_cache() {
        let costs = Costs::read(&Snapshot::default());
        for (tuples, pages, expected) in [(1.0, 1000.0, 1.0), (1e9, 1000.0, 1000.0), (1000.0, 1000.0, 667.0)] {
            let fetched = costs.pages_fetched(tuples, pages);
            assert!((fetched - expected).abs() < 1e-9, "{tuples} of {pages}: {fetched}");
        }
        assert!(costs.pages_fetched(1e7, 1e6) > 1e6);
    }
}
