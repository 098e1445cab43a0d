//! How many bytes of each row are padding that another order of the columns would do without.
//!
//! A value of a fixed length begins at a multiple of its type's alignment. Widest first, there is no gap between
//! fixed columns. Behind a value of variable length nobody knows where the next begins: there no gap is counted.

use crate::facts::lookup::Lookup;
use crate::snapshot::{Column, Table, TableKind};

/// A row as a whole takes a multiple of this.
const MAXALIGN: u64 = 8;
/// A column that is NULL more often takes no room often enough to move those behind it.
const SELDOM_NULL: f64 = 0.05;

/// Bytes a row, `None` where nobody knows: NULLs, or types without a known alignment.
pub(super) fn saved(lookup: &Lookup<'_>, table: &Table) -> Option<u64> {
    if !matches!(table.kind, TableKind::Table | TableKind::Partitioned)
        || table.dropped_columns.is_some_and(|dropped| dropped > 0)
    {
        return None;
    }
    let columns: Vec<&Column> = lookup.columns(table.oid).collect();
    let always_there = |column: &&Column| {
        column.not_null
            || lookup.statistics(table, &column.name).is_some_and(|statistics| statistics.null_frac <= SELDOM_NULL)
    };
    let widths: Vec<Width> = columns.iter().map(|column| width(column)).collect::<Option<_>>()?;
    let fixed_are_there = columns.iter().filter(|column| column.type_length > 0).all(always_there);
    (fixed_are_there && !widths.is_empty()).then(|| gaps(&widths))
}

#[derive(Debug, Clone, Copy)]
struct Width {
    /// `None`: variable.
    length: Option<u64>,
    alignment: u64,
}

fn width(column: &Column) -> Option<Width> {
    let alignment = match column.alignment.as_str() {
        "c" => 1,
        "s" => 2,
        "i" => 4,
        "d" => 8,
        _ => return None,
    };
    Some(Width { length: u64::try_from(column.type_length).ok(), alignment })
}

fn gaps(widths: &[Width]) -> u64 {
    let mut end = Some(0_u64);
    let mut gaps = 0;
    for one in widths {
        end = match (one.length, end) {
            (None, _) => None,
            // behind a value of variable length: aligned from here on, with a gap that is not counted
            (Some(length), None) => Some(length.next_multiple_of(one.alignment)).filter(|_| one.alignment == MAXALIGN),
            (Some(length), Some(end)) => {
                let start = end.next_multiple_of(one.alignment);
                gaps += start - end;
                Some(start + length)
            }
        };
    }
    let fixed: u64 = widths.iter().filter_map(|one| one.length).sum();
    if widths.iter().any(|one| one.length.is_none()) {
        return gaps;
    }
    (fixed + gaps).next_multiple_of(MAXALIGN) - fixed.next_multiple_of(MAXALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_where_they_are_certain() {
        let wide = |length: u64, alignment| Width { length: Some(length), alignment };
        let text = Width { length: None, alignment: 4 };
        for (widths, expected) in [
            (vec![wide(8, 8), wide(4, 4), wide(4, 4)], 0),
            (vec![wide(4, 4), wide(8, 8), wide(4, 4), wide(8, 8)], 8),
            (vec![wide(1, 1), wide(8, 8), wide(1, 1), wide(8, 8), wide(1, 1), wide(8, 8)], 16),
            // three bytes at the end, which the row as a whole takes anyway
            (vec![wide(1, 1), wide(4, 4)], 0),
            (vec![wide(4, 4), wide(8, 8), text], 4),
            (vec![text, wide(4, 4), wide(8, 8)], 0),
            (vec![text, wide(8, 8), wide(1, 1), wide(8, 8)], 7),
        ] {
            assert_eq!(gaps(&widths), expected, "{widths:?}");
        }
    }
}
