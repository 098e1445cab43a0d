//! The schema and the statements of one server at the sizes and statistics of another.
//!
//! A CI database has the schema of tomorrow and a handful of rows; a snapshot of production has the rows. What has the
//! same name in both gets the numbers of production; what has no partner is told in plain words.

mod objects;
mod partners;
mod statements;
mod times;

use std::collections::BTreeSet;

use super::tokens;
use crate::snapshot::{ColumnStatistics, EndPoint, Snapshot, Table, moves_costs};
use partners::Partners;

/// A snapshot made of two.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grafted {
    /// Schema of the one, numbers of the other.
    pub snapshot: Snapshot,
    /// What did not match, one sentence each without a full stop.
    pub unmatched: Vec<String>,
    /// Fingerprints of the statements that were never measured at these sizes.
    pub unmeasured: BTreeSet<String>,
}

/// What the planner costs by besides, of the server and of its JIT; the locale is none of it.
const OF_SERVER: [&str; 3] = ["jit", "jit_above_cost", "max_worker_processes"];

/// Schema, statements and everything else of `schema_of`; rows, pages, sizes, statistics, ends of indexes, planner
/// settings and the clock of `numbers_of`. Where `schema_of` has no statements, they are those of `numbers_of`; where it
/// has, those that `numbers_of` knows too, by `fingerprint`, have its counters.
pub fn graft(schema_of: Snapshot, numbers_of: &Snapshot, fingerprint: &dyn Fn(&str) -> Option<String>) -> Grafted {
    let partners = Partners::find(&schema_of, numbers_of);
    let mut unmatched = versions(&schema_of, numbers_of);
    unmatched.extend(partners.unmatched(&schema_of, numbers_of));
    let mut snapshot = schema_of;
    let busy = !snapshot.statements.entries.is_empty();
    times::set_clock(&mut snapshot, numbers_of.taken_at);
    let taken = statements::graft(&mut snapshot, numbers_of, fingerprint);
    let with_counters = !busy || taken.any;
    sizes(&mut snapshot, numbers_of, &partners, with_counters);
    statistics(&mut snapshot, numbers_of, &partners);
    unmatched.extend(objects::graft(&mut snapshot, numbers_of, &partners));
    ends(&mut snapshot, numbers_of, &partners);
    settings(&mut snapshot, numbers_of);
    snapshot.values = numbers_of.values;
    snapshot.reference_plans = Vec::new();
    if !busy {
        snapshot.statements = numbers_of.statements.clone();
        snapshot.samples.clone_from(&numbers_of.samples);
        snapshot.reference_plans.clone_from(&numbers_of.reference_plans);
    }
    if with_counters {
        snapshot.database = numbers_of.database.clone();
        snapshot.evidence = numbers_of.evidence.clone();
        snapshot.statements.stats_reset = numbers_of.statements.stats_reset;
    }
    unmatched.extend(statements::told(&taken.new));
    Grafted { snapshot, unmatched, unmeasured: taken.new }
}

fn versions(schema_of: &Snapshot, numbers_of: &Snapshot) -> Vec<String> {
    let (own, other) = (schema_of.server.major(), numbers_of.server.major());
    let words = || format!("the schema is of PostgreSQL {own}, the numbers are of PostgreSQL {other}");
    (own != other).then(words).into_iter().collect()
}

fn sizes(snapshot: &mut Snapshot, numbers_of: &Snapshot, partners: &Partners, with_counters: bool) {
    for table in &mut snapshot.tables {
        if let Some(numbers) = partners.table(table.oid).and_then(|oid| numbers_of.table(oid)) {
            *table = resized(table, numbers, with_counters);
        }
    }
    for index in &mut snapshot.indexes {
        let partner = partners.index(index.oid);
        if let Some(numbers) = partner.and_then(|oid| numbers_of.indexes.iter().find(|one| one.oid == oid)) {
            (index.bytes, index.blocks) = (numbers.bytes, numbers.blocks);
            (index.height, index.search) = (numbers.height, numbers.search);
            (index.pages, index.rows) = (numbers.pages, numbers.rows);
            index.tablespace_options.clone_from(&numbers.tablespace_options);
            if with_counters {
                index.usage = numbers.usage.clone();
            }
        } else if partners.table(index.table_oid).is_some() {
            // what it measures on a handful of rows says nothing beside a table of the other's size
            (index.bytes, index.blocks, index.pages, index.rows) = (None, None, 0, None);
            (index.height, index.search) = (None, None);
        }
    }
}

fn resized(table: &Table, numbers: &Table, with_counters: bool) -> Table {
    Table {
        rows: numbers.rows,
        pages: numbers.pages,
        all_visible_pages: numbers.all_visible_pages,
        heap_bytes: numbers.heap_bytes,
        index_bytes: numbers.index_bytes,
        total_bytes: numbers.total_bytes,
        tablespace_options: numbers.tablespace_options.clone(),
        usage: if with_counters { numbers.usage.clone() } else { table.usage.clone() },
        ..table.clone()
    }
}

/// Those of tables with a partner come from there; others keep their own, but for samples, which may be tokens of
/// another making.
fn statistics(snapshot: &mut Snapshot, numbers_of: &Snapshot, partners: &Partners) {
    let own: BTreeSet<u32> = partners.replaced(snapshot);
    let mut kept: Vec<ColumnStatistics> = std::mem::take(&mut snapshot.column_statistics);
    kept.retain(|one| !own.contains(&one.table_oid));
    tokens::without_texts(&mut kept, &snapshot.types);
    let taken = numbers_of.column_statistics.iter().filter_map(|one| {
        let table_oid = partners.home(one.table_oid, &one.column)?;
        Some(ColumnStatistics { table_oid, ..one.clone() })
    });
    kept.extend(taken);
    kept.sort_by(|a, b| (a.table_oid, &a.column, a.inherited).cmp(&(b.table_oid, &b.column, b.inherited)));
    snapshot.column_statistics = kept;
}

fn ends(snapshot: &mut Snapshot, numbers_of: &Snapshot, partners: &Partners) {
    let taken = numbers_of.end_points.iter().filter_map(|end| {
        let table_oid = partners.home(end.table_oid, &end.column)?;
        Some(EndPoint { table_oid, ..end.clone() })
    });
    snapshot.end_points = taken.collect();
}

fn settings(snapshot: &mut Snapshot, numbers_of: &Snapshot) {
    let costs = |name: &str| moves_costs(name) || OF_SERVER.contains(&name);
    for setting in numbers_of.settings.iter().filter(|setting| costs(&setting.name)) {
        match snapshot.settings.iter_mut().find(|own| own.name == setting.name) {
            Some(own) => (own.value, own.unit) = (setting.value.clone(), setting.unit.clone()),
            None => snapshot.settings.push(setting.clone()),
        }
    }
    snapshot.settings.sort_by(|a, b| a.name.cmp(&b.name));
}

#[cfg(test)]
mod tests;
