//! `trigger_`, `collation_drift`, `extended_statistics`: what of a schema is neither table, column, index nor constraint.

use super::{Rows, joined, joined_quoted, row};
use crate::facts::lookup::Lookup;
use crate::ident::QualifiedName;
use crate::snapshot::ExtendedStatistics;

pub(super) fn rows(lookup: &Lookup<'_>) -> Vec<Rows> {
    vec![triggers(lookup), collation_drifts(lookup), extended_statistics(lookup)]
}

fn triggers(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("trigger_");
    for trigger in lookup.snapshot.triggers.iter().flatten() {
        row!(rows, {
            table_id: trigger.table_oid,
            name: trigger.name.as_str(),
            internal: trigger.internal,
            row_level: trigger.row_level,
            timing: trigger.timing.as_str(),
            events: joined(trigger.events.iter().map(String::as_str)),
            enabled: trigger.enabled.as_str(),
            has_condition: trigger.has_condition,
            function: trigger.function.as_str(),
            language: trigger.language.as_str(),
            constraint_name: trigger.constraint.as_deref(),
            constraint_kind: trigger.constraint_type.as_deref(),
        });
    }
    rows
}

fn collation_drifts(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("collation_drift");
    for drift in lookup.snapshot.collation_drifts.iter().flatten() {
        for index in &drift.indexes {
            row!(rows, {
                collation_name: drift.name.as_str(),
                is_default: drift.is_default,
                recorded_version: drift.recorded_version.as_str(),
                actual_version: drift.actual_version.as_str(),
                index_id: *index,
            });
        }
    }
    rows
}

fn extended_statistics(lookup: &Lookup<'_>) -> Rows {
    let mut rows = Rows::of("extended_statistics");
    for statistics in &lookup.snapshot.extended_statistics {
        row!(rows, {
            statistics_id: statistics.oid,
            table_id: statistics.table_oid,
            statistics_name: QualifiedName::new(statistics.schema.as_str(), statistics.name.as_str()).to_string(),
            columns: joined_quoted(&statistics.columns),
            gathered: gathered(lookup, statistics),
        });
    }
    rows
}

/// What was gathered is shown to few; nothing seen means nothing there only to them.
fn gathered(lookup: &Lookup<'_>, statistics: &ExtendedStatistics) -> Option<bool> {
    let some = !statistics.data.is_empty();
    let sees = lookup.snapshot.server.superuser && !lookup.has_gap("extended-statistics");
    (some || sees).then_some(some)
}
