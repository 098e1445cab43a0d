//! Remarks on an index: what it needs, what it depends on, what it costs.

use super::{Advice, existing, writes};
use crate::analysis::trace::stated::REPAIR;
use crate::snapshot::{Snapshot, TableKind};
use crate::what_if::{Design, TableFacts};
use crate::workload::{Query, Workload};

/// All that is to be said beside the figures.
pub fn notes(snapshot: &Snapshot, workload: &Workload, advice: &Advice, facts: Option<&TableFacts>) -> Vec<String> {
    let design = &advice.design;
    let mut notes = Vec::new();
    if facts.is_some_and(|facts| !facts.analyzed) {
        notes.push("the table was never analyzed, so this rests on defaults: run ANALYZE first".to_owned());
    }
    if facts.is_some_and(|facts| facts.table.kind == TableKind::Partitioned) {
        notes.push("the table is partitioned: build it on each partition, then attach".to_owned());
    }
    if writes::is_write_heavy(snapshot, design) {
        notes.push("the table is written more than it is read; each write also maintains this index".to_owned());
    }
    let updated = writes::updated_columns(workload, design);
    if !updated.is_empty() {
        notes.push(format!("updates of {} can no longer be HOT", updated.join(", ")));
    }
    notes.extend(told_by_log(workload, design));
    notes.extend(advice.replaces.iter().filter_map(|oid| existing::note(snapshot, *oid)));
    notes
}

/// The conditions that no text of the server holds: a log told them, and that is to be said.
fn told_by_log<'a>(workload: &'a Workload, design: &'a Design) -> impl Iterator<Item = String> + 'a {
    let stating = |part: &str| -> Vec<&Query> {
        workload.queries.iter().filter(|query| query.predicates.iter().any(|one| one.sql == part)).collect()
    };
    let told = move |part: &&str| {
        let stating = stating(part);
        !stating.is_empty() && stating.iter().all(|query| query.repairs.contains(&REPAIR))
    };
    let parts = design.predicate.iter().flat_map(|predicate| predicate.split(" AND "));
    parts.filter(told).map(|part| {
        format!(
            "the server keeps a parameter where the log has {part} each time: a call with another value is not served by \
             this index"
        )
    })
}
