//! Which conditions and which order an index serves: by operators, not by names of columns.

use super::path::PathKey;
use super::scan::{Condition, Order};
use super::{KeyText, Path, Scan, plain};
use crate::workload::Comparison;

/// What an index does for a scan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Served {
    /// Positions in `Scan::conditions`, without the joins.
    pub conditions: Vec<usize>,
    /// Positions in `Scan::joins`.
    pub joins: Vec<usize>,
    /// Leading keys bound to one value each.
    pub equal_keys: usize,
    /// It gives the rows in the order of `Scan::order`.
    pub ordered: bool,
    /// A unique index with all its keys bound: one row at most.
    pub one_row: bool,
}

impl Served {
    /// Whether it narrows anything.
    pub fn narrows(&self) -> bool {
        !self.conditions.is_empty() || !self.joins.is_empty()
    }
}

/// What `path` does for `scan`, when rows of the table uses in `outer` are at hand to join with.
pub fn serve(path: &Path, scan: &Scan, outer: &[usize]) -> Option<Served> {
    if path.table != scan.facts.table.oid || !path.predicate.as_deref().is_none_or(|predicate| implies(scan, predicate))
    {
        return None;
    }
    let served = match path.method.as_str() {
        "btree" => btree(path, scan, outer),
        "hash" => hash(path, scan, outer),
        "gin" => gin(path, scan),
        "gist" | "spgist" => tree(path, scan),
        "brin" => brin(path, scan),
        _ => Served::default(),
    };
    (served.narrows() || served.ordered || path.predicate.is_some()).then_some(served)
}

fn btree(path: &Path, scan: &Scan, outer: &[usize]) -> Served {
    let mut served = Served::default();
    for key in &path.keys {
        let Some((conditions, joins)) = bound(key, scan, outer) else {
            served.conditions.extend(ranges(key, scan));
            break;
        };
        served.conditions.extend(conditions);
        served.joins.extend(joins);
        served.equal_keys += 1;
    }
    served.one_row = path.unique && path.predicate.is_none() && served.equal_keys == path.keys.len();
    served.ordered = !scan.order.is_empty() && gives_order(&path.keys, served.equal_keys, scan);
    served
}

/// The equalities that bind a key.
fn bound(key: &PathKey, scan: &Scan, outer: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let conditions = matching(scan, &key.text, |one| {
        matches!(
            one.comparison,
            Comparison::Equal | Comparison::In | Comparison::IsNull | Comparison::IsTrue | Comparison::IsFalse
        )
    });
    let joins = join_positions(scan, &key.text, outer);
    (!conditions.is_empty() || !joins.is_empty()).then_some((conditions, joins))
}

fn ranges(key: &PathKey, scan: &Scan) -> Vec<usize> {
    let pattern_order = key.opclass.ends_with("_pattern_ops") || in_byte_order(&key.text, scan);
    matching(scan, &key.text, |one| match one.comparison {
        Comparison::Range => !key.opclass.ends_with("_pattern_ops"),
        Comparison::Like => pattern_order && one.leading_wildcard == Some(false),
        Comparison::IsNotNull => one.selectivity < 0.5,
        _ => false,
    })
}

fn in_byte_order(text: &KeyText, scan: &Scan) -> bool {
    matches!(text, KeyText::Column(column) if scan.facts.column(column).is_some_and(|column| column.collation_is_c))
}

/// Whether the keys after the bound ones are the ORDER BY, forwards or backwards.
fn gives_order(keys: &[PathKey], bound: usize, scan: &Scan) -> bool {
    // a list of values is bound, but its rows come value by value
    let one_value = |order: &&Order| {
        !scan.conditions.iter().any(|one| one.conjunct && one.comparison == Comparison::Equal && one.key == order.key)
    };
    let lists = scan
        .conditions
        .iter()
        .any(|one| one.comparison == Comparison::In && keys[..bound].iter().any(|key| key.text == one.key));
    let wanted: Vec<&Order> = scan.order.iter().filter(one_value).collect();
    let rest = &keys[bound..];
    let same = |backwards: bool| {
        rest.len() >= wanted.len()
            && rest.iter().zip(&wanted).all(|(key, order)| {
                key.text == order.key
                    && !key.opclass.ends_with("_pattern_ops")
                    && (key.descending != order.descending) == backwards
                    && (key.nulls_first != order.nulls_first) == backwards
            })
    };
    !lists && (same(false) || same(true))
}

