//! Where the facts come from, and how much of the workload was understood.

use time::OffsetDateTime;

use super::lookup::Lookup;
use super::{ServerInfo, SourceInfo, StatementCounts};
use crate::snapshot::Samples;
use crate::workload::Query;

/// The audited server.
pub(super) fn server(lookup: &Lookup<'_>) -> ServerInfo {
    let snapshot = lookup.material.snapshot;
    let mut extensions: Vec<String> =
        snapshot.extensions.iter().map(|extension| format!("{} {}", extension.name, extension.version)).collect();
    extensions.sort();
    ServerInfo {
        version: snapshot.server.version.clone(),
        database: snapshot.server.database.clone(),
        in_recovery: snapshot.server.in_recovery,
        extensions,
        managed: snapshot.server.managed.clone(),
    }
}

/// The snapshot and its counters.
pub(super) fn source(lookup: &Lookup<'_>) -> SourceInfo {
    let snapshot = lookup.material.snapshot;
    let reset = snapshot.statements.stats_reset;
    SourceInfo {
        kind: lookup.material.source_kind.to_owned(),
        taken_at: rfc3339(snapshot.taken_at),
        window_s: snapshot.samples.as_ref().map(Samples::seconds),
        window_own_ms: snapshot.samples.as_ref().and_then(|samples| samples.own_ms),
        stats_age_s: reset.map_or(snapshot.evidence.database_stats_age_s, |reset| snapshot.taken_at - reset),
        replicas: snapshot.replicas.len() as u64,
        statements: counts(lookup),
    }
}

fn counts(lookup: &Lookup<'_>) -> StatementCounts {
    let snapshot = lookup.material.snapshot;
    let workload = lookup.material.workload;
    let bound: Vec<&Query> = workload.queries.iter().filter(|query| is_bound(query)).collect();
    let server_ms = lookup.total_ms + snapshot.statements.other_databases_ms;
    let bound_ms: f64 = bound.iter().map(|query| query.counters.total_ms).sum();
    StatementCounts {
        seen: snapshot.statements.entries.len() as u64 + snapshot.statements.hidden,
        parsed: workload.queries.len() as u64,
        bound: bound.len() as u64,
        unparsed: workload.unparsed.len() as u64,
        hidden: snapshot.statements.hidden,
        coverage: lookup.share(bound_ms),
        of_server: (server_ms > 0.0).then(|| lookup.total_ms / server_ms),
        evictions: snapshot.statements.dealloc,
    }
}

fn is_bound(query: &Query) -> bool {
    query.tables.iter().all(|table| table.table_oid.is_some())
}

/// Seconds since the epoch as `2027-01-31T12:00:00Z`; empty for a time that no calendar has.
fn rfc3339(epoch: f64) -> String {
    match OffsetDateTime::from_unix_timestamp(epoch as i64) {
        Ok(time) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        ),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_to_the_second() {
        assert_eq!(rfc3339(0.0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_767_225_599.9), "2025-12-31T23:59:59Z");
        assert_eq!(rfc3339(f64::MAX), "");
    }
}
