//! `server`, `database_activity`, `setting`, `role_setting`, `extension`.

use super::{Rows, row};
use crate::facts::Input;
use crate::snapshot::{Samples, StatementsState};

pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    vec![server(input), database(input), settings(input), role_settings(input), extensions(input)]
}

/// Time of every statement of the database; unknown when they were not read.
pub(super) fn statement_ms(input: &Input<'_>) -> Option<f64> {
    let statements = &input.snapshot.statements;
    (statements.state == StatementsState::Read).then(|| input.workload.total_ms() + statements.hidden_ms)
}

fn server(input: &Input<'_>) -> Rows {
    let snapshot = input.snapshot;
    let (server, evidence, database, statements) =
        (&snapshot.server, &snapshot.evidence, &snapshot.database, &snapshot.statements);
    let mut rows = Rows::of("server");
    row!(rows, {
        version_num: server.version_num,
        major: server.major(),
        version: server.version.as_str(),
        database: server.database.as_str(),
        role: server.role.as_str(),
        superuser: server.superuser,
        in_recovery: server.in_recovery,
        taken_at: snapshot.taken_at,
        uptime_s: snapshot.taken_at - server.started_at,
        managed: server.managed.as_deref(),
        stats_age_s: evidence.database_stats_age_s,
        statement_stats_age_s: statements.stats_reset.map(|reset| snapshot.taken_at - reset),
        statement_evictions: statements.dealloc,
        statement_max: statements.max,
        window_s: snapshot.samples.as_ref().map(Samples::seconds),
        statement_ms: statement_ms(input),
        track_counts: evidence.track_counts,
        track_io_timing: evidence.track_io_timing,
        track_planning: statements.track_planning,
        standbys: evidence.standbys,
        standbys_unread: evidence.standbys.saturating_sub(snapshot.replicas.len() as u64),
        usage_age_s: snapshot.replicas.iter().map(|replica| replica.stats_age_s).fold(evidence.database_stats_age_s, f64::min),
        database_bytes: database.bytes,
        xact_commit: database.xact_commit,
        xact_rollback: database.xact_rollback,
        blks_read: database.blks_read,
        blks_hit: database.blks_hit,
        temp_files: database.temp_files,
        temp_bytes: database.temp_bytes,
        deadlocks: database.deadlocks,
        frozen_xid_age: database.frozen_xid_age,
        min_multixact_age: database.min_multixact_age,
    });
    rows
}

/// What `pg_stat_database` counts besides.
fn database(input: &Input<'_>) -> Rows {
    let (snapshot, database) = (input.snapshot, &input.snapshot.database);
    let mut rows = Rows::of("database_activity");
    row!(rows, {
        blk_read_ms: database.blk_read_ms.filter(|_| snapshot.evidence.track_io_timing),
        checksum_failures: database.checksum_failures,
        sessions: database.sessions,
        session_ms: database.session_ms,
        active_ms: database.active_ms,
        idle_in_transaction_ms: database.idle_in_transaction_ms,
        sessions_abandoned: database.sessions_abandoned,
        sessions_fatal: database.sessions_fatal,
        sessions_killed: database.sessions_killed,
        parallel_workers_wanted: database.parallel_workers_wanted,
        parallel_workers_launched: database.parallel_workers_launched,
    });
    rows
}

fn settings(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("setting");
    for setting in &input.snapshot.settings {
        row!(rows, {
            name: setting.name.as_str(),
            value: setting.value.as_str(),
            unit: setting.unit.as_deref(),
            source: setting.source.as_str(),
            boot_value: setting.boot_value.as_deref(),
            context: setting.context.as_str(),
            pending_restart: setting.pending_restart,
        });
    }
    rows
}

fn role_settings(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("role_setting");
    for setting in &input.snapshot.role_settings {
        row!(rows, {
            role: setting.role.as_deref(),
            database: setting.database.as_deref(),
            name: setting.name.as_str(),
            value: setting.value.as_str(),
        });
    }
    rows
}

fn extensions(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("extension");
    for extension in &input.snapshot.extensions {
        row!(rows, {
            name: extension.name.as_str(),
            version: extension.version.as_str(),
            schema_name: extension.schema.as_str(),
            available: extension.available.as_deref(),
        });
    }
    rows
}
