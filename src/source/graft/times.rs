//! Points of time that belong to another clock.
//!
//! The samples of times are as old as the numbers, so `now()` must be that of the numbers; what the schema's server
//! did then keeps its age.

use crate::snapshot::Snapshot;

/// Sets the clock and moves every point of time with it.
pub(super) fn set_clock(snapshot: &mut Snapshot, now: f64) {
    let by = now - snapshot.taken_at;
    let shift = |at: &mut Option<f64>| *at = at.map(|at| at + by);
    snapshot.taken_at = now;
    snapshot.server.started_at += by;
    shift(&mut snapshot.evidence.database_stats_reset);
    shift(&mut snapshot.statements.stats_reset);
    for entry in &mut snapshot.statements.entries {
        shift(&mut entry.stats_since);
        shift(&mut entry.minmax_stats_since);
    }
    if let Some(samples) = &mut snapshot.samples {
        samples.began_at += by;
    }
    for table in &mut snapshot.tables {
        let usage = &mut table.usage;
        shift(&mut usage.last_seq_scan);
        shift(&mut usage.last_idx_scan);
        shift(&mut usage.last_vacuum);
        shift(&mut usage.last_autovacuum);
        shift(&mut usage.last_analyze);
        shift(&mut usage.last_autoanalyze);
    }
    for index in &mut snapshot.indexes {
        shift(&mut index.usage.last_scan);
    }
}
