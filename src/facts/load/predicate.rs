//! `predicate`, `join_pair`, `sort_key`.

use super::support::indexed;
use super::{Rows, row};
use crate::facts::Input;
use crate::facts::lookup::Lookup;
use crate::workload::{Access, Comparison, Operand, Query};

pub(super) fn rows(input: &Input<'_>, lookup: &Lookup<'_>) -> Vec<Rows> {
    let (mut predicates, mut joins, mut sorts) = (Rows::of("predicate"), Rows::of("join_pair"), Rows::of("sort_key"));
    for query in &input.workload.queries {
        push_predicates(&mut predicates, lookup, query);
        push_joins(&mut joins, query);
        push_sorts(&mut sorts, query);
    }
    vec![predicates, joins, sorts]
}

fn push_predicates(rows: &mut Rows, lookup: &Lookup<'_>, query: &Query) {
    for (position, predicate) in query.predicates.iter().enumerate() {
        let operand = &predicate.operand;
        row!(rows, {
            statement_id: query.fingerprint.as_str(),
            position: position,
            table_id: operand.table_oid,
            column_name: operand.column.as_str(),
            expression: expression(operand),
            function: operand.expression.as_ref().map(|expression| expression.function.as_str()),
            comparison: comparison(predicate.comparison),
            operator: predicate.operator.as_str(),
            access: access(predicate.access),
            leading_wildcard: predicate.leading_wildcard,
            conjunct: predicate.conjunct,
            span_start: predicate.span.map(|span| span.start),
            span_end: predicate.span.map(|span| span.end),
            indexed: indexed(lookup, query, predicate),
        });
    }
}

fn push_joins(rows: &mut Rows, query: &Query) {
    for join in &query.joins {
        row!(rows, {
            statement_id: query.fingerprint.as_str(),
            left_table_id: join.left.table_oid,
            left_column: join.left.column.as_str(),
            right_table_id: join.right.table_oid,
            right_column: join.right.column.as_str(),
        });
    }
}

fn push_sorts(rows: &mut Rows, query: &Query) {
    let mut position = 0;
    let mut clause = 0;
    for sort in &query.sorts {
        position = if sort.clause == clause { position } else { 0 };
        clause = sort.clause;
        row!(rows, {
            statement_id: query.fingerprint.as_str(),
            clause: clause,
            position: position,
            table_id: sort.operand.table_oid,
            column_name: sort.operand.column.as_str(),
            expression: expression(&sort.operand),
            descending: sort.descending,
            nulls_first: sort.nulls_first,
            limited: sort.limited,
        });
        position += 1;
    }
}

fn expression(operand: &Operand) -> Option<&str> {
    operand.expression.as_ref().map(|expression| expression.sql.as_str())
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "equal",
        Comparison::In => "in",
        Comparison::Range => "range",
        Comparison::Like => "like",
        Comparison::ILike => "ilike",
        Comparison::Regex => "regex",
        Comparison::IsNull => "is-null",
        Comparison::IsNotNull => "is-not-null",
        Comparison::IsTrue => "is-true",
        Comparison::IsFalse => "is-false",
        Comparison::NotEqual => "not-equal",
        Comparison::Json => "json",
        Comparison::Array => "array",
        Comparison::FullText => "full-text",
        Comparison::Overlap => "overlap",
        Comparison::Other => "other",
    }
}

fn access(access: Access) -> &'static str {
    match access {
        Access::Parameter => "parameter",
        Access::Constant => "constant",
        Access::Column => "column",
        Access::Subquery => "subquery",
        Access::Nothing => "nothing",
    }
}
