//! `table_`: tables with their sizes and counters; a partitioned table has the sums of its leaves.

use super::{Cells, Rows, cells, padding, partition, room};
use crate::facts::lookup::Lookup;
use crate::ident::QualifiedName;
use crate::snapshot::{ConstraintKind, Index, Table, TableKind, TableUsage};

pub(super) fn rows(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("table_");
    for table in &lookup.snapshot.tables {
        let leaves = lookup.leaves(table);
        rows.push(
            [itself(lookup, table, &leaves), size(lookup, table, &leaves), counters(lookup, table, &leaves)].concat(),
        );
    }
    rows
}

fn itself(lookup: &Lookup<'_>, table: &Table, leaves: &[&Table]) -> Cells {
    let bounds = table.partition_bound.as_deref().and_then(partition::time_bounds);
    let from_now = |time: f64| time - lookup.snapshot.taken_at;
    cells!({
        table_id: table.oid,
        schema_name: table.schema.as_str(),
        name: table.name.as_str(),
        table_name: name(table),
        kind: kind(table.kind),
        persistence: table.persistence.as_str(),
        is_partition: table.is_partition,
        parent_id: table.parents.first().copied(),
        root_id: lookup.root(table).oid,
        leaves: leaves.len(),
        partition_key: table.partition_key.as_deref(),
        partition_column: partition::column(lookup, table),
        partition_bound: table.partition_bound.as_deref(),
        partition_starts_in_s: bounds.and_then(|bounds| bounds.from).map(from_now),
        partition_ends_in_s: bounds.and_then(|bounds| bounds.to).map(from_now),
        detach_pending: table.detach_pending,
        extension: table.extension.as_deref(),
        rows: lookup.rows(table),
        options: table.options.join(","),
        replica_identity: table.replica_identity.as_str(),
        published: table.published,
        published_changes: table.published_changes,
        row_security: table.row_security,
        selectable: table.selectable,
        frozen_xid_age: table.frozen_xid_age,
        has_primary_key: lookup.constraints(table.oid).iter().any(|one| one.kind == ConstraintKind::PrimaryKey),
        has_unique_not_null: lookup.indexes(table.oid).iter().any(|index| identifies_rows(lookup, index)),
        has_statistics: has_statistics(lookup, table),
    })
}

fn size(lookup: &Lookup<'_>, table: &Table, leaves: &[&Table]) -> Cells {
    cells!({
        pages: if leaves.is_empty() { table.pages } else { leaves.iter().map(|leaf| leaf.pages).sum() },
        heap_bytes: bytes(table, leaves, |one| one.heap_bytes),
        index_bytes: bytes(table, leaves, |one| one.index_bytes),
        total_bytes: bytes(table, leaves, |one| one.total_bytes),
        toast_bytes: bytes(table, leaves, |one| {
            Some(one.total_bytes?.saturating_sub(one.heap_bytes?).saturating_sub(one.index_bytes?))
        }),
        needed_bytes: room::of_table(lookup, table),
        all_visible_pages:
            if leaves.is_empty() { table.all_visible_pages } else { leaves.iter().map(|leaf| leaf.all_visible_pages).sum() },
        fillfactor: room::fillfactor(&table.options).unwrap_or(100),
        padding_bytes: padding::saved(lookup, table),
        dropped_columns: table.dropped_columns,
        rewrite_rules: table.rewrite_rules,
    })
}

fn counters(lookup: &Lookup<'_>, table: &Table, leaves: &[&Table]) -> Cells {
    let usage = usage(table, leaves);
    let age = |times: [Option<f64>; 2]| age(lookup.snapshot.taken_at, times);
    cells!({
        seq_scan: usage.seq_scan,
        seq_tup_read: usage.seq_tup_read,
        idx_scan: usage.idx_scan,
        inserts: usage.n_tup_ins,
        updates: usage.n_tup_upd,
        deletes: usage.n_tup_del,
        hot_updates: usage.n_tup_hot_upd,
        newpage_updates: usage.n_tup_newpage_upd,
        last_read_age_s: age([usage.last_seq_scan, usage.last_idx_scan]),
        live_rows: usage.n_live_tup,
        dead_rows: usage.n_dead_tup,
        modified_since_analyze: usage.n_mod_since_analyze,
        analyzed_age_s: age([table.usage.last_analyze, table.usage.last_autoanalyze]),
        vacuumed_age_s: age([table.usage.last_vacuum, table.usage.last_autovacuum]),
    })
}

