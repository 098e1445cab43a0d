//! `session`, `standby`, `replication_slot`, `gap`.

use super::{Rows, row};
use crate::snapshot::Snapshot;

pub(super) fn rows(snapshot: &Snapshot) -> Vec<Rows> {
    vec![sessions(snapshot), standbys(snapshot), slots(snapshot), gaps(snapshot)]
}

fn sessions(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("session");
    for session in &snapshot.sessions {
        let blockers: Vec<String> = session.blocked_by.iter().map(ToString::to_string).collect();
        row!(rows, {
            pid: session.pid,
            user: session.user.as_deref(),
            database: session.database.as_deref(),
            application: session.application.as_deref(),
            state: session.state.as_deref(),
            backend_age_s: session.backend_age_s,
            xact_age_s: session.xact_age_s,
            query_age_s: session.query_age_s,
            state_age_s: session.state_age_s,
            wait_event_type: session.wait_event_type.as_deref(),
            wait_event: session.wait_event.as_deref(),
            xmin_age: session.xmin_age,
            blocked_by: blockers.join(", "),
            ssl: session.ssl,
            remote: session.remote,
            lock_wait_s: session.lock_wait_s,
            waits_for_mode: session.waits_for_mode.as_deref(),
            waits_for_table_id: session.waits_for_oid,
            locks: session.locks,
            locks_off_fast_path: session.locks_off_fast_path,
            advisory_locks: session.advisory_locks,
            subtransactions: session.subtransactions,
            subtransactions_overflowed: session.subtransactions_overflowed,
        });
    }
    rows
}

fn standbys(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("standby");
    for standby in &snapshot.standbys {
        row!(rows, {
            name: standby.name.as_deref(),
            state: standby.state.as_deref(),
            replay_lag_bytes: standby.replay_lag_bytes,
            replay_lag_s: standby.replay_lag_s,
            sync_state: standby.sync_state.as_deref(),
            xmin_age: standby.xmin_age,
        });
    }
    rows
}

fn slots(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("replication_slot");
    for slot in &snapshot.slots {
        row!(rows, {
            name: slot.name.as_str(),
            kind: slot.kind.as_str(),
            active: slot.active,
            retained_bytes: slot.retained_bytes,
            xmin_age: slot.xmin_age,
            wal_status: slot.wal_status.as_deref(),
            database: slot.database.as_deref(),
            temporary: slot.temporary,
            safe_wal_bytes: slot.safe_wal_bytes,
            inactive_s: slot.inactive_s,
            spilled_transactions: slot.spilled_transactions,
            spilled_bytes: slot.spilled_bytes,
            decoded_bytes: slot.decoded_bytes,
        });
    }
    rows
}

fn gaps(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::of("gap");
    for gap in &snapshot.gaps {
        row!(rows, { what: gap.what.as_str(), why: gap.why.as_str(), remedy: gap.remedy.as_deref() });
    }
    rows
}
