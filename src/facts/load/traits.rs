//! `statement_trait` and `command`.

use super::server::statement_ms;
use super::statement::share;
use super::{Rows, row};
use crate::facts::Input;

pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    vec![traits(input), commands(input)]
}

fn traits(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("statement_trait");
    for query in &input.workload.queries {
        for (position, one) in query.traits.iter().enumerate() {
            row!(rows, {
                statement_id: query.fingerprint.as_str(),
                position: position,
                name: one.name,
                table_id: one.table_oid,
                column_name: one.column.as_deref(),
                other_table_id: one.other_table_oid,
                detail: one.detail.as_deref(),
                number: one.number,
            });
        }
    }
    rows
}

fn commands(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("command");
    let all_ms = statement_ms(input).unwrap_or_else(|| input.workload.total_ms());
    for (position, command) in input.workload.commands.iter().enumerate() {
        let counters = &command.counters;
        row!(rows, {
            position: position,
            name: command.name.as_str(),
            object: command.object.as_deref(),
            table_id: command.table_oid,
            manner: command.manner.as_deref(),
            text: command.text.as_str(),
            entries: counters.entries,
            toplevel: command.toplevel,
            calls: counters.calls,
            rows: counters.rows,
            total_ms: counters.total_ms,
            share: share(counters, all_ms),
            mean_ms: counters.mean_ms(),
            max_ms: counters.max_ms,
        });
    }
    rows
}
