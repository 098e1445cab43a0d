//! `index_`, `index_key`, `constraint_`.

use super::foreign_key::{covers, foreign_keys};
use super::{Cells, Rows, cells, joined_quoted, room, row};
use crate::facts::lookup::Lookup;
use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{Column, Constraint, ConstraintKind, Index, IndexKey};

pub(super) fn rows(lookup: &Lookup<'_>) -> Vec<Rows> {
    let (mut indexes, mut keys, mut constraints) = (Rows::of("index_"), Rows::of("index_key"), Rows::of("constraint_"));
    for index in &lookup.snapshot.indexes {
        indexes.push([itself(lookup, index), place(lookup, index), usage(lookup, index)].concat());
        for (position, key) in (1_u32..).zip(&index.keys) {
            push_key(&mut keys, index, position, key);
        }
    }
    for constraint in &lookup.snapshot.constraints {
        push_constraint(&mut constraints, constraint);
    }
    vec![indexes, keys, constraints]
}

fn itself(lookup: &Lookup<'_>, index: &Index) -> Cells {
    cells!({
        index_id: index.oid,
        table_id: index.table_oid,
        schema_name: index.schema.as_str(),
        name: index.name.as_str(),
        index_name: QualifiedName::new(index.schema.as_str(), index.name.as_str()).to_string(),
        method: index.method.as_str(),
        keys: keys_sql(lookup, index),
        key_count: index.keys.len(),
        include: joined_quoted(&index.include),
        predicate: index.predicate.as_deref(),
        has_expression: index.keys.iter().any(|key| key.expression.is_some()),
        unique_: index.unique,
        primary_: index.primary,
        exclusion: index.exclusion,
        immediate: index.immediate,
        definition: index.definition.as_str(),
    })
}

/// What it is for, and what keeps it.
fn place(lookup: &Lookup<'_>, index: &Index) -> Cells {
    let (supports, sole) = foreign_key_support(lookup, index);
    cells!({
        nulls_not_distinct: index.nulls_not_distinct,
        valid: index.valid,
        ready: index.ready,
        usable: index.usable(),
        clustered: index.clustered,
        replica_identity: index.replica_identity,
        partitioned: index.partitioned,
        is_partition: index.is_partition,
        parent_id: index.parent_oid,
        being_built: index.being_built,
        constraint_name: index.constraint.as_deref(),
        extension: index.extension.as_deref(),
        supports_foreign_key: supports,
        sole_foreign_key_support: sole,
    })
}

fn usage(lookup: &Lookup<'_>, index: &Index) -> Cells {
    cells!({
        bytes: over_leaves(lookup, index, |one| one.bytes),
        needed_bytes: room::of_index(lookup, index),
        rows: rows_of(lookup, index),
        height: index.height,
        fillfactor: room::fillfactor(&index.options),
        has_statistics: has_statistics(lookup, index),
        scans: over_leaves(lookup, index, |one| one.usage.scans),
        entries_read: over_leaves(lookup, index, |one| one.usage.tuples_read),
        last_scan_age_s: last_scan(lookup, index).map(|last| lookup.snapshot.taken_at - last),
        created_xacts_ago: index.created_xacts_ago,
    })
}

fn push_key(rows: &mut Rows, index: &Index, position: u32, key: &IndexKey) {
    row!(rows, {
        index_id: index.oid,
        position: position,
        column_name: key.column.as_deref(),
        expression: key.expression.as_deref(),
        opclass: key.opclass.as_str(),
        opclass_is_default: key.opclass_is_default,
        collation: key.collation.as_deref(),
        descending: key.descending,
        nulls_first: key.nulls_first,
    });
}

fn push_constraint(rows: &mut Rows, constraint: &Constraint) {
    row!(rows, {
        constraint_id: constraint.oid,
        table_id: constraint.table_oid,
        name: constraint.name.as_str(),
        kind: constraint_kind(constraint.kind),
        columns: joined_quoted(&constraint.columns),
        index_id: constraint.index_oid,
        validated: constraint.validated,
        deferrable_: constraint.deferrable,
        inherited: constraint.parent_oid.is_some(),
        definition: constraint.definition.as_str(),
    });
}

