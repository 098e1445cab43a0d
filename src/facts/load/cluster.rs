//! The server as a whole: `server_counters`, `role_`, `database_`, `prepared_transaction`, `subscription`, `hba_rule`,
//! `configuration_error`, `schema_`, `definer_function`, `maintenance`.

use super::{Rows, joined, row};
use crate::snapshot::Snapshot;

pub(super) fn rows(snapshot: &Snapshot) -> Vec<Rows> {
    let mut all = vec![counters(snapshot), roles(snapshot), databases(snapshot), prepared(snapshot)];
    all.extend([subscriptions(snapshot), hba(snapshot), configuration(snapshot), schemas(snapshot)]);
    all.extend([definers(snapshot), maintenance(snapshot)]);
    all
}

fn counters(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("server_counters");
    let counters = &snapshot.surroundings.counters;
    row!(rows, {
        checkpoint_age_s: counters.checkpoint_age_s,
        checkpoints_timed: counters.checkpoints_timed,
        checkpoints_requested: counters.checkpoints_requested,
        buffers_checkpoint: counters.buffers_checkpoint,
        buffers_cleaner: counters.buffers_cleaner,
        cleaner_stops: counters.cleaner_stops,
        buffers_backend: counters.buffers_backend,
        wal_age_s: counters.wal_age_s,
        wal_records: counters.wal_records,
        wal_full_page_images: counters.wal_full_page_images,
        wal_bytes: counters.wal_bytes,
        wal_buffers_full: counters.wal_buffers_full,
        wal_syncs: counters.wal_syncs,
        wal_sync_ms: counters.wal_sync_ms,
        archived: counters.archived,
        archive_failures: counters.archive_failures,
        archived_age_s: counters.archived_age_s,
        archive_failed_age_s: counters.archive_failed_age_s,
        archive_waiting: counters.archive_waiting,
        wal_directory_bytes: counters.wal_directory_bytes,
        locks: counters.locks,
        autovacuum_workers: counters.autovacuum_workers,
    });
    rows
}

fn roles(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("role_");
    for role in &snapshot.surroundings.roles {
        row!(rows, {
            name: role.name.as_str(),
            superuser: role.superuser,
            login: role.login,
            connection_limit: role.connection_limit,
            valid_for_s: role.valid_for_s,
        });
    }
    rows
}

fn databases(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("database_");
    for database in &snapshot.surroundings.databases {
        row!(rows, {
            name: database.name.as_str(),
            template: database.template,
            allows_connections: database.allows_connections,
            connection_limit: database.connection_limit,
            frozen_xid_age: database.frozen_xid_age,
            min_multixact_age: database.min_multixact_age,
        });
    }
    rows
}

fn prepared(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("prepared_transaction");
    for prepared in &snapshot.surroundings.prepared_transactions {
        row!(rows, {
            gid: prepared.gid.as_str(),
            owner: prepared.owner.as_deref(),
            database: prepared.database.as_deref(),
            age_s: prepared.age_s,
            xmin_age: prepared.xmin_age,
        });
    }
    rows
}

fn subscriptions(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("subscription");
    for subscription in &snapshot.surroundings.subscriptions {
        row!(rows, {
            name: subscription.name.as_str(),
            enabled: subscription.enabled,
            running: subscription.running,
            apply_errors: subscription.apply_errors,
            sync_errors: subscription.sync_errors,
        });
    }
    rows
}

fn hba(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("hba_rule");
    for (position, rule) in snapshot.surroundings.hba_rules.iter().enumerate() {
        row!(rows, {
            position: position,
            line: rule.line,
            kind: rule.kind.as_deref(),
            databases: joined(rule.databases.iter().map(String::as_str)),
            users: joined(rule.users.iter().map(String::as_str)),
            remote: rule.remote,
            method: rule.method.as_deref(),
            error: rule.error.as_deref(),
        });
    }
    rows
}

fn configuration(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("configuration_error");
    for error in &snapshot.surroundings.configuration_errors {
        row!(rows, {
            file: error.file.as_deref(),
            line: error.line,
            name: error.name.as_deref(),
            error: error.error.as_str(),
        });
    }
    rows
}

fn schemas(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("schema_");
    for schema in &snapshot.surroundings.schemas {
        row!(rows, { schema_name: crate::ident::quoted(&schema.name), public_create: schema.public_create });
    }
    rows
}

fn definers(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("definer_function");
    for function in &snapshot.surroundings.definer_functions {
        let name = crate::ident::QualifiedName::new(function.schema.as_str(), function.name.as_str());
        row!(rows, {
            function_name: format!("{name}({})", function.arguments),
            schema_name: function.schema.as_str(),
            owner_is_superuser: function.owner_is_superuser,
            fixes_search_path: function.fixes_search_path,
            public: function.public,
        });
    }
    rows
}

fn maintenance(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("maintenance");
    for one in &snapshot.progress {
        row!(rows, {
            pid: one.pid,
            command: one.command.as_str(),
            table_id: one.table_oid,
            phase: one.phase.as_str(),
            done_share: share(one.done, one.total),
            index_passes: one.index_passes,
        });
    }
    rows
}

fn share(done: Option<i64>, total: Option<i64>) -> Option<f64> {
    let (done, total) = (done?, total?);
    (total > 0).then(|| done as f64 / total as f64)
}
