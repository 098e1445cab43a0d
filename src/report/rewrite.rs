//! The statement that does at once what a loop does row by row: only where its text leaves no doubt.
//!
//! An equality with one parameter becomes `= ANY($1)`, which PostgreSQL serves with the same index; the key is selected
//! too, so that the program can tell whose row it is. An INSERT gets a second row of parameters, an UPDATE arrays.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::lookup::Lookup;
use super::update;
use crate::rule::Row;
use crate::snapshot::{ConstraintKind, Snapshot};
use crate::workload::{Access, Comparison, Kind, Predicate, Query};

static KEY_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^(?<column>[\w."]+)\s*=\s*\$(?<parameter>\d+)(?<cast>::\w+)?$"#).ok());
static KEY_LAST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^\$(?<parameter>\d+)(?<cast>::\w+)?\s*=\s*(?<column>[\w."]+)$"#).ok());
static SELECT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^\s*select\s+").ok());
static VALUES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bvalues\s*\((?<row>[^()]*)\)").ok());
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^(\$\d+(::\w+(\[\])?)?|default)$").ok());
static PARAMETER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$(\d+)").ok());
/// What makes a sentence more than one plain SELECT, or hides its end.
pub(super) static BEYOND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)--|/\*|\$\$|\b(union|intersect|except|with|over|having|fetch|window|into|tablesample)\b").ok()
});

/// Of the loop that a row tells of.
pub(super) fn rewritten(row: &Row, lookup: &Lookup<'_>) -> Option<String> {
    let query = lookup.query(row.statement_id.as_deref()?)?;
    let queries = &lookup.material.workload.queries;
    let is_it = |child: usize| queries.get(child).is_some_and(|child| child.fingerprint == query.fingerprint);
    let found = lookup.material.analyses.n_plus_one.iter().find(|found| is_it(found.child))?;
    let named = ["worker-loop", "get-or-create", "exists-per-row", "function-loop"].contains(&found.pattern.as_str());
    match query.kind {
        _ if named => None,
        Kind::Insert => rows_together(query),
        Kind::Select | Kind::Delete => keys_together(query, &found.key_columns, lookup.material.snapshot),
        Kind::Update => update::together(query, &found.key_columns, lookup.material.snapshot),
        Kind::Merge => None,
    }
}

/// Replaces ranges of the text, which do not overlap.
struct Edits(Vec<(std::ops::Range<usize>, String)>);

impl Edits {
    fn apply(mut self, text: &str) -> Option<String> {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut edited = String::new();
        let mut at = 0;
        for (range, words) in self.0 {
            edited.push_str(text.get(at..range.start)?);
            edited.push_str(&words);
            at = range.end;
        }
        edited.push_str(text.get(at..)?);
        Some(edited.trim_end().to_owned())
    }
}

fn keys_together(query: &Query, keys: &[String], snapshot: &Snapshot) -> Option<String> {
    let text = query.text.trim_end().trim_end_matches(';');
    let beyond = BEYOND.as_ref()?.is_match(text);
    if beyond || query.lock.is_some() || query.offset.is_some() || query.distinct || !query.groups.is_empty() {
        return None;
    }
    let of_key = |predicate: &&Predicate| keys.contains(&predicate.operand.column);
    let mut of_keys = query.predicates.iter().filter(of_key);
    let (predicate, None) = (of_keys.next()?, of_keys.next()) else { return None };
    let span = predicate.span.filter(|_| is_by_parameter(query, predicate))?;
    let condition = condition(text.get(span.start..span.end)?)?;
    let column = condition["column"].to_owned();
    let cast = condition.name("cast").map_or(String::new(), |cast| format!("{}[]", cast.as_str()));
    let parameter = &condition["parameter"];
    if parameters(text).iter().filter(|one| one.to_string() == *parameter).count() != 1 {
        return None;
    }
    let mut edits = vec![(span.start..span.end, format!("{column} = ANY(${parameter}{cast})"))];
    edits.extend(limit(query, predicate, snapshot)?);
    edits.extend(selected(query, text, &column)?);
    if query.aggregates {
        edits.push((text.len()..text.len(), format!(" GROUP BY {column}")));
    }
    let edited = Edits(edits).apply(text)?;
    // a gap would leave a parameter without a type
    are_all_used(&edited).then_some(edited)
}

fn is_by_parameter(query: &Query, predicate: &Predicate) -> bool {
    let outermost = query.tables.get(predicate.operand.table_use).is_some_and(|used| used.depth == 0);
    predicate.comparison == Comparison::Equal
        && predicate.access == Access::Parameter
        && predicate.operand.expression.is_none()
        && predicate.conjunct
        && outermost
}

/// `column = $1`, either way round.
pub(super) fn condition(text: &str) -> Option<Captures<'_>> {
    [&KEY_FIRST, &KEY_LAST].into_iter().find_map(|form| form.as_ref()?.captures(text.trim()))
}

