//! Where the model must not be believed: what the planner may judge, and an estimate may not.

use super::{KeyText, Scan, Served};
use crate::workload::Comparison;

/// Above it the pages of a scan and of an index are much the same, whatever a formula says of their order.
const WIDE: f64 = 0.2;

/// Why the model's word for an index is not enough, by what the index would serve; `None` where it is.
pub fn doubt(served: &Served, scan: &Scan) -> Option<String> {
    if served.ordered || !served.joins.is_empty() || served.index_only && served.conditions.is_empty() {
        return None;
    }
    let share = served.found(scan);
    if share > WIDE {
        let share = share * 100.0;
        return Some(format!("its conditions let {share:.0} % of the rows pass: a scan reads those as fast"));
    }
    let why = "its conditions choose the partitions, and within those they are read whole";
    pruned(served, scan).then(|| why.to_owned())
}

/// Whether an index would serve only bounds on what the table is partitioned by: that reads few partitions as it is, and
/// how much of those a parameter leaves is not known.
fn pruned(served: &Served, scan: &Scan) -> bool {
    let Some(key) = scan.facts.table.partition_key.as_deref().and_then(|key| key.strip_prefix("RANGE (")) else {
        return false;
    };
    let by_key = |position: &usize| {
        let one = &scan.conditions[*position];
        let column = match &one.key {
            KeyText::Column(column) => crate::ident::quoted(column),
            KeyText::Expression(sql) => sql.clone(),
        };
        one.comparison == Comparison::Range && key.trim_end_matches(')').split(", ").next() == Some(column.as_str())
    };
    served.implied.is_empty() && served.conditions.iter().all(by_key)
}
