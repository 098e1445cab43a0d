//! What a snapshot could and could not tell: what rules that need it are measured by.

use std::collections::BTreeSet;

use crate::analysis::LogRead;
use crate::snapshot::{Gap, Snapshot, StatementsState, Table};

/// What could be read, and how old the counters are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Availability {
    /// 13 to 18.
    pub major: u32,
    /// The audited database.
    pub database: String,
    /// The reading role.
    pub role: String,
    /// A standby.
    pub in_recovery: bool,
    /// `track_counts`.
    pub track_counts: bool,
    /// Age of the usage counters, seconds.
    pub stats_age_s: f64,
    /// Age of the statements' counters, seconds; `None` before 14.
    pub statement_stats_age_s: Option<f64>,
    /// Whether statements were read.
    pub statements: StatementsState,
    /// Whether commands that are no queries are counted too (`pg_stat_statements.track_utility`).
    pub commands_counted: bool,
    /// Statements whose text is hidden from the role.
    pub statements_hidden: Hidden,
    /// Tables whose column statistics are hidden.
    pub column_statistics_hidden: Hidden,
    /// Sequences whose last value is hidden.
    pub sequence_values_hidden: Hidden,
    /// Sessions whose state is hidden.
    pub sessions_hidden: Hidden,
    /// Installed extensions.
    pub extensions: BTreeSet<String>,
    /// Settings that the role may see.
    pub settings: BTreeSet<String>,
    /// Of those, the ones that are on.
    pub settings_on: BTreeSet<String>,
    /// What was read of a log.
    pub log: Option<LogRead>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
}

/// How many of how many the role may not see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Not seen.
    pub hidden: u64,
    /// In all.
    pub of: u64,
}

impl Availability {
    /// Of a snapshot, and of the log that was read with it.
    pub fn of(snapshot: &Snapshot, log: Option<LogRead>) -> Self {
        let (server, evidence, statements) = (&snapshot.server, &snapshot.evidence, &snapshot.statements);
        Self {
            major: server.major(),
            database: server.database.clone(),
            role: server.role.clone(),
            in_recovery: server.in_recovery,
            track_counts: evidence.track_counts,
            stats_age_s: evidence.database_stats_age_s,
            statement_stats_age_s: statements.stats_reset.map(|reset| snapshot.taken_at - reset),
            statements: statements.state,
            commands_counted: commands_counted(snapshot),
            statements_hidden: statements_hidden(snapshot),
            column_statistics_hidden: column_statistics_hidden(snapshot),
            sequence_values_hidden: Hidden {
                hidden: evidence.sequences_unreadable,
                of: snapshot.sequences.len() as u64,
            },
            sessions_hidden: sessions_hidden(snapshot),
            extensions: snapshot.extensions.iter().map(|extension| extension.name.clone()).collect(),
            settings: snapshot.settings.iter().map(|setting| setting.name.clone()).collect(),
            settings_on: settings_on(snapshot),
            log,
            gaps: snapshot.gaps.iter().cloned().chain(not_yet_read(snapshot)).collect(),
        }
    }

    /// The gap of this part of the snapshot, if it has one.
    pub fn gap(&self, what: &str) -> Option<&Gap> {
        self.gaps.iter().find(|gap| gap.what == what)
    }
}

/// On unless the setting says otherwise; who may not see it gets the server's default.
fn commands_counted(snapshot: &Snapshot) -> bool {
    let setting = snapshot.settings.iter().find(|setting| setting.name == "pg_stat_statements.track_utility");
    setting.is_none_or(|setting| setting.value != "off")
}

/// What is read of the server around the database.
const SURROUNDINGS: [&str; 11] = [
    "configuration-files",
    "databases",
    "definer-functions",
    "hba-rules",
    "policies",
    "prepared-transactions",
    "roles",
    "schemas",
    "server-counters",
    "subscriptions",
    "wal-directory",
];

/// Parts that whoever took the snapshot did not know of.
fn not_yet_read(snapshot: &Snapshot) -> impl Iterator<Item = Gap> {
    // there is no server without a database
    let around = !snapshot.surroundings.databases.is_empty() || snapshot.gaps.iter().any(|gap| gap.what == "databases");
    let own = [("triggers", snapshot.triggers.is_none()), ("collations", snapshot.collation_drifts.is_none())];
    let lacks = |field: fn(&Table) -> bool| snapshot.tables.iter().any(field);
    let of_tables = [
        ("detached-partitions", lacks(|table| table.detach_pending.is_none())),
        ("dropped-columns", lacks(|table| table.dropped_columns.is_none())),
        ("rewrite-rules", lacks(|table| table.rewrite_rules.is_none())),
        ("sequence-owners", snapshot.sequences.iter().any(|sequence| sequence.owned.is_none())),
    ];
    let parts = own.into_iter().chain(of_tables).chain(SURROUNDINGS.map(|part| (part, !around)));
    parts.filter(|(_, missing)| *missing).map(|(what, _)| Gap {
        what: what.to_owned(),
        why: format!("this snapshot was taken by an earlier pgassay, which did not read {}", what.replace('-', " ")),
        remedy: Some("take a new one".to_owned()),
    })
}

fn settings_on(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.settings.iter().filter(|setting| setting.value == "on").map(|setting| setting.name.clone()).collect()
}

fn statements_hidden(snapshot: &Snapshot) -> Hidden {
    let statements = &snapshot.statements;
    Hidden { hidden: statements.hidden, of: statements.hidden + statements.entries.len() as u64 }
}

fn column_statistics_hidden(snapshot: &Snapshot) -> Hidden {
    let evidence = &snapshot.evidence;
    let hidden = if evidence.sees_all_column_statistics { 0 } else { evidence.tables_without_select };
    Hidden { hidden, of: evidence.tables }
}

/// The state of somebody else's session is NULL for a role that may not see it.
fn sessions_hidden(snapshot: &Snapshot) -> Hidden {
    let hidden = snapshot.sessions.iter().filter(|session| session.state.is_none()).count();
    let all_seen = snapshot.evidence.sees_all_statements || snapshot.server.superuser;
    Hidden { hidden: if all_seen { 0 } else { hidden as u64 }, of: snapshot.sessions.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_snapshot_does_not_hold_is_a_gap() {
        let gaps = |snapshot: &Snapshot| {
            let available = Availability::of(snapshot, None);
            ["triggers", "collations"].map(|part| available.gap(part).is_some())
        };
        assert_eq!(gaps(&Snapshot::default()), [true, true]);
        let read = Snapshot { triggers: Some(Vec::new()), collation_drifts: Some(Vec::new()), ..Snapshot::default() };
        assert_eq!(gaps(&read), [false, false]);
    }

    #[test]
    fn a_table_of_an_earlier_snapshot_leaves_open_what_was_not_asked_of_it() {
        let gaps = |table: Table| {
            let available = Availability::of(&Snapshot { tables: vec![table], ..Snapshot::default() }, None);
            ["detached-partitions", "dropped-columns", "rewrite-rules"].map(|part| available.gap(part).is_some())
        };
        assert_eq!(gaps(Table::default()), [true, true, true]);
        let read =
            Table { detach_pending: Some(false), dropped_columns: Some(0), rewrite_rules: Some(0), ..Table::default() };
        assert_eq!(gaps(read), [false, false, false]);
    }
}
