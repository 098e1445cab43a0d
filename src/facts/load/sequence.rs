//! `sequence_` and `integer_capacity`: how far counters are from their end.
//!
//! A column that a sequence fills ends at the smaller of its own type and the sequence's
//! bound. A column that references such a column must hold the same values, so it ends
//! where its own type does, however far the chain of references goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rows, row};
use crate::facts::lookup::Lookup;
use crate::ident::QualifiedName;
use crate::snapshot::{ConstraintKind, Sequence};

pub(super) fn rows(lookup: &Lookup<'_>) -> Vec<Rows> {
    let (mut sequences, mut capacities) = (Rows::of("sequence_"), Rows::of("integer_capacity"));
    let references = references(lookup);
    for sequence in &lookup.snapshot.sequences {
        push_sequence(&mut sequences, sequence);
        for place in places(lookup, sequence, &references) {
            push_capacity(&mut capacities, sequence, &place);
        }
    }
    vec![sequences, capacities]
}

fn push_sequence(rows: &mut Rows, sequence: &Sequence) {
    row!(rows, {
        sequence_id: sequence.oid,
        sequence_name: QualifiedName::new(sequence.schema.as_str(), sequence.name.as_str()).to_string(),
        type_name: sequence.type_name.as_str(),
        min_value: sequence.min_value,
        max_value: sequence.max_value,
        increment: sequence.increment,
        cycle: sequence.cycle,
        last_value: sequence.last_value,
        readable: sequence.readable,
        used_share: used_of_range(sequence),
        owned: sequence.owned,
        feeds: sequence.feeds.len(),
    });
}

/// How much of its own range is behind it, in the direction it counts.
fn used_of_range(sequence: &Sequence) -> Option<f64> {
    let range = sequence.max_value as f64 - sequence.min_value as f64;
    let behind = |last: i64| {
        if sequence.increment > 0 {
            last as f64 - sequence.min_value as f64
        } else {
            sequence.max_value as f64 - last as f64
        }
    };
    known(sequence, |last| if range > 0.0 { behind(last) / range } else { 1.0 })
}

/// Zero for a sequence that is known never to have been used, unknown for a hidden one.
fn known(sequence: &Sequence, share: impl Fn(i64) -> f64) -> Option<f64> {
    sequence.last_value.map(share).or(sequence.readable.then_some(0.0))
}

/// A column that the values of a sequence end up in.
#[derive(Debug, PartialEq)]
struct Place {
    table: u32,
    column: String,
    type_name: &'static str,
    kind: &'static str,
    capacity: f64,
}

fn push_capacity(rows: &mut Rows, sequence: &Sequence, place: &Place) {
    let direction = if sequence.increment > 0 { 1.0 } else { -1.0 };
    row!(rows, {
        table_id: place.table,
        column_name: place.column.as_str(),
        type_name: place.type_name,
        sequence_id: sequence.oid,
        kind: place.kind,
        capacity: place.capacity,
        last_value: sequence.last_value,
        readable: sequence.readable,
        used_share: known(sequence, |last| (direction * last as f64 / place.capacity).max(0.0)),
        cycle: sequence.cycle,
    });
}

type Name<'a> = (u32, &'a str);

/// Which columns reference a column.
fn references<'a>(lookup: &Lookup<'a>) -> BTreeMap<Name<'a>, Vec<Name<'a>>> {
    let mut references: BTreeMap<Name<'a>, Vec<Name<'a>>> = BTreeMap::new();
    let own = |kind, parent: Option<u32>| kind == ConstraintKind::ForeignKey && parent.is_none();
    for key in lookup.snapshot.constraints.iter().filter(|one| own(one.kind, one.parent_oid)) {
        for (column, referenced) in key.columns.iter().zip(&key.referenced_columns) {
            let Some(table) = key.referenced_table_oid else { continue };
            references.entry((table, referenced.as_str())).or_default().push((key.table_oid, column.as_str()));
        }
    }
    references
}

fn places(lookup: &Lookup<'_>, sequence: &Sequence, references: &BTreeMap<Name<'_>, Vec<Name<'_>>>) -> Vec<Place> {
    let fed: BTreeSet<Name<'_>> = sequence.feeds.iter().map(|fed| (fed.table_oid, fed.column.as_str())).collect();
    // a partition takes its default from its parent, which stands for it
    let of_parent = |name: Name<'_>| {
        let root = lookup.table(name.0).map(|table| lookup.root(table).oid);
        root.is_some_and(|root| root != name.0 && fed.contains(&(root, name.1)))
    };
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<(Name<'_>, &'static str)> =
        fed.iter().rev().filter(|name| !of_parent(**name)).map(|name| (*name, "fed")).collect();
    while let Some((name, kind)) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        places.extend(place(lookup, sequence, name, kind));
        let further = references.get(&name).into_iter().flatten().map(|next| (*next, "foreign-key"));
        // columns that are fed come first, so that none is taken for a reference
        waiting.splice(0..0, further);
    }
    places
}

