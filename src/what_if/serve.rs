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
    /// Positions in `Scan::conditions` of those that the WHERE of the index answers.
    pub implied: Vec<usize>,
    /// It holds all that the statement reads.
    pub index_only: bool,
}

impl Served {
    /// Whether it narrows anything.
    pub fn narrows(&self) -> bool {
        !self.conditions.is_empty() || !self.joins.is_empty() || !self.implied.is_empty()
    }

    /// Share of the rows that have an entry in the index.
    pub fn entries(&self, scan: &Scan) -> f64 {
        self.implied.iter().map(|position| scan.conditions[*position].alone).product()
    }

    /// Share of the rows that the index finds by its conditions, its WHERE and the joins.
    pub fn found(&self, scan: &Scan) -> f64 {
        let conditions = self.conditions.iter().filter(|position| !self.implied.contains(position));
        let conditions: f64 = conditions.map(|position| scan.conditions[*position].selectivity).product();
        let joins: f64 = self.joins.iter().map(|position| 1.0 / scan.joins[*position].distinct.max(1.0)).product();
        conditions * joins * self.entries(scan)
    }
}

/// What `path` does for `scan`, when rows of the table uses in `outer` are at hand to join with.
pub fn serve(path: &Path, scan: &Scan, outer: &[usize]) -> Option<Served> {
    if path.table != scan.facts.table.oid {
        return None;
    }
    let implied = match &path.predicate {
        Some(predicate) => implied(scan, predicate)?,
        None => Vec::new(),
    };
    let mut served = match path.method.as_str() {
        "btree" => btree(path, scan, outer),
        "hash" => hash(path, scan, outer),
        "gin" => gin(path, scan),
        "gist" | "spgist" => tree(path, scan),
        "brin" => brin(path, scan),
        _ => Served::default(),
    };
    served.implied = implied;
    served.index_only = scan.reads.as_ref().is_some_and(|reads| path.holds(reads));
    (served.narrows() || served.ordered || served.index_only || path.predicate.is_some()).then_some(served)
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
        match one.comparison {
            Comparison::Equal | Comparison::Range | Comparison::Overlap | Comparison::FullText | Comparison::Array => {
                true
            }
            // label paths, and the functions of PostGIS
            Comparison::Other => matches!(one.operator.as_str(), "@>" | "<@") || one.operator.starts_with("st_"),
            _ => false,
        }
    };
    let conditions = path.keys.iter().flat_map(|key| matching(scan, &key.text, |one| serves(key, one)));
    let by_distance = |key: &PathKey| matches!(scan.order.as_slice(), [only] if nearest(only) == Some(&key.text));
    let ordered = path.keys.first().is_some_and(by_distance);
    Served { conditions: conditions.collect(), ordered, ..Served::default() }
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
    implied(scan, predicate).is_some()
}

/// The conditions that the WHERE of a partial index answers for good; `None` where it leaves out rows that the scan wants.
fn implied(scan: &Scan, predicate: &str) -> Option<Vec<usize>> {
    let mut answered = Vec::new();
    for part in predicate.trim().split(" AND ") {
        let wanted = truth(part);
        let is_it = |one: &Condition| one.conjunct && truth(&one.sql) == wanted;
        match scan.conditions.iter().position(is_it) {
            Some(position) => answered.push(position),
            None if implies_part(scan, part) => {}
            None => return None,
        }
    }
    Some(answered)
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

/// The column whose distance from a value the rows are ordered by.
pub fn nearest(order: &Order) -> Option<&KeyText> {
    match &order.key {
        KeyText::Expression(_) if !order.descending => order.near.as_ref(),
        _ => None,
    }
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
