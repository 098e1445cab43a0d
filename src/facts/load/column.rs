//! `column_`: columns with the planner's statistics, distinct values resolved to a count.

use super::{Rows, row};
use crate::facts::lookup::Lookup;
use crate::snapshot::{Column, ColumnStatistics};

pub(super) fn rows(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("column_");
    for column in &lookup.snapshot.columns {
        push(&mut rows, lookup, column);
    }
    rows
}

fn push(rows: &mut Rows, lookup: &Lookup<'_>, column: &Column) {
    let table = lookup.table(column.table_oid);
    let statistics = table.and_then(|table| lookup.statistics(table, &column.name));
    row!(rows, {
        table_id: column.table_oid,
        position: column.position,
        name: column.name.as_str(),
        type_name: column.type_name.as_str(),
        base_type: column.base_type.as_str(),
        type_category: column.type_category.as_str(),
        collation: column.collation.as_deref(),
        collation_is_c: column.collation_is_c,
        not_null: column.not_null,
        identity: column.identity.as_str(),
        generated: column.generated.as_str(),
        has_default: column.default.is_some(),
        null_frac: statistics.map(|row| row.null_frac),
        avg_width: statistics.map(|row| row.avg_width),
        n_distinct: statistics.and_then(|row| distinct(row, table.and_then(|table| lookup.rows(table)))),
        top_frequency: statistics.and_then(|row| row.most_common_freqs.first().copied()),
        correlation: statistics.and_then(|row| row.correlation),
    });
}

/// `pg_stats.n_distinct` as a count: a negative one is minus the share of the rows, zero says nothing.
fn distinct(statistics: &ColumnStatistics, rows: Option<f64>) -> Option<f64> {
    match statistics.n_distinct {
        count if count > 0.0 => Some(count),
        share if share < 0.0 => rows.map(|rows| -share * rows),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_values_are_a_count_or_unknown() {
        for (stored, rows, expected) in [
            (42.0, None, Some(42.0)),
            (-0.5, Some(1_000.0), Some(500.0)),
            (-0.5, None, None),
            (0.0, Some(1_000.0), None),
        ] {
            let statistics = ColumnStatistics { n_distinct: stored, ..ColumnStatistics::default() };
            assert_eq!(distinct(&statistics, rows), expected, "{stored} of {rows:?}");
        }
    }
}