/// Qualified, quoted where needed.
pub(super) fn name(table: &Table) -> String {
    QualifiedName::new(table.schema.as_str(), table.name.as_str()).to_string()
}

fn kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table => "table",
        TableKind::Partitioned => "partitioned",
        TableKind::MaterializedView => "materialized_view",
        TableKind::Foreign => "foreign",
    }
}

fn bytes(table: &Table, leaves: &[&Table], of: impl Fn(&Table) -> Option<u64>) -> Option<u64> {
    if table.kind == TableKind::Partitioned { leaves.iter().map(|leaf| of(leaf)).sum() } else { of(table) }
}

/// Counters of the table, of a partitioned one the sums of its leaves.
pub(super) fn usage(table: &Table, leaves: &[&Table]) -> TableUsage {
    if table.kind != TableKind::Partitioned {
        return table.usage.clone();
    }
    let mut sum = TableUsage {
        n_tup_newpage_upd: leaves.iter().map(|leaf| leaf.usage.n_tup_newpage_upd).sum(),
        ..TableUsage::default()
    };
    for TableUsage { seq_scan, seq_tup_read, idx_scan, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, .. } in
        leaves.iter().map(|leaf| &leaf.usage)
    {
        sum.seq_scan += seq_scan;
        sum.seq_tup_read += seq_tup_read;
        sum.idx_scan += idx_scan;
        sum.n_tup_ins += n_tup_ins;
        sum.n_tup_upd += n_tup_upd;
        sum.n_tup_del += n_tup_del;
        sum.n_tup_hot_upd += n_tup_hot_upd;
    }
    for usage in leaves.iter().map(|leaf| &leaf.usage) {
        sum.n_live_tup += usage.n_live_tup;
        sum.n_dead_tup += usage.n_dead_tup;
        sum.n_mod_since_analyze += usage.n_mod_since_analyze;
        sum.last_seq_scan = later(sum.last_seq_scan, usage.last_seq_scan);
        sum.last_idx_scan = later(sum.last_idx_scan, usage.last_idx_scan);
    }
    sum
}

fn later(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    [one, other].into_iter().flatten().reduce(f64::max)
}

fn age(now: f64, times: [Option<f64>; 2]) -> Option<f64> {
    times.into_iter().flatten().reduce(f64::max).map(|last| now - last)
}

/// Whether a logical replica, or a person, can tell every row by it.
fn identifies_rows(lookup: &Lookup<'_>, index: &Index) -> bool {
    let not_null = |name: &String| lookup.column(index.table_oid, name).is_some_and(|column| column.not_null);
    index.unique
        && index.usable()
        && index.immediate
        && index.predicate.is_none()
        && index.keys.iter().all(|key| key.column.as_ref().is_some_and(not_null))
}

/// Whether ANALYZE has left anything; unknown where the server hides it from the role.
fn has_statistics(lookup: &Lookup<'_>, table: &Table) -> Option<bool> {
    let (snapshot, evidence) = (lookup.snapshot, &lookup.snapshot.evidence);
    if lookup.has_any_statistics(table.oid) {
        return Some(true);
    }
    let nothing_read = snapshot.column_statistics.is_empty() && lookup.has_gap("column-statistics");
    let may_see = evidence.sees_all_column_statistics || table.selectable;
    let sees = snapshot.server.superuser || (may_see && !table.row_security);
    (sees && !nothing_read).then_some(false)
}
