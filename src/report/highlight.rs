//! The words of a statement that a finding is about: only what the parser placed, never a guess.

use super::lookup::Lookup;
use super::subject::number;
use super::{Highlight, HighlightSpan, Material};
use crate::advisor::Advice;
use crate::rule::Row;
use crate::snapshot::Index;
use crate::workload::{Access, Comparison, Predicate, Query, Span};

/// What to underline, and in which statement; `None` where no position is known.
pub(super) fn highlight(rule: &str, row: &Row, advice: Option<&Advice>, lookup: &Lookup<'_>) -> Option<Highlight> {
    let query = statement_of(row, advice, lookup)?;
    let mut spans = match rule {
        "missing-index" => served(query, advice?, lookup),
        "n-plus-one" => keys(query, lookup),
        "offset-pagination" => labelled(query.offset, "read and thrown away"),
        "unbounded-read" => labelled(first_table(query), "read without a limit"),
        _ => Vec::new(),
    };
    if spans.is_empty() {
        spans = from_evidence(rule, row);
    }
    spans.retain(|span| span.start < span.end && query.text.get(span.start..span.end).is_some());
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup_by(|later, earlier| later.start < earlier.end);
    (!spans.is_empty()).then(|| Highlight { statement: query.fingerprint.clone(), spans })
}

/// The statement that the row names, else the one that its index helps most.
fn statement_of<'a>(row: &Row, advice: Option<&Advice>, lookup: &Lookup<'a>) -> Option<&'a Query> {
    match (&row.statement_id, advice) {
        (Some(statement), _) => lookup.query(statement),
        (None, Some(advice)) => lookup.material.workload.queries.get(advice.helps.first()?.query),
        (None, None) => None,
    }
}

/// The conditions of this statement that the index would serve, with what serves them now.
fn served(query: &Query, advice: &Advice, lookup: &Lookup<'_>) -> Vec<HighlightSpan> {
    let queries = &lookup.material.workload.queries;
    let help = advice
        .helps
        .iter()
        .find(|help| queries.get(help.query).is_some_and(|helped| helped.fingerprint == query.fingerprint));
    let positions = help.map(|help| help.predicates.as_slice()).unwrap_or_default();
    let predicates = positions.iter().filter_map(|position| query.predicates.get(*position));
    predicates.flat_map(|predicate| labelled(predicate.span, &now(predicate, advice, lookup))).collect()
}

/// What a condition has today: an index that begins with its column serves it, if less well than the new one.
fn now(predicate: &Predicate, advice: &Advice, lookup: &Lookup<'_>) -> String {
    let is_point = matches!(predicate.comparison, Comparison::Equal | Comparison::In);
    let bare = is_point && predicate.operand.expression.is_none();
    let serves = |index: &&Index| {
        let first = index.keys.first().and_then(|key| key.column.as_ref());
        let whole = index.usable() && index.predicate.is_none() && matches!(index.method.as_str(), "btree" | "hash");
        index.table_oid == advice.design.table_oid && whole && first == Some(&predicate.operand.column)
    };
    let serving: Vec<&Index> = lookup.material.snapshot.indexes.iter().filter(|_| bare).filter(serves).collect();
    let same_keys = |index: &&&Index| {
        let keys = advice.design.keys.iter().zip(index.keys.iter().map(Some).chain(std::iter::repeat(None)));
        keys.into_iter().all(|(new, old)| new.column.is_some() && old.is_some_and(|old| old.column == new.column))
    };
    match (serving.iter().find(same_keys), serving.first()) {
        (Some(index), _) if !advice.design.include.is_empty() => {
            format!("{} finds these rows, and each is then read from the table", index.name)
        }
        (_, Some(index)) => format!("{} serves this alone", index.name),
        (_, None) => "no index serves this".to_owned(),
    }
}

/// The keys by which the repeated statement is asked, one value at a time.
fn keys(query: &Query, lookup: &Lookup<'_>) -> Vec<HighlightSpan> {
    let Material { workload, analyses, .. } = &lookup.material;
    let Some(found) = analyses
        .n_plus_one
        .iter()
        .find(|found| workload.queries.get(found.child).is_some_and(|child| child.fingerprint == query.fingerprint))
    else {
        return Vec::new();
    };
    let by_key = |predicate: &&Predicate| {
        found.key_columns.contains(&predicate.operand.column)
            && matches!(predicate.comparison, Comparison::Equal | Comparison::In)
            && predicate.access == Access::Parameter
    };
    let spans = query.predicates.iter().filter(by_key).filter_map(|predicate| predicate.span);
    spans.flat_map(|span| labelled(Some(span), "one value at a time")).collect()
}

fn first_table(query: &Query) -> Option<Span> {
    query.tables.iter().filter(|table| table.depth == 0).find_map(|table| table.span)
}

/// `span_start` and `span_end` of the row, for any rule that returns them.
fn from_evidence(rule: &str, row: &Row) -> Vec<HighlightSpan> {
    let (Some(start), Some(end)) = (number(row, &["span_start"]), number(row, &["span_end"])) else {
        return Vec::new();
    };
    let label = match rule {
        "leading-wildcard" => "begins with a wildcard",
        "function-on-column" => "no index on this expression",
        _ => "here",
    };
    labelled(Some(Span { start: start as usize, end: end as usize }), label)
}

fn labelled(span: Option<Span>, label: &str) -> Vec<HighlightSpan> {
    span.map(|span| HighlightSpan { start: span.start, end: span.end, label: label.to_owned() }).into_iter().collect()
}
