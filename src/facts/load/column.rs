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
        type_length: column.type_length,
        type_category: column.type_category.as_str(),
        collation: column.collation.as_deref(),
        collation_is_c: column.collation_is_c,
        not_null: column.not_null,
        identity: column.identity.as_str(),
        generated: column.generated.as_str(),
        has_default: column.default.is_some(),
        default_expression: column.default.as_deref(),
        statistics_target: column.statistics_target,
        null_frac: statistics.map(|row| row.null_frac),
        avg_width: statistics.map(|row| row.avg_width),
        n_distinct: statistics.and_then(|row| distinct(row, table.and_then(|table| lookup.rows(table)))),
        top_frequency: statistics.and_then(|row| row.most_common_freqs.first().copied()),
        common_values: statistics.map(|row| row.most_common_freqs.len()),
        common_share: statistics.map(|row| row.most_common_freqs.iter().sum::<f64>()),
        least_common_frequency: statistics.and_then(|row| row.most_common_freqs.last().copied()),
        correlation: statistics.and_then(|row| row.correlation),
        smallest: statistics.and_then(|row| ends(row, &column.base_type)).map(|(least, _)| least),
        largest: statistics.and_then(|row| ends(row, &column.base_type)).map(|(_, most)| most),
    });
}

/// The least and the greatest integer that ANALYZE saw, among the common values and the bounds of the histogram.
fn ends(statistics: &ColumnStatistics, base_type: &str) -> Option<(i64, i64)> {
    if !["int2", "int4", "int8"].contains(&base_type) {
        return None;
    }
    let slots = statistics.slots.iter().filter(|slot| matches!(slot.kind, 1 | 2));
    let values = slots.flat_map(|slot| slot.values.iter().flatten());
    values.filter_map(|value| value.parse::<i64>().ok()).fold(None, |ends, value| {
        let (least, most) = ends.unwrap_or((value, value));
        Some((value.min(least), value.max(most)))
    })
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
    use crate::snapshot::StatisticsSlot;

    #[test]
    fn the_ends_of_an_integer_column_are_among_its_common_values_and_its_histogram() {
        let slot = |kind, values: &[&str]| StatisticsSlot {
            kind,
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
            ..StatisticsSlot::default()
        };
        for (slots, base_type, expected) in [
            (vec![slot(2, &["10", "20", "30"]), slot(1, &["7", "12"])], "int4", Some((7, 30))),
            (vec![slot(2, &["-5", "3"])], "int8", Some((-5, 3))),
            (vec![slot(3, &["1"])], "int4", None),
            (vec![slot(2, &["1", "2"])], "text", None),
        ] {
            let statistics = ColumnStatistics { slots, ..ColumnStatistics::default() };
            assert_eq!(ends(&statistics, base_type), expected, "{statistics:?}");
        }
    }

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
