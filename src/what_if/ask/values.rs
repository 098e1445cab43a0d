//! Constants for parameters, out of the statistics of the columns that they are compared with.
//!
//! A handful of draws for each parameter: common values and rare ones, wide ranges and
//! narrow ones. Nothing is random, so the same snapshot gives the same draws.

use super::interpolate::between;
use super::roles::{Compared, End, Role, other_end};
use crate::snapshot::{ColumnStatistics, Snapshot, StatisticsSlot, Values};
use crate::what_if::{TableFacts, plain};
use crate::workload::{Comparison, Predicate, Query};

/// Draws for each statement.
pub const DRAWS: usize = 14;

/// Shares of a table that a range is made to take, the usual ones first.
const SHARES: [f64; DRAWS] = [0.02, 0.005, 0.001, 0.05, 0.1, 0.2, 0.33, 0.5, 0.0002, 0.01, 0.7, 0.9, 0.99, 0.000_01];

/// What the planner takes a condition to let through where it knows nothing of the value: `DEFAULT_INEQ_SEL`,
/// `DEFAULT_RANGE_INEQ_SEL`, `DEFAULT_MATCH_SEL`.
const ANY_BOUND: f64 = 1.0 / 3.0;
const ANY_RANGE: f64 = 0.005;
const ANY_MATCH: f64 = 0.005;

/// Spans of time that people ask for, the usual ones first.
const SPANS: [&str; DRAWS] = [
    "1 day",
    "7 days",
    "1 hour",
    "30 days",
    "10 minutes",
    "90 days",
    "1 year",
    "3 days",
    "12 hours",
    "1 minute",
    "14 days",
    "180 days",
    "5 years",
    "2 hours",
];
/// What no row has.
const UNKNOWN: &str = "pgassay";

/// One value for a parameter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawn {
    /// As the type's input takes it.
    pub value: String,
    /// Share of the table's rows that the condition lets through with it, where that is known.
    pub share: Option<f64>,
    /// The same for any value, as the planner has it without one.
    pub any: f64,
    /// What it is, in words that say nothing of the value: `takes its most common value`.
    pub what: String,
}

/// One draw of a parameter; `None` where no value of its type is known to fit.
pub fn draw(snapshot: &Snapshot, query: &Query, role: &Role, of_type: &str, number: usize) -> Option<Drawn> {
    let plain = |value: &str| Some(Drawn { value: value.to_owned(), ..Drawn::default() });
    match role {
        Role::Compared(compared) => of_column(snapshot, query, *compared, of_type, number)
            .or_else(|| usual(snapshot, of_type).map(|value| Drawn { value, ..Drawn::default() })),
        Role::Limit => Some(Drawn {
            value: limit(query).to_string(),
            what: "lets through as many rows as a call returns".to_owned(),
            ..Drawn::default()
        }),
        Role::Offset => plain("0"),
        Role::DatePart => plain("day"),
        Role::TimeZone => plain("UTC"),
        Role::Other if of_type == "interval" => Some(Drawn {
            value: SPANS[number % DRAWS].to_owned(),
            what: format!("spans {}", SPANS[number % DRAWS]),
            ..Drawn::default()
        }),
        Role::Other => usual(snapshot, of_type).map(|value| Drawn { value, ..Drawn::default() }),
    }
}

/// Whether a real server would find the values of a snapshot in its own statistics: tokens are not there, and a value
/// made up for a column would be taken for a rare one.
pub fn known_to_server(snapshot: &Snapshot, query: &Query, compared: Compared) -> bool {
    const AS_THEY_WERE: &str = "NDTBE";
    let operand = &query.predicates[compared.predicate].operand;
    let Some(facts) = TableFacts::read(snapshot, operand.table_oid) else { return false };
    let category = facts.column(&operand.column).map(|column| column.type_category.clone());
    let values =
        facts.statistics(&operand.column).is_some_and(|one| one.slots.iter().any(|slot| slot.values.is_some()));
    let kept = snapshot.values == Values::Kept || category.is_some_and(|category| AS_THEY_WERE.contains(&category));
    kept && values
}

/// As many rows as a call returns, so that the plan is one for that many.
fn limit(query: &Query) -> u64 {
    let rows = query.counters.rows_per_call().ceil();
    if rows >= 1.0 { rows as u64 } else { 10 }
}

fn of_column(snapshot: &Snapshot, query: &Query, one: Compared, of_type: &str, number: usize) -> Option<Drawn> {
    let predicate = &query.predicates[one.predicate];
    let facts = TableFacts::read(snapshot, predicate.operand.table_oid)?;
    let statistics = statistics(snapshot, &facts, predicate)?;
    let pool = Pool::of(statistics, facts.rows);
    match predicate.comparison {
        Comparison::Equal | Comparison::In | Comparison::NotEqual | Comparison::Other if of_type.ends_with("[]") => {
            pool.list(number)
        }
        Comparison::Equal | Comparison::In | Comparison::NotEqual | Comparison::Other => pool.one(number + one.place),
        Comparison::Range => pool.bound(number, one, other_end(query, one)),
        Comparison::Like | Comparison::ILike | Comparison::Regex => pool.pattern(number, predicate),
        Comparison::Array | Comparison::FullText => elements(statistics, of_type, number),
        _ => None,
    }
}

