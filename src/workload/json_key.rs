//! The key of `document ->> 'key'`, which `pg_stat_statements` replaces by a parameter.
//!
//! No index can be named without it. Where the statistics hold documents of the column as they were, and only one of
//! their keys fits the rows that calls return, that is the key: looked up by any of the others, they would return far
//! more. Where several fit, nobody knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlparser::tokenizer::Token;

use super::constants::put;
use super::tokens::Tokens;
use super::{Access, Comparison, Kind, Predicate, Query};
use crate::snapshot::{ColumnStatistics, Snapshot, Values};

/// Name of the repair.
pub(super) const REPAIR: &str = "json-key";
/// Fewer documents say little of those that were not sampled.
const MIN_DOCUMENTS: usize = 50;
/// Share of the documents that hold the key: a rarer one is not alone with those that no sample shows.
const MIN_HOLDERS: f64 = 0.9;
/// Share of the rows with a common document: above it the other documents do not stand for all.
const MAX_COMMON: f64 = 0.1;

/// The text with its key, and parameters numbered anew; `None` where it lost none, or it is not known which.
pub(super) fn restored(snapshot: &Snapshot, query: &Query) -> Option<String> {
    let [condition] = query.predicates.as_slice() else { return None };
    let all_returned = query.kind == Kind::Select
        && query.tables.len() == 1
        && query.limit.is_none()
        && query.offset.is_none()
        && !query.aggregates
        && !query.distinct;
    if !all_returned || !is_lookup(condition) || !is_alone(query, condition) {
        return None;
    }
    let number = lost(query, condition)?;
    let key = crate::ident::literal(&key(snapshot, query, condition)?);
    put(&query.text, &[(number, key)].into())
}

fn is_lookup(condition: &Predicate) -> bool {
    let expression = condition.operand.expression.as_ref();
    condition.comparison == Comparison::Equal
        && condition.conjunct
        && condition.access == Access::Parameter
        && expression.is_some_and(|one| one.function == "json-field" && one.has_parameter)
}

/// Whether nothing else of the text leaves rows out: a condition that is not bound would be no predicate.
fn is_alone(query: &Query, condition: &Predicate) -> bool {
    let Some(span) = condition.span else { return false };
    let ends = |text: &str, word: &str| text.trim_end().to_lowercase().ends_with(word);
    let (before, after) = (query.text.get(..span.start), query.text.get(span.end..));
    let rest = after.unwrap_or_default().trim_start().trim_end_matches([';', ' ', '\n']).to_lowercase();
    before.is_some_and(|text| ends(text, "where")) && (rest.is_empty() || rest.starts_with("order by"))
}

/// The parameter in the place of the key: the only one of `document ->> $1`, and there alone.
fn lost(query: &Query, condition: &Predicate) -> Option<u32> {
    let span = condition.operand.span?;
    let tokens = Tokens::of(&query.text).ok()?;
    let all = || tokens.originals.iter().zip(&tokens.spans);
    let inside: Vec<&Token> =
        all().filter(|(_, place)| span.start <= place.start && place.end <= span.end).map(|(token, _)| token).collect();
    let [.., Token::LongArrow, Token::Placeholder(number)] = inside.as_slice() else { return None };
    let plain = inside[..inside.len() - 2].iter().all(|token| matches!(token, Token::Word(_) | Token::Period));
    let used = all().filter(|(token, _)| matches!(token, Token::Placeholder(other) if other == number)).count();
    number.strip_prefix('$')?.parse().ok().filter(|_| plain && used == 1 && !tokens.squashed)
}

/// The one key that fits.
fn key(snapshot: &Snapshot, query: &Query, condition: &Predicate) -> Option<String> {
    let operand = &condition.operand;
    let rows = snapshot.table(operand.table_oid)?.rows?;
    let of_column = |one: &&ColumnStatistics| one.table_oid == operand.table_oid && one.column == operand.column;
    let statistics = snapshot.column_statistics.iter().find(of_column)?;
    let documents = documents(snapshot, statistics)?;
    let returned = query.counters.rows_per_call();
    let looked_up = rows * (1.0 - statistics.null_frac);
    let mut fitting = values(&documents).into_iter().filter(|(_, values)| {
        let share = values.values().sum::<usize>() as f64 / documents.len() as f64;
        let (least, most) = rows_of_one(values, looked_up * share);
        (least..=most).contains(&returned)
    });
    let (key, values) = fitting.next().filter(|_| returned >= 1.0)?;
    let holders = values.values().sum::<usize>() as f64 / documents.len() as f64;
    (fitting.next().is_none() && holders >= MIN_HOLDERS).then(|| key.to_owned())
}

