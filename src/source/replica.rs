//! The counters of a standby beside those of its primary.
//!
//! Each server counts its own reads only, so an index may be idle on the primary and busy on a standby. A standby is a
//! copy by blocks: its OIDs are the primary's, and its counters add up with them.

use std::collections::BTreeMap;

use miette::Diagnostic;
use thiserror::Error;

use crate::snapshot::{Index, IndexUsage, Replica, Snapshot, Table, TableUsage};

/// Why the counters of two servers cannot be added.
#[derive(Debug, Error, Diagnostic)]
pub enum ReplicaError {
    /// Another database.
    #[error(
        "that is no replica of database \"{database}\": of its {indexes} indexes {found} are there under the same OID and name"
    )]
    #[diagnostic(
        code(replica::other),
        help("--replica takes a physical standby of the audited server, with the same database name in its URL")
    )]
    Other {
        /// The audited database.
        database: String,
        /// Its indexes.
        indexes: usize,
        /// Those that the other one has too.
        found: usize,
    },
    /// No standby at all.
    #[error("the server that --replica names is no standby")]
    #[diagnostic(
        code(replica::primary),
        help("name a physical standby; a logical replica has tables and indexes of its own: audit it by itself")
    )]
    Primary,
}

/// The snapshot with the scans of a standby added to its own.
pub fn merge(mut snapshot: Snapshot, standby: &Snapshot) -> Result<Snapshot, ReplicaError> {
    if !standby.server.in_recovery {
        return Err(ReplicaError::Primary);
    }
    let theirs: BTreeMap<u32, &Index> = standby.indexes.iter().map(|index| (index.oid, index)).collect();
    let same = |index: &Index| {
        theirs.get(&index.oid).filter(|other| (&other.schema, &other.name) == (&index.schema, &index.name)).copied()
    };
    let found = snapshot.indexes.iter().filter(|index| same(index).is_some()).count();
    // an index may have been made or renamed between the two readings, most may not
    if found * 2 < snapshot.indexes.len() || snapshot.server.database != standby.server.database {
        let database = snapshot.server.database;
        return Err(ReplicaError::Other { database, indexes: snapshot.indexes.len(), found });
    }
    let mut scans = 0;
    for index in &mut snapshot.indexes {
        if let Some(other) = same(index) {
            scans += other.usage.scans.unwrap_or(0);
            add_index(&mut index.usage, &other.usage);
        }
    }
    let tables: BTreeMap<u32, &Table> = standby.tables.iter().map(|table| (table.oid, table)).collect();
    for table in &mut snapshot.tables {
        if let Some(other) = tables.get(&table.oid) {
            add_table(&mut table.usage, &other.usage);
        }
    }
    let stats_age_s = standby.evidence.database_stats_age_s;
    snapshot.replicas.push(Replica { taken_at: standby.taken_at, stats_age_s, scans });
    Ok(snapshot)
}

fn add_index(usage: &mut IndexUsage, other: &IndexUsage) {
    let sum = |one: Option<u64>, two: Option<u64>| one.map(|one| one.saturating_add(two.unwrap_or(0)));
    usage.scans = sum(usage.scans, other.scans);
    usage.tuples_read = sum(usage.tuples_read, other.tuples_read);
    usage.tuples_fetched = sum(usage.tuples_fetched, other.tuples_fetched);
    usage.last_scan = later(usage.last_scan, other.last_scan);
}

/// Reads alone: what is written on the primary is replayed on a standby, and counted once.
fn add_table(usage: &mut TableUsage, other: &TableUsage) {
    usage.seq_scan = usage.seq_scan.saturating_add(other.seq_scan);
    usage.seq_tup_read = usage.seq_tup_read.saturating_add(other.seq_tup_read);
    usage.idx_scan = usage.idx_scan.saturating_add(other.idx_scan);
    usage.idx_tup_fetch = usage.idx_tup_fetch.saturating_add(other.idx_tup_fetch);
    usage.last_seq_scan = later(usage.last_seq_scan, other.last_seq_scan);
    usage.last_idx_scan = later(usage.last_idx_scan, other.last_idx_scan);
}

fn later(one: Option<f64>, two: Option<f64>) -> Option<f64> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.max(two)),
        (one, two) => one.or(two),
    }
}