/// Of the column, or of the only index over the expression.
fn statistics<'a>(
    snapshot: &'a Snapshot,
    facts: &TableFacts<'a>,
    predicate: &Predicate,
) -> Option<&'a ColumnStatistics> {
    let Some(expression) = &predicate.operand.expression else { return facts.statistics(&predicate.operand.column) };
    let wanted = plain(&expression.sql);
    let over = |index: &&crate::snapshot::Index| match index.keys.as_slice() {
        [only] => only.expression.as_ref().is_some_and(|sql| plain(sql) == wanted),
        _ => false,
    };
    let index = snapshot.indexes.iter().filter(|index| index.table_oid == facts.table.oid).find(over)?;
    snapshot.column_statistics.iter().find(|one| one.table_oid == index.oid)
}

/// The values that are known of a column.
struct Pool<'a> {
    /// Most common values with their shares, falling.
    common: Vec<(&'a str, f64)>,
    /// Bounds of the histogram, rising.
    bounds: &'a [String],
    value_type: &'a str,
    /// Share of each value that is not common.
    rare: f64,
    /// Share of any value.
    any: f64,
}

impl<'a> Pool<'a> {
    fn of(statistics: &'a ColumnStatistics, rows: f64) -> Self {
        let slot = |kind: i16| statistics.slots.iter().find(|slot| slot.kind == kind);
        let values =
            |slot: Option<&'a StatisticsSlot>| slot.and_then(|slot| slot.values.as_deref()).unwrap_or_default();
        let numbers = slot(1).and_then(|slot| slot.numbers.as_deref()).unwrap_or_default();
        let common: Vec<(&str, f64)> =
            values(slot(1)).iter().map(String::as_str).zip(numbers.iter().map(|share| f64::from(*share))).collect();
        let distinct = match statistics.n_distinct {
            share if share < 0.0 => -share * rows,
            number => number,
        };
        let left = 1.0 - statistics.null_frac - common.iter().map(|(_, share)| share).sum::<f64>();
        Self {
            bounds: values(slot(2)),
            value_type: slot(2).and_then(|slot| slot.value_type.as_deref()).unwrap_or_default(),
            rare: left.max(0.0) / (distinct - common.len() as f64).max(1.0),
            any: (1.0 - statistics.null_frac) / distinct.max(1.0),
            common,
        }
    }

    /// Common values at first, then by turns rarer ones and those of the histogram.
    fn one(&self, number: usize) -> Option<Drawn> {
        let (common, rare) = (self.common.len(), self.bounds.len());
        let from_common = |rank: usize| {
            let (value, share) = self.common[rank.min(common - 1)];
            self.equal(value, share, rank == 0)
        };
        let from_rare = |turn: usize| self.equal(&self.bounds[spread(turn, rare)], self.rare, false);
        match (common > 0, rare > 0) {
            (true, true) if number.is_multiple_of(2) => Some(from_common(rank(number / 2, common))),
            (true, true) => Some(from_rare(number / 2)),
            (true, false) => Some(from_common(rank(number, common))),
            (false, true) => Some(from_rare(number)),
            (false, false) => None,
        }
    }

    fn equal(&self, value: &str, share: f64, most: bool) -> Drawn {
        let what = if most {
            format!("takes its most common value, of {} of the rows", percent(share))
        } else {
            format!("takes a value of {} of the rows", percent(share))
        };
        Drawn { value: value.to_owned(), share: Some(share), any: self.any, what }
    }

    /// An array of a few values.
    fn list(&self, number: usize) -> Option<Drawn> {
        const LENGTHS: [usize; 4] = [3, 1, 10, 30];
        let length = LENGTHS[number % LENGTHS.len()];
        let drawn: Vec<Drawn> = (number..number + length).filter_map(|number| self.one(number)).collect();
        (!drawn.is_empty()).then(|| {
            let share = drawn.iter().filter_map(|one| one.share).sum();
            let values: Vec<&str> = drawn.iter().map(|one| one.value.as_str()).collect();
            let what = format!("holds {} values, of {} of the rows", values.len(), percent(share));
            Drawn { value: array(&values), share: Some(share), any: self.any * 10.0, what }
        })
    }

