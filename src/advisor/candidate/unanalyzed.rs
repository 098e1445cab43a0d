//! Tables that were never analyzed: as large as their files, with the planner's guess at what is in them.

use crate::what_if::{Scan, TableFacts};
use crate::workload::Comparison;

/// Bytes of a page that hold rows.
const PAGE_BYTES: f64 = 8_168.0;
/// Distinct values of a column, `DEFAULT_NUM_DISTINCT` of the planner.
const DISTINCT: f64 = 200.0;

/// The scans of a statement; none of a table that has pages is one of no rows.
pub fn sized(mut scans: Vec<Scan>) -> Vec<Scan> {
    for scan in scans.iter_mut().filter(|scan| !scan.facts.analyzed && scan.facts.rows == 0.0) {
        scan.facts.rows = rows(&scan.facts);
        let least = 1.0 / DISTINCT.min(scan.facts.rows.max(1.0));
        let looked_up = |comparison| matches!(comparison, Comparison::Equal | Comparison::In);
        for condition in scan.conditions.iter_mut().filter(|one| looked_up(one.comparison)) {
            condition.alone = (least * condition.values).min(1.0);
            condition.selectivity = if condition.conjunct { condition.alone } else { 1.0 };
        }
    }
    scans
}

/// As many as fit into its pages.
fn rows(facts: &TableFacts) -> f64 {
    (facts.pages * PAGE_BYTES / facts.row_width()).floor()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::snapshot;
    use super::*;
    use crate::snapshot::Statement;
    use crate::what_if::scans;
    use crate::workload::Workload;

    #[test]
    fn a_table_without_statistics_has_the_rows_that_its_file_holds() {
        let mut snapshot = snapshot();
        snapshot.column_statistics.clear();
        let text = Some("SELECT * FROM orders WHERE shop_id = $1".to_owned());
        snapshot.statements.entries = vec![Statement { text, calls: 1, ..Statement::default() }];
        let workload = Workload::build(&snapshot);
        snapshot.tables[0].rows = None;
        let unknown = sized(scans(&snapshot, &workload.queries[0]));
        assert!(unknown[0].facts.rows > 20_000.0, "{}", unknown[0].facts.rows);
        assert!((unknown[0].conditions[0].selectivity - 1.0 / DISTINCT).abs() < 1e-9);
        snapshot.tables[0].rows = Some(50.0);
        let known = scans(&snapshot, &workload.queries[0]);
        let sized = sized(known.clone());
        assert!((sized[0].facts.rows - 50.0).abs() < 1e-9);
        assert_eq!(sized[0].conditions, known[0].conditions);
    }
}
