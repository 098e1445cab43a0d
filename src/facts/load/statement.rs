//! `statement` and `statement_table`.

use std::collections::{BTreeMap, BTreeSet};

use super::server::statement_ms;
use super::{Cells, Rows, cells, joined, row};
use crate::analysis::{Latency, Orm};
use crate::facts::Input;
use crate::workload::{Counters, Kind, Query, Unparsed, brief};

pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    let (mut statements, mut tables) = (Rows::of("statement"), Rows::of("statement_table"));
    let mut set_columns = Rows::of("statement_set_column");
    let all_ms = statement_ms(input).unwrap_or_else(|| input.workload.total_ms());
    let latency: BTreeMap<usize, &Latency> = input.analyses.latency.iter().map(|one| (one.query, one)).collect();
    let orm: BTreeMap<usize, &Orm> = input.analyses.orm.iter().map(|one| (one.query, one)).collect();
    for (position, query) in input.workload.queries.iter().enumerate() {
        let orm = orm.get(&position).copied();
        let latency = latency.get(&position).copied();
        statements.push([parsed(query), counted(&query.counters, all_ms), timed(latency), shape(query, orm)].concat());
        push_tables(&mut tables, query);
        push_set_columns(&mut set_columns, query);
    }
    for statement in &input.workload.unparsed {
        let latency = Latency { refused: Some("the statement could not be parsed".to_owned()), ..Latency::default() };
        // a query of which nothing is known: no rule can hold anything against it but its text and its counters
        let query = Query { text: statement.text.clone(), select_columns: Some(0), ..Query::default() };
        let counted = counted(&statement.counters, all_ms);
        statements.push([unparsed(statement), counted, timed(Some(&latency)), shape(&query, None)].concat());
    }
    vec![statements, tables, set_columns]
}

fn parsed(query: &Query) -> Cells {
    cells!({
        statement_id: query.fingerprint.as_str(),
        queryid: query.queryid,
        text: query.text.as_str(),
        brief: brief(&query.text),
        kind: kind(query.kind),
        parsed: true,
        bound: query.tables.iter().all(|table| table.table_oid.is_some()),
        users: joined(query.users.iter().map(String::as_str)),
        toplevel: query.toplevel,
    })
}

fn unparsed(statement: &Unparsed) -> Cells {
    cells!({
        statement_id: statement.fingerprint.as_str(),
        queryid: None::<i64>,
        text: statement.text.as_str(),
        brief: brief(&statement.text),
        kind: "unparsed",
        parsed: false,
        bound: false,
        users: "",
        toplevel: statement.toplevel,
    })
}

fn counted(counters: &Counters, all_ms: f64) -> Cells {
    cells!({
        entries: counters.entries,
        calls: counters.calls,
        rows: counters.counted(counters.rows),
        rows_per_call: counters.counted(counters.rows_per_call()),
        total_ms: counters.total_ms,
        share: share(counters, all_ms),
        mean_ms: counters.mean_ms(),
        min_ms: counters.min_ms,
        max_ms: counters.max_ms,
        min_max_whole: counters.min_max_whole,
        stddev_ms: counters.stddev_ms,
        plan_ms: counters.counted(counters.plan_ms),
        shared_hit: counters.counted(counters.shared_hit),
        shared_read: counters.counted(counters.shared_read),
        temp_written: counters.counted(counters.temp_written),
        wal_bytes: counters.counted(counters.wal_bytes),
        jit_ms: counters.jit_ms,
    })
}

fn timed(latency: Option<&Latency>) -> Cells {
    cells!({
        p95_ms: latency.and_then(|latency| latency.p95_ms),
        p95_refused: latency.and_then(|latency| latency.refused.as_deref()),
    })
}

fn shape(query: &Query, orm: Option<&Orm>) -> Cells {
    cells!({
        select_star: query.kind == Kind::Select && query.select_columns.is_none(),
        has_limit: query.limit.is_some(),
        has_offset: query.offset.is_some(),
        has_where: !query.predicates.is_empty() || says_where(&query.text),
        aggregates: query.aggregates,
        single_row_aggregate: query.single_row_aggregate,
        distinct_: query.distinct,
        locks: query.lock.is_some(),
        skip_locked: query.lock.is_some_and(|lock| lock.skip_locked),
        target_table_id: query.target,
        orm: orm.map(|orm| orm.name.as_str()),
        orm_certainty: orm.map(|orm| orm.certainty),
    })
}

fn push_tables(rows: &mut Rows, query: &Query) {
    for (position, table) in query.tables.iter().enumerate() {
        row!(rows, {
            statement_id: query.fingerprint.as_str(),
            position: position,
            table_id: table.table_oid,
            written: table.written.as_str(),
            depth: table.depth,
        });
    }
}

/// Those of an UPDATE: what an INSERT fills says nothing about later changes.
fn push_set_columns(rows: &mut Rows, query: &Query) {
    let Some(target) = query.target.filter(|_| query.kind == Kind::Update) else { return };
    for column in query.set_columns.iter().collect::<BTreeSet<_>>() {
        row!(rows, { statement_id: query.fingerprint.as_str(), table_id: target, column_name: column.as_str() });
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Select => "select",
        Kind::Insert => "insert",
        Kind::Update => "update",
        Kind::Delete => "delete",
        Kind::Merge => "merge",
    }
}

pub(super) fn share(counters: &Counters, all_ms: f64) -> f64 {
    if all_ms > 0.0 { counters.total_ms / all_ms } else { 0.0 }
}

/// Whether the text has the word WHERE: a condition that could not be bound is a condition all the same.
fn says_where(text: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.into_iter().any(|word| word.eq_ignore_ascii_case("where"))
}
