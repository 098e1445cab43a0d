//! Tables left out because somebody holds them exclusively.
//!
//! The server words an index, a check or a generated column only when it can lock the table.
//! A table without its indexes would be an invitation to false advice, so it is left out of
//! the snapshot with all that belongs to it, rather than half read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::ident::QualifiedName;
use crate::snapshot::{Gap, Snapshot};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Held {
    oid: u32,
    #[serde(flatten)]
    name: QualifiedName,
}

/// The query without them: `{held}` in it stands behind the first element of an array of OIDs.
pub(super) fn without(sql: &str, held: &BTreeSet<Held>) -> String {
    let list = held.iter().fold(String::new(), |mut list, one| {
        // a String takes everything
        let _ = write!(list, ", {}", one.oid);
        list
    });
    sql.replace("{held}", &list)
}

/// Takes all that belongs to them out of the snapshot, so that nothing refers to what is not there.
pub(super) fn prune(snapshot: &mut Snapshot, held: &BTreeSet<Held>) {
    if held.is_empty() {
        return;
    }
    let mut gone: BTreeSet<u32> = held.iter().map(|one| one.oid).collect();
    let indexes = snapshot.indexes.iter().filter(|index| gone.contains(&index.table_oid));
    let indexes: Vec<u32> = indexes.map(|index| index.oid).collect();
    gone.extend(indexes);
    let stays = |oid: u32| !gone.contains(&oid);
    snapshot.column_statistics.retain(|one| stays(one.table_oid));
    snapshot.tables.retain(|table| stays(table.oid));
    for table in &mut snapshot.tables {
        table.parents.retain(|parent| stays(*parent));
    }
    snapshot.columns.retain(|column| stays(column.table_oid));
    snapshot.indexes.retain(|index| stays(index.table_oid));
    for index in &mut snapshot.indexes {
        index.parent_oid = index.parent_oid.filter(|parent| stays(*parent));
    }
    snapshot.constraints.retain(|one| stays(one.table_oid) && one.referenced_table_oid.is_none_or(stays));
    if let Some(triggers) = &mut snapshot.triggers {
        triggers.retain(|one| stays(one.table_oid));
    }
    for drift in snapshot.collation_drifts.iter_mut().flatten() {
        drift.indexes.retain(|index| stays(*index));
    }
    snapshot.extended_statistics.retain(|one| stays(one.table_oid));
    for sequence in &mut snapshot.sequences {
        sequence.feeds.retain(|feed| stays(feed.table_oid));
    }
    snapshot.surroundings.policies.retain(|one| stays(one.table_oid));
    snapshot.progress.retain(|one| one.table_oid.is_none_or(stays));
}

/// Says so.
pub(super) fn gap(held: &BTreeSet<Held>) -> Option<Gap> {
    let names: Vec<String> = held.iter().map(|one| one.name.to_string()).collect();
    (!names.is_empty()).then(|| Gap {
        what: "tables".to_owned(),
        why: format!("somebody holds or wants these tables exclusively, so they are left out: {}", names.join(", ")),
        remedy: Some("try again when that transaction is over".to_owned()),
    })
}