    /// A bound of a range that takes a share of the rows, at the end of the column where most reading is done; both
    /// ends around its middle.
    fn bound(&self, number: usize, one: Compared, both: bool) -> Option<Drawn> {
        let share = SHARES[number % DRAWS];
        let at = match (one.end, both) {
            (End::Lower, false) => 1.0 - share,
            (End::Upper, false) => share,
            (End::Lower, true) => 0.5 - share / 2.0,
            (End::Upper, true) => 0.5 + share / 2.0,
            (End::None, _) => return self.one(number),
        };
        let value = self.quantile(at)?;
        let any = if both { ANY_RANGE } else { ANY_BOUND };
        let what = format!("reaches over {} of the rows", percent(share));
        Some(Drawn { value, share: Some(share), any, what })
    }

    /// The value below which this share of the rows lies.
    fn quantile(&self, at: f64) -> Option<String> {
        if let [_, _, ..] = self.bounds {
            let place = at.clamp(0.0, 1.0) * (self.bounds.len() - 1) as f64;
            let low = (place as usize).min(self.bounds.len() - 2);
            return Some(between(self.value_type, &self.bounds[low], &self.bounds[low + 1], place - low as f64));
        }
        self.common.get(rank((at * DRAWS as f64) as usize, self.common.len())).map(|(value, _)| (*value).to_owned())
    }

    /// A part of a value. Where the text does not say where it stands, it may be anywhere: an index on the beginnings
    /// of values is not promised to a pattern that may begin with a wildcard.
    fn pattern(&self, number: usize, predicate: &Predicate) -> Option<Drawn> {
        const LENGTHS: [usize; 4] = [4, 8, 3, 40];
        let value = self.one(number / LENGTHS.len())?.value;
        let run = value.split(|one: char| !one.is_alphanumeric()).max_by_key(|run| run.len())?;
        let part: String = run.chars().take(LENGTHS[number % LENGTHS.len()]).collect();
        // shorter than three characters is no trigram
        let part = if part.chars().count() < 3 { UNKNOWN.to_owned() } else { part };
        let from_start = predicate.leading_wildcard == Some(false);
        let value = match (predicate.comparison, from_start) {
            (Comparison::Regex, true) => format!("^{part}"),
            (Comparison::Regex, false) => part,
            (_, true) => format!("{part}%"),
            (_, false) => format!("%{part}%"),
        };
        let what = if from_start { "is how the text begins" } else { "is found anywhere in the text" };
        Some(Drawn { value, share: None, any: ANY_MATCH, what: what.to_owned() })
    }
}

/// An element of an array or a lexeme, alone or as an array.
fn elements(statistics: &ColumnStatistics, of_type: &str, number: usize) -> Option<Drawn> {
    let slot = statistics.slots.iter().find(|slot| slot.kind == 4)?;
    let (values, numbers) = (slot.values.as_deref()?, slot.numbers.as_deref()?);
    let at = spread(number, values.len());
    let (value, share) = (values.get(at)?, f64::from(*numbers.get(at)?));
    let value = match of_type {
        "tsquery" => format!("'{}'", value.replace('\'', "''")),
        array_type if array_type.ends_with("[]") => array(&[value]),
        "regconfig" => "simple".to_owned(),
        _ => value.clone(),
    };
    let what = format!("asks for an element that {} of the rows have", percent(share));
    Some(Drawn { value, share: Some(share), any: ANY_MATCH, what })
}

/// The text of an array.
fn array(values: &[&str]) -> String {
    let quoted = |value: &&str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", values.iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// Ranks that lie further and further apart: 0, 1, 3, 7, …
fn rank(turn: usize, count: usize) -> usize {
    let rank = (1_usize << turn.min(20)) - 1;
    rank.min(count.saturating_sub(1))
}

/// Places all over a list, from its middle on.
fn spread(turn: usize, count: usize) -> usize {
    if count == 0 { 0 } else { (count / 2 + turn * 37) % count }
}

fn percent(share: f64) -> String {
    crate::units::Ratio(share).to_string()
}

/// A value of a type for a parameter of which nothing is known.
fn usual(snapshot: &Snapshot, of_type: &str) -> Option<String> {
    let value = match of_type {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "oid" | "money" => "1",
        "text" | "character varying" | "character" | "name" | "\"char\"" | "citext" | "bytea" | "unknown"
        | "tsquery" => "x",
        "boolean" => "true",
        "interval" => "1 day",
        "date" | "timestamp with time zone" | "timestamp without time zone" => return Some(moment(snapshot.taken_at)),
        "time without time zone" | "time with time zone" => "12:00",
        // an empty object is in every other
        "json" | "jsonb" => "{\"pgassay\": 1}",
        "jsonpath" => "$",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "inet" | "cidr" => "10.0.0.0/8",
        "regconfig" => "simple",
        "point" => "(0,0)",
        array_type if array_type.ends_with("[]") => {
            return usual(snapshot, array_type.trim_end_matches("[]")).map(|value| array(&[&value]));
        }
        range if range.ends_with("range") => "empty",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Seconds since the epoch as a time in UTC.
fn moment(seconds: f64) -> String {
    super::interpolate::timestamp((seconds * 1e6) as i128, true)
}