/// Documents of the column, spread evenly over its rows.
fn documents(snapshot: &Snapshot, statistics: &ColumnStatistics) -> Option<Vec<Map<String, Value>>> {
    let common: f64 = statistics.most_common_freqs.iter().sum();
    let histogram = statistics.slots.iter().find(|slot| slot.kind == 2)?.values.as_ref()?;
    let object = |text: &String| match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    let documents: Vec<Map<String, Value>> = histogram.iter().map(object).collect::<Option<_>>()?;
    let tells = snapshot.values == Values::Kept && common <= MAX_COMMON && documents.len() >= MIN_DOCUMENTS;
    tells.then_some(documents)
}

/// Of each key, how many of the documents hold each value.
fn values(documents: &[Map<String, Value>]) -> BTreeMap<&str, BTreeMap<String, usize>> {
    let mut values: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (key, value) in documents.iter().flatten().filter(|(_, value)| !value.is_null()) {
        *values.entry(key).or_default().entry(value.to_string()).or_default() += 1;
    }
    values
}

/// Rows that share a value with any one of them, at least and at most: as often as two of those sampled do, which of so
/// few may be chance.
fn rows_of_one(values: &BTreeMap<String, usize>, rows: f64) -> (f64, f64) {
    let pairs = |count: usize| (count * count.saturating_sub(1)) as f64 / 2.0;
    let all = pairs(values.values().sum());
    let alike: f64 = values.values().map(|count| pairs(*count)).sum();
    let chance = 2.0 * (alike + 1.0).sqrt();
    let of = |alike: f64| if all > 0.0 { rows * (alike / all).min(1.0) } else { rows };
    (of((alike - chance).max(0.0)), of(alike + chance + 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Statement, StatisticsSlot};
    use crate::workload::Workload;
    use crate::workload::fixture::{catalog, entry};

    /// Texts of the only statement as bound, where calls return so many of 120,000 customers with these documents.
    fn bound(text: &str, rows: u64, values: Values, document: fn(usize) -> String) -> String {
        let mut snapshot = catalog();
        snapshot.values = values;
        snapshot.tables[0].rows = Some(120_000.0);
        let documents = Some((0..101).map(document).collect());
        let slot = StatisticsSlot { kind: 2, values: documents, ..StatisticsSlot::default() };
        snapshot.column_statistics.push(ColumnStatistics {
            table_oid: snapshot.tables[0].oid,
            column: "prefs".to_owned(),
            slots: vec![slot],
            ..ColumnStatistics::default()
        });
        snapshot.statements.entries = vec![Statement { rows: rows * 10, calls: 10, ..entry(text) }];
        Workload::build(&snapshot).queries[0].text.clone()
    }

    const LOST: &str = "SELECT * FROM customers WHERE prefs->>$1 = $2";

    fn of_two_keys(number: usize) -> String {
        format!(r#"{{"kind": {}, "it's": "s{}"}}"#, number % 9, number * 7)
    }

    #[test]
    fn the_only_key_that_fits_the_rows_returned_is_put_back() {
        for (text, expected) in [
            (LOST, "SELECT * FROM customers WHERE prefs->>'it''s' = $1"),
            (
                "SELECT id FROM customers c WHERE c.prefs ->> $2 = $1 ORDER BY id",
                "SELECT id FROM customers c WHERE c.prefs ->> 'it''s' = $1 ORDER BY id",
            ),
        ] {
            assert_eq!(bound(text, 30, Values::Kept, of_two_keys), expected);
        }
    }

    #[test]
    fn a_key_that_is_not_known_for_sure_stays_lost() {
        let two_fit = |number: usize| format!(r#"{{"a": {number}, "b": {number}}}"#);
        let sparse =
            |number: usize| if number.is_multiple_of(5) { "{}".to_owned() } else { format!(r#"{{"a": {number}}}"#) };
        let list = |number: usize| format!("[{number}]");
        for (case, rows, values, document) in [
            ("two keys fit", 30, Values::Kept, two_fit as fn(usize) -> String),
            ("no key fits", 3_000, Values::Kept, of_two_keys),
            ("nothing is returned", 0, Values::Kept, of_two_keys),
            ("values are tokens", 30, Values::Tokens, of_two_keys),
            ("a fifth of the documents lacks it", 30, Values::Kept, sparse),
            ("no objects", 30, Values::Kept, list),
        ] {
            assert_eq!(bound(LOST, rows, values, document), LOST, "{case}");
        }
        for text in [
            "SELECT * FROM customers WHERE prefs->>$1 = $2 AND country = $3",
            "SELECT * FROM customers WHERE prefs->>$1 = $2 LIMIT $3",
            "SELECT count(*) FROM customers WHERE prefs->>$1 = $2",
            "SELECT * FROM customers WHERE NOT active OR prefs->>$1 = $2",
            "SELECT * FROM customers WHERE prefs->>$1 = $1",
            "SELECT * FROM customers WHERE prefs->$1->>$2 = $3",
        ] {
            assert_eq!(bound(text, 30, Values::Kept, of_two_keys), text);
        }
    }
}