/// LIMIT goes where each key has one row at most; `None` where it must stay.
fn limit(query: &Query, predicate: &Predicate, snapshot: &Snapshot) -> Option<Vec<(std::ops::Range<usize>, String)>> {
    let Some(limit) = query.limit else { return Some(Vec::new()) };
    let span = limit.span.filter(|_| is_unique(predicate, snapshot) && query.tables.len() == 1)?;
    Some(vec![(span.start..span.end, String::new())])
}

fn is_unique(predicate: &Predicate, snapshot: &Snapshot) -> bool {
    snapshot.constraints.iter().any(|constraint| {
        matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            && constraint.table_oid == predicate.operand.table_oid
            && constraint.columns == [predicate.operand.column.as_str()]
    })
}

/// The key among what is selected; `None` where it cannot be put there.
fn selected(query: &Query, text: &str, column: &str) -> Option<Vec<(std::ops::Range<usize>, String)>> {
    if query.kind != Kind::Select {
        return Some(Vec::new());
    }
    if query.aggregates && !(query.single_row_aggregate && query.sorts.is_empty() && query.limit.is_none()) {
        return None;
    }
    let start = SELECT.as_ref()?.find(text)?.end();
    let end = query.tables.iter().filter(|used| used.depth == 0).find_map(|used| used.span)?.start;
    let list = text.get(start..end)?;
    let alone = query.tables.len() == 1 && !query.aggregates;
    let mentioned = names(list, column) || (alone && list.contains('*'));
    let there = mentioned && !query.aggregates;
    Some(if there { Vec::new() } else { vec![(start..start, format!("{column}, "))] })
}

/// Whether a select list has the column, rather than one whose name holds its.
fn names(list: &str, column: &str) -> bool {
    let last = column.rsplit('.').next().unwrap_or(column).trim_matches('"');
    let words = list.split(|one: char| !one.is_alphanumeric() && one != '_');
    words.into_iter().any(|word| word == last)
}

fn rows_together(query: &Query) -> Option<String> {
    let text = query.text.trim_end().trim_end_matches(';');
    // a comment may hold anything
    if text.contains("--") || text.contains("/*") {
        return None;
    }
    let all: Vec<Captures<'_>> = VALUES.as_ref()?.captures_iter(text).collect();
    let [values] = all.as_slice() else { return None };
    let row = values.name("row")?;
    let is_value = |value: &str| VALUE.as_ref().is_some_and(|form| form.is_match(value.trim()));
    let inside = parameters(row.as_str());
    if inside.is_empty() || inside.len() != parameters(text).len() || !row.as_str().split(',').all(is_value) {
        return None;
    }
    if !are_all_used(text) {
        return None;
    }
    let highest = inside.iter().max()?;
    let next = PARAMETER.as_ref()?.replace_all(row.as_str(), |found: &Captures<'_>| {
        found[1].parse::<u64>().map_or(String::new(), |number| format!("${}", number + highest))
    });
    Edits(vec![(row.end() + 1..row.end() + 1, format!(", ({next})"))]).apply(text)
}

/// The numbers of its parameters, as they come.
pub(super) fn parameters(text: &str) -> Vec<u64> {
    let found = PARAMETER.as_ref().map(|form| form.captures_iter(text).filter_map(|found| found[1].parse().ok()));
    found.map(Iterator::collect).unwrap_or_default()
}

fn are_all_used(text: &str) -> bool {
    let mut used = parameters(text);
    used.sort_unstable();
    used.dedup();
    used.iter().copied().eq(1..=used.len() as u64)
}
