//! `foreign_key`: which index the check of a foreign key can use.
//!
//! A DELETE or a change of key on the referenced table looks for rows with `a = $1 AND
//! b = $2`: any B-tree that begins with those columns serves, in whatever order, and a
//! partial one if all that it leaves out are rows with NULL in them. `GiST` and GIN serve
//! with the classes of `btree_gist` and `btree_gin`, and `GiST` the PERIOD of a temporal key.
//! One that is NOT ENFORCED looks for nothing.

use super::{Rows, joined_quoted, row, same_names, table};
use crate::facts::lookup::Lookup;
use crate::ident::quoted;
use crate::snapshot::{Constraint, ConstraintKind, Index, Table};

pub(super) fn rows(lookup: &Lookup<'_>) -> Vec<Rows> {
    let (mut rows, mut columns) = (Rows::of("foreign_key"), Rows::of("foreign_key_column"));
    // the copies that partitions inherit are one foreign key
    for key in lookup.snapshot.constraints.iter().filter(|one| is_checked(one) && one.parent_oid.is_none()) {
        let referenced = key.referenced_table_oid.and_then(|oid| lookup.table(oid));
        if let (Some(referencing), Some(referenced)) = (lookup.table(key.table_oid), referenced) {
            push(&mut rows, lookup, key, referencing, referenced);
            push_columns(&mut columns, key);
        }
    }
    vec![rows, columns]
}

fn push_columns(rows: &mut Rows, key: &Constraint) {
    for (position, (own, referenced)) in (1_u32..).zip(key.columns.iter().zip(&key.referenced_columns)) {
        row!(rows, {
            constraint_id: key.oid,
            position: position,
            column_name: own.as_str(),
            referenced_column: referenced.as_str(),
            converted: key.cast_columns.contains(own),
        });
    }
}

fn push(rows: &mut Rows, lookup: &Lookup<'_>, key: &Constraint, referencing: &Table, referenced: &Table) {
    let covering = served(lookup, referencing, &|index| covers(lookup, index, key));
    let leading = served(lookup, referencing, &|index| begins_with_one(lookup, index, key));
    let changes = table::usage(referenced, &lookup.leaves(referenced));
    row!(rows, {
        constraint_id: key.oid,
        name: key.name.as_str(),
        table_id: referencing.oid,
        table_name: table::name(referencing),
        columns: joined_quoted(&key.columns),
        referenced_table_id: referenced.oid,
        referenced_table: table::name(referenced),
        referenced_columns: joined_quoted(&key.referenced_columns),
        on_delete: on_delete(key),
        validated: key.validated,
        covering_index_id: covering,
        leading_index_id: if covering.is_none() { leading } else { None },
        rows: lookup.rows(referencing),
        referenced_deletes: changes.n_tup_del,
        referenced_updates: changes.n_tup_upd,
    });
}

/// A foreign key that the server enforces: 18 has others, for the documentation alone.
fn is_checked(constraint: &Constraint) -> bool {
    constraint.kind == ConstraintKind::ForeignKey && !constraint.definition.ends_with("NOT ENFORCED")
}

/// The last column of a temporal key (18 and later) is compared by what it overlaps.
fn is_temporal(key: &Constraint) -> bool {
    key.definition.contains(", PERIOD ")
}

/// Foreign keys of a table, inherited ones too.
pub(super) fn foreign_keys<'a>(lookup: &Lookup<'a>, table: u32) -> impl Iterator<Item = &'a Constraint> {
    lookup.constraints(table).to_vec().into_iter().filter(|one| is_checked(one))
}

fn on_delete(key: &Constraint) -> &'static str {
    match key.on_delete.as_deref() {
        Some("r") => "restrict",
        Some("c") => "cascade",
        Some("n") => "set null",
        Some("d") => "set default",
        _ => "no action",
    }
}

/// The smallest usable index that serves; for a partitioned table one of its own, or one on every leaf.
fn served(lookup: &Lookup<'_>, referencing: &Table, serves: &dyn Fn(&Index) -> bool) -> Option<u32> {
    let own = |table: &Table| {
        let usable = lookup.indexes(table.oid).iter().filter(|index| index.usable() && serves(index));
        usable.min_by_key(|index| (index.keys.len(), index.oid)).map(|index| index.oid)
    };
    own(referencing).or_else(|| {
        let leaves: Option<Vec<u32>> = lookup.leaves(referencing).into_iter().map(own).collect();
        leaves?.first().copied()
    })
}

/// Whether an index, usable or not, is one that the check of `key` can use.
pub(super) fn covers(lookup: &Lookup<'_>, index: &Index, key: &Constraint) -> bool {
    let wanted = key.columns.len() - usize::from(is_temporal(key) && index.method != "gist");
    let leading = index.keys.iter().take(wanted);
    let exactly = index.method != "hash" || index.keys.len() == wanted;
    can_probe(lookup, index, key)
        && exactly
        && index.keys.len() >= wanted
        && same_names(
            leading.filter_map(|one| one.column.as_deref()),
            key.columns.iter().take(wanted).map(String::as_str),
        )
}

fn begins_with_one(lookup: &Lookup<'_>, index: &Index, key: &Constraint) -> bool {
    let first = index.keys.first().and_then(|one| one.column.as_ref());
    can_probe(lookup, index, key) && first.is_some_and(|column| key.columns.contains(column))
}

