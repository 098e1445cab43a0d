//! What the role could not see although every query ran, and the exact grant that shows it.

use std::collections::BTreeSet;

use crate::ident;
use crate::snapshot::{Gap, Snapshot, TableKind};
use crate::units::Ms;

/// What the role was shown all of.
pub(super) struct Shown {
    /// `pg_settings`.
    pub settings: bool,
    /// Column statistics: read where nothing is hidden by table.
    pub column_statistics: bool,
}

/// The gaps of `snapshot`: those met while reading, then those that show only in what was read.
pub(super) fn of(snapshot: &Snapshot, shown: &Shown, met: &[Gap]) -> Vec<Gap> {
    let role = ident::quoted(&snapshot.server.role);
    let seen = [
        statement_texts(snapshot, &role),
        column_statistics(snapshot, &role).filter(|_| !shown.column_statistics),
        row_security(snapshot, &role).filter(|_| !shown.column_statistics),
        sequence_values(snapshot, &role),
        sessions(snapshot, &role),
        replication(snapshot, &role),
        settings(shown.settings, &role),
        counters(snapshot),
        sizes(snapshot, met),
    ];
    met.iter().cloned().chain(seen.into_iter().flatten()).collect()
}

fn gap(what: &str, why: String, remedy: String) -> Gap {
    Gap { what: what.to_owned(), why, remedy: Some(remedy) }
}

fn statement_texts(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let statements = &snapshot.statements;
    if statements.hidden == 0 {
        return None;
    }
    let why = format!(
        "the texts of {} statements of other roles ({}) are hidden from role {role}",
        statements.hidden,
        Ms(statements.hidden_ms)
    );
    Some(gap("statement-texts", why, format!("GRANT pg_read_all_stats TO {role}")))
}

fn column_statistics(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let hidden: Vec<_> =
        snapshot.tables.iter().filter(|table| !table.selectable && !table.row_security_active).collect();
    if hidden.is_empty() {
        return None;
    }
    let schemas: BTreeSet<String> = hidden.iter().map(|table| ident::quoted(&table.schema)).collect();
    let why = format!(
        "role {role} has no SELECT on {} of {} tables, so pg_stats hides their column statistics",
        hidden.len(),
        snapshot.tables.len()
    );
    Some(gap("column-statistics", why, read_all(snapshot, "TABLES", &schemas, role)))
}

/// `pg_stats` hides these even from a role that may select from them.
fn row_security(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let hidden = snapshot.tables.iter().filter(|table| table.row_security_active).count();
    if hidden == 0 {
        return None;
    }
    let why =
        format!("row security holds for role {role} on {hidden} tables, so pg_stats hides their column statistics");
    Some(gap("column-statistics", why, format!("ALTER ROLE {role} BYPASSRLS")))
}

fn sequence_values(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let hidden: Vec<_> = snapshot.sequences.iter().filter(|sequence| !sequence.readable).collect();
    if hidden.is_empty() {
        return None;
    }
    if snapshot.evidence.sees_all_column_statistics {
        let why = format!("a standby does not know the last value of {} unlogged sequences", hidden.len());
        return Some(gap("sequence-values", why, "audit the primary".to_owned()));
    }
    let schemas: BTreeSet<String> = hidden.iter().map(|sequence| ident::quoted(&sequence.schema)).collect();
    let why = format!(
        "the last values of {} of {} sequences are hidden from role {role}",
        hidden.len(),
        snapshot.sequences.len()
    );
    Some(gap("sequence-values", why, read_all(snapshot, "SEQUENCES", &schemas, role)))
}

/// `pg_read_all_data` came with 14.
fn read_all(snapshot: &Snapshot, what: &str, schemas: &BTreeSet<String>, role: &str) -> String {
    if snapshot.server.major() >= 14 {
        return format!("GRANT pg_read_all_data TO {role}");
    }
    let schemas: Vec<&str> = schemas.iter().map(String::as_str).collect();
    format!("GRANT SELECT ON ALL {what} IN SCHEMA {} TO {role}", schemas.join(", "))
}

fn sessions(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let hidden = snapshot.sessions.iter().filter(|session| session.state.is_none()).count();
    if hidden == 0 || snapshot.evidence.sees_all_statements {
        return None;
    }
    let why = format!("what {hidden} of {} sessions are doing is hidden from role {role}", snapshot.sessions.len());
    Some(gap("sessions", why, format!("GRANT pg_read_all_stats TO {role}")))
}

fn replication(snapshot: &Snapshot, role: &str) -> Option<Gap> {
    let hidden = snapshot.standbys.iter().filter(|standby| standby.state.is_none()).count();
    if hidden == 0 || snapshot.evidence.sees_all_statements {
        return None;
    }
    let why = format!("how far {hidden} standbys lag is hidden from role {role}");
    Some(gap("replication", why, format!("GRANT pg_read_all_stats TO {role}")))
}

fn settings(sees_all: bool, role: &str) -> Option<Gap> {
    if sees_all {
        return None;
    }
    let why = format!("settings that only administrators may see are hidden from role {role}");
    Some(gap("settings", why, format!("GRANT pg_read_all_settings TO {role}")))
}

fn counters(snapshot: &Snapshot) -> Option<Gap> {
    if snapshot.evidence.track_counts {
        return None;
    }
    let why = "track_counts is off, so the server counts no use of tables and indexes, and autovacuum does not run";
    Some(gap("counters", why.to_owned(), "ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf()".to_owned()))
}

fn sizes(snapshot: &Snapshot, met: &[Gap]) -> Option<Gap> {
    let stored = |kind| matches!(kind, TableKind::Table | TableKind::MaterializedView);
    let unknown = snapshot.tables.iter().filter(|table| stored(table.kind) && table.heap_bytes.is_none()).count();
    if unknown == 0 || met.iter().any(|gap| gap.what == "sizes") {
        return None;
    }
    let why = format!("the sizes of {unknown} tables are not known, because somebody holds or wants them exclusively");
    Some(gap("sizes", why, "try again when that transaction is over".to_owned()))
}