fn constraint_kind(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "primary_key",
        ConstraintKind::Unique => "unique",
        ConstraintKind::ForeignKey => "foreign_key",
        ConstraintKind::Exclusion => "exclusion",
        ConstraintKind::Check => "check",
        ConstraintKind::NotNull => "not_null",
    }
}

/// A figure of an index; of a partitioned one the sum of its leaves, unknown when any of them is.
fn over_leaves(lookup: &Lookup<'_>, index: &Index, of: impl Fn(&Index) -> Option<u64>) -> Option<u64> {
    if index.partitioned { lookup.index_leaves(index).into_iter().map(of).sum() } else { of(index) }
}

fn rows_of(lookup: &Lookup<'_>, index: &Index) -> Option<f64> {
    if index.partitioned { lookup.index_leaves(index).into_iter().map(|leaf| leaf.rows).sum() } else { index.rows }
}

/// Of its expressions; those of an index are shown only to a role that sees all statistics.
fn has_statistics(lookup: &Lookup<'_>, index: &Index) -> Option<bool> {
    let evidence = &lookup.snapshot.evidence;
    let asked = index.keys.iter().any(|key| key.expression.is_some()) && !index.partitioned;
    let sees = lookup.snapshot.server.superuser || evidence.sees_all_column_statistics;
    let some = lookup.has_any_statistics(index.oid);
    (asked && (some || (sees && !lookup.has_gap("column-statistics")))).then_some(some)
}

fn last_scan(lookup: &Lookup<'_>, index: &Index) -> Option<f64> {
    let leaves = lookup.index_leaves(index).into_iter().filter_map(|leaf| leaf.usage.last_scan);
    leaves.chain(index.usage.last_scan).reduce(f64::max)
}

/// Whether the check of a foreign key of its table can use it, and whether nothing else could.
fn foreign_key_support(lookup: &Lookup<'_>, index: &Index) -> (bool, bool) {
    let supported: Vec<&Constraint> =
        foreign_keys(lookup, index.table_oid).filter(|key| covers(lookup, index, key)).collect();
    let other = |key: &Constraint| {
        let mut others = lookup.indexes(index.table_oid).iter().filter(|other| other.oid != index.oid);
        others.any(|other| other.usable() && covers(lookup, other, key))
    };
    (!supported.is_empty(), index.usable() && supported.into_iter().any(|key| !other(key)))
}

fn keys_sql(lookup: &Lookup<'_>, index: &Index) -> String {
    let key_sql = |key: &IndexKey| {
        let column = key.column.as_deref().and_then(|name| lookup.column(index.table_oid, name));
        let opclass = (!key.opclass_is_default).then_some(key.opclass.as_str());
        let order = order(index.method == "btree", key.descending, key.nulls_first);
        format!("{}{}{}{order}", key_itself(key), collation(key, column), leading_space(opclass))
    };
    index.keys.iter().map(key_sql).collect::<Vec<_>>().join(", ")
}

fn key_itself(key: &IndexKey) -> String {
    match (&key.column, &key.expression) {
        (Some(column), _) => quoted(column),
        (None, Some(expression)) => expression.clone(),
        (None, None) => "?".to_owned(),
    }
}

/// Named only where it is not the column's own.
fn collation(key: &IndexKey, column: Option<&Column>) -> String {
    match (&key.collation, column) {
        (Some(own), Some(column)) if column.collation.as_ref() != Some(own) => format!(" COLLATE {}", quoted(own)),
        _ => String::new(),
    }
}

pub(super) fn leading_space(word: Option<&str>) -> String {
    word.map(|word| format!(" {word}")).unwrap_or_default()
}

/// Direction and place of NULLs, where they are not the default.
pub(super) fn order(ordered: bool, descending: bool, nulls_first: bool) -> &'static str {
    match (ordered, descending, nulls_first) {
        (false, ..) | (true, false, false) => "",
        (true, false, true) => " NULLS FIRST",
        (true, true, true) => " DESC",
        (true, true, false) => " DESC NULLS LAST",
    }
}