fn can_probe(lookup: &Lookup<'_>, index: &Index, key: &Constraint) -> bool {
    let compares_alike = index.keys.iter().take(key.columns.len()).all(|one| {
        let column = one.column.as_deref().and_then(|name| lookup.column(index.table_oid, name));
        column.is_none_or(|column| one.collation == column.collation)
    });
    let leading = index.keys.iter().take(key.columns.len());
    let has_equality = match index.method.as_str() {
        "btree" | "hash" => true,
        "gist" => leading.clone().all(|one| GIST_CLASSES.contains(&one.opclass.as_str())),
        "gin" => leading.clone().all(|one| GIN_CLASSES.contains(&one.opclass.as_str())),
        _ => false,
    };
    has_equality && compares_alike && leaves_out_only_nulls(index, key)
}

/// Classes of `btree_gist` for the types of keys, and those of what a PERIOD is.
const GIST_CLASSES: [&str; 11] = [
    "gist_int2_ops",
    "gist_int4_ops",
    "gist_int8_ops",
    "gist_text_ops",
    "gist_uuid_ops",
    "gist_numeric_ops",
    "gist_date_ops",
    "gist_timestamptz_ops",
    "gist_enum_ops",
    "range_ops",
    "multirange_ops",
];

/// Classes of `btree_gin` for the types of keys.
const GIN_CLASSES: [&str; 8] =
    ["int2_ops", "int4_ops", "int8_ops", "text_ops", "varchar_ops", "uuid_ops", "numeric_ops", "date_ops"];

/// Every probe implies `column IS NOT NULL` for the key's own columns, and nothing else.
fn leaves_out_only_nulls(index: &Index, key: &Constraint) -> bool {
    let own: Vec<String> = key.columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column))).collect();
    index.predicate.as_deref().is_none_or(|predicate| {
        predicate.split(" AND ").all(|part| own.iter().any(|one| part.trim_matches(['(', ')', ' ']) == one))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{IndexKey, Snapshot};

    fn key(columns: &[&str]) -> Constraint {
        Constraint {
            kind: ConstraintKind::ForeignKey,
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            ..Constraint::default()
        }
    }

    fn index(method: &str, columns: &[&str], predicate: Option<&str>) -> Index {
        let column = |name: &&str| IndexKey { column: Some((*name).to_owned()), ..IndexKey::default() };
        Index {
            method: method.to_owned(),
            keys: columns.iter().map(column).collect(),
            predicate: predicate.map(str::to_owned),
            ..Index::default()
        }
    }

    fn of_class(method: &str, columns: &[(&str, &str)]) -> Index {
        let key = |(column, class): &(&str, &str)| IndexKey {
            column: Some((*column).to_owned()),
            opclass: (*class).to_owned(),
            ..IndexKey::default()
        };
        Index { method: method.to_owned(), keys: columns.iter().map(key).collect(), ..Index::default() }
    }

    #[test]
    fn gist_and_gin_serve_with_classes_that_know_equality_and_a_period_is_served_by_gist() {
        let snapshot = Snapshot::default();
        let lookup = Lookup::of(&snapshot);
        let temporal = Constraint {
            definition: "FOREIGN KEY (a, PERIOD during) REFERENCES p(id, PERIOD during)".to_owned(),
            ..key(&["a", "during"])
        };
        for (key, index, expected) in [
            (key(&["a"]), of_class("gist", &[("a", "gist_int8_ops"), ("b", "range_ops")]), true),
            (key(&["a"]), of_class("gist", &[("a", "gist_trgm_ops")]), false),
            (key(&["a"]), of_class("gin", &[("a", "int8_ops")]), true),
            (key(&["a"]), of_class("gin", &[("a", "array_ops")]), false),
            (temporal.clone(), of_class("gist", &[("a", "gist_int4_ops"), ("during", "range_ops")]), true),
            (temporal.clone(), of_class("gist", &[("a", "gist_int4_ops")]), false),
            (temporal.clone(), of_class("btree", &[("a", "int4_ops")]), true),
            (temporal, of_class("btree", &[("during", "range_ops")]), false),
        ] {
            assert_eq!(covers(&lookup, &index, &key), expected, "{key:?} by {index:?}");
        }
    }

    #[test]
    fn what_is_not_enforced_is_not_checked() {
        let says = |definition: &str| is_checked(&Constraint { definition: definition.to_owned(), ..key(&["a"]) });
        assert!(says("FOREIGN KEY (a) REFERENCES p(id)") && !says("FOREIGN KEY (a) REFERENCES p(id) NOT ENFORCED"));
    }

    #[test]
    fn a_foreign_key_is_covered_by_an_index_that_begins_with_its_columns_in_any_order() {
        let snapshot = Snapshot::default();
        let lookup = Lookup::of(&snapshot);
        for (columns, index, expected) in [
            (&["a"][..], index("btree", &["a"], None), true),
            (&["a"], index("btree", &["a", "b"], None), true),
            (&["a"], index("btree", &["b", "a"], None), false),
            (&["a", "b"], index("btree", &["b", "a", "c"], None), true),
            (&["a", "b"], index("btree", &["a"], None), false),
            (&["a", "b"], index("btree", &["a", "c", "b"], None), false),
            (&["a"], index("hash", &["a"], None), true),
            (&["a"], index("brin", &["a"], None), false),
            (&["a"], index("gin", &["a"], None), false),
            (&["a"], index("btree", &["a"], Some("(a IS NOT NULL)")), true),
            (&["a", "b"], index("btree", &["a", "b"], Some("((a IS NOT NULL) AND (b IS NOT NULL))")), true),
            (&["a"], index("btree", &["a"], Some("((a IS NOT NULL) AND (NOT del))")), false),
            (&["a"], index("btree", &["a"], Some("(b IS NOT NULL)")), false),
        ] {
            assert_eq!(covers(&lookup, &index, &key(columns)), expected, "{columns:?} by {index:?}");
        }
    }
}