fn place(lookup: &Lookup<'_>, sequence: &Sequence, name: Name<'_>, kind: &'static str) -> Option<Place> {
    let (type_name, largest) = match lookup.column(name.0, name.1)?.base_type.as_str() {
        "int2" => ("smallint", f64::from(i16::MAX)),
        "int4" => ("integer", f64::from(i32::MAX)),
        "int8" => ("bigint", i64::MAX as f64),
        _ => return None,
    };
    // a sequence that counts down ends at the smallest value, which is one further from zero
    let (own, bound) = if sequence.increment > 0 {
        (largest, sequence.max_value as f64)
    } else {
        (largest + 1.0, -(sequence.min_value as f64))
    };
    let capacity = if kind == "fed" { own.min(bound) } else { own };
    (capacity > 0.0).then(|| Place { table: name.0, column: name.1.to_owned(), type_name, kind, capacity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Column, Constraint, FedColumn, Snapshot};

    fn sequence(increment: i64, bounds: (i64, i64), last_value: Option<i64>) -> Sequence {
        let feeds = vec![FedColumn { table_oid: 1, column: "id".to_owned() }];
        let (min_value, max_value) = bounds;
        Sequence { increment, min_value, max_value, last_value, readable: true, feeds, ..Sequence::default() }
    }

    fn column(table_oid: u32, name: &str, base_type: &str) -> Column {
        Column { table_oid, name: name.to_owned(), base_type: base_type.to_owned(), ..Column::default() }
    }

    fn reference(table_oid: u32, column: &str, to: (u32, &str)) -> Constraint {
        Constraint {
            table_oid,
            kind: ConstraintKind::ForeignKey,
            columns: vec![column.to_owned()],
            referenced_table_oid: Some(to.0),
            referenced_columns: vec![to.1.to_owned()],
            ..Constraint::default()
        }
    }

    #[test]
    fn the_values_of_a_sequence_are_followed_through_references() {
        let snapshot = Snapshot {
            columns: vec![column(1, "id", "int8"), column(2, "one_id", "int4"), column(3, "two_id", "int2")],
            constraints: vec![reference(2, "one_id", (1, "id")), reference(3, "two_id", (2, "one_id"))],
            ..Snapshot::default()
        };
        let lookup = Lookup::of(&snapshot);
        let found = places(&lookup, &sequence(1, (1, i64::MAX), Some(5)), &references(&lookup));
        let seen: Vec<_> = found.iter().map(|place| (place.table, place.type_name, place.kind)).collect();
        assert_eq!(seen, [(1, "bigint", "fed"), (2, "integer", "foreign-key"), (3, "smallint", "foreign-key")]);
    }

    #[test]
    fn a_column_ends_at_the_smaller_of_its_type_and_its_sequence() {
        let snapshot = Snapshot { columns: vec![column(1, "id", "int4")], ..Snapshot::default() };
        let lookup = Lookup::of(&snapshot);
        for (sequence, expected) in [
            (sequence(1, (1, i64::MAX), None), 2_147_483_647.0),
            (sequence(1, (1, 1_000), None), 1_000.0),
            (sequence(-1, (i64::MIN, -1), None), 2_147_483_648.0),
            (sequence(-1, (-500, -1), None), 500.0),
        ] {
            let found = places(&lookup, &sequence, &BTreeMap::new());
            assert!((found[0].capacity - expected).abs() < 0.5, "{sequence:?}: {found:?}");
        }
    }

    #[test]
    fn a_sequence_is_used_in_the_direction_it_counts() {
        for (sequence, expected) in [
            (sequence(1, (1, 101), Some(51)), Some(0.5)),
            (sequence(-1, (-101, -1), Some(-51)), Some(0.5)),
            (sequence(1, (-100, 100), Some(-100)), Some(0.0)),
            (sequence(1, (1, 101), None), Some(0.0)),
            (Sequence { readable: false, ..sequence(1, (1, 101), None) }, None),
        ] {
            assert_eq!(used_of_range(&sequence), expected, "{sequence:?}");
        }
    }
}