fn hash(path: &Path, scan: &Scan, outer: &[usize]) -> Served {
    let Some(key) = path.keys.first() else { return Served::default() };
    let conditions = matching(scan, &key.text, |one| matches!(one.comparison, Comparison::Equal | Comparison::In));
    Served { conditions, joins: join_positions(scan, &key.text, outer), ..Served::default() }
}

fn gin(path: &Path, scan: &Scan) -> Served {
    let serves = |key: &PathKey, one: &Condition| {
        if key.opclass.contains("trgm") {
            return matches!(one.comparison, Comparison::Like | Comparison::ILike | Comparison::Regex);
        }
        matches!(one.comparison, Comparison::Json | Comparison::Array | Comparison::FullText)
    };
    let conditions = path.keys.iter().flat_map(|key| matching(scan, &key.text, |one| serves(key, one)));
    Served { conditions: conditions.collect(), ..Served::default() }
}

/// The generalised trees: what most of their operator classes serve.
fn tree(path: &Path, scan: &Scan) -> Served {
    let serves = |key: &PathKey, one: &Condition| {
        if key.opclass.contains("trgm") {
            return matches!(one.comparison, Comparison::Like | Comparison::ILike | Comparison::Regex);
        }
        matches!(
            one.comparison,
            Comparison::Equal | Comparison::Range | Comparison::Overlap | Comparison::FullText | Comparison::Array
        )
    };
    let conditions = path.keys.iter().flat_map(|key| matching(scan, &key.text, |one| serves(key, one)));
    Served { conditions: conditions.collect(), ..Served::default() }
}

fn brin(path: &Path, scan: &Scan) -> Served {
    let serves = |one: &Condition| matches!(one.comparison, Comparison::Equal | Comparison::Range | Comparison::In);
    let conditions = path.keys.iter().flat_map(|key| matching(scan, &key.text, serves));
    Served { conditions: conditions.collect(), ..Served::default() }
}

fn matching(scan: &Scan, text: &KeyText, fits: impl Fn(&Condition) -> bool) -> Vec<usize> {
    let all = scan.conditions.iter().enumerate();
    all.filter(|(_, one)| one.conjunct && one.key == *text && fits(one)).map(|(position, _)| position).collect()
}

fn join_positions(scan: &Scan, text: &KeyText, outer: &[usize]) -> Vec<usize> {
    let all = scan.joins.iter().enumerate();
    all.filter(|(_, join)| join.key == *text && outer.contains(&join.other)).map(|(position, _)| position).collect()
}

/// Whether every row that the scan wants satisfies the WHERE of a partial index.
pub fn implies(scan: &Scan, predicate: &str) -> bool {
    let whole = predicate.trim();
    whole.split(" AND ").all(|part| implies_part(scan, part))
}

fn implies_part(scan: &Scan, part: &str) -> bool {
    let wanted = truth(part);
    let not_null = part.trim().trim_matches(['(', ')']).strip_suffix(" IS NOT NULL").map(plain);
    scan.conditions.iter().filter(|one| one.conjunct).any(|one| {
        let strict = one.comparison != Comparison::IsNull && one.comparison != Comparison::Other;
        let column = match &one.key {
            KeyText::Column(text) | KeyText::Expression(text) => text,
        };
        truth(&one.sql) == wanted || not_null.as_ref().is_some_and(|wanted| strict && column == wanted)
    })
}

/// One spelling for the ways to say that a boolean holds or not.
fn truth(sql: &str) -> String {
    let text = plain(&sql.replace('"', "")).to_lowercase();
    for (ending, negative) in [("=true", false), ("istrue", false), ("=false", true), ("isfalse", true)] {
        if let Some(column) = text.strip_suffix(ending) {
            return if negative { format!("not{column}") } else { column.to_owned() };
        }
    }
    text
}
