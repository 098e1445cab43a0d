//! What happened between two readings of the counters.
//!
//! Counters only grow, but an entry may be evicted and come back, and somebody may reset them. Where that shows, what
//! a statement did in the interval is not known, and it is left out; where all counters began anew, the interval is.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::snapshot::{Change, Interval};

/// The answer to one poll.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Answer {
    at: f64,
    own_ms: f64,
    dealloc: Option<u64>,
    stats_reset: Option<f64>,
    #[serde(deserialize_with = "array")]
    queryids: Vec<i64>,
    #[serde(deserialize_with = "array")]
    entries: Vec<u64>,
    #[serde(deserialize_with = "array")]
    calls: Vec<u64>,
    #[serde(deserialize_with = "array")]
    rows: Vec<u64>,
    #[serde(deserialize_with = "array")]
    times: Vec<f64>,
}

/// All counters at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    /// Seconds since the epoch, by the server's clock.
    pub at: f64,
    /// Time that the server spent on it, ms.
    pub own_ms: f64,
    /// Evictions since the reset; 14 and later.
    pub dealloc: Option<u64>,
    /// When the counters began; 14 and later.
    pub stats_reset: Option<f64>,
    counters: BTreeMap<i64, Counters>,
}

/// Of one statement, its entries added up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counters {
    entries: u64,
    calls: u64,
    rows: u64,
    total_exec_time: f64,
}

/// An array of numbers as PostgreSQL writes it, `{1,2}`; NULL where there is no entry.
fn array<'de, D: Deserializer<'de>, T: DeserializeOwned>(text: D) -> Result<Vec<T>, D::Error> {
    let text = Option::<String>::deserialize(text)?.unwrap_or_default();
    let numbers = text.trim_start_matches('{').trim_end_matches('}');
    serde_json::from_str(&format!("[{numbers}]")).map_err(D::Error::custom)
}

impl From<Answer> for Reading {
    fn from(answer: Answer) -> Self {
        let figures = answer.entries.into_iter().zip(answer.calls).zip(answer.rows).zip(answer.times);
        let counters = figures.map(|(((entries, calls), rows), total_exec_time)| Counters {
            entries,
            calls,
            rows,
            total_exec_time,
        });
        Self {
            at: answer.at,
            own_ms: answer.own_ms,
            dealloc: answer.dealloc,
            stats_reset: answer.stats_reset,
            counters: answer.queryids.into_iter().zip(counters).collect(),
        }
    }
}

impl Reading {
    /// Entries read.
    pub(super) fn entries(&self) -> u64 {
        self.counters.values().map(|counters| counters.entries).sum()
    }

    /// What happened since an earlier reading; `None` where all counters began anew in between.
    pub(super) fn since(&self, before: &Self) -> Option<Interval> {
        if self.was_reset_since(before) {
            return None;
        }
        let one = |(id, now): (&i64, &Counters)| {
            now.since(before.counters.get(id)).filter(|of| of.calls > 0).map(|of| of.change(*id))
        };
        let changes = self.counters.iter().filter_map(one).collect();
        Some(Interval { seconds: (self.at - before.at).max(0.0), changes })
    }

    /// Before 14 the server does not say: there a reset shows in most statements being gone or beginning anew.
    fn was_reset_since(&self, before: &Self) -> bool {
        if let (Some(now), Some(then)) = (self.stats_reset, before.stats_reset) {
            return (now - then).abs() > 1e-6;
        }
        let goes_on =
            |(id, then): &(&i64, &Counters)| self.counters.get(id).is_some_and(|now| now.since(Some(then)).is_some());
        2 * before.counters.iter().filter(goes_on).count() < before.counters.len()
    }
}

impl Counters {
    /// What was added to an earlier reading; `None` where a counter went backwards or an entry is gone. Without an
    /// earlier one all of it is new, as every entry is in every reading.
    fn since(&self, before: Option<&Self>) -> Option<Self> {
        let before = before.copied().unwrap_or_default();
        Some(Self {
            entries: self.entries.checked_sub(before.entries)?,
            calls: self.calls.checked_sub(before.calls)?,
            rows: self.rows.checked_sub(before.rows)?,
            // entries are added up in any order, so the last digits may differ
            total_exec_time: (self.total_exec_time - before.total_exec_time).max(0.0),
        })
    }

    fn change(&self, queryid: i64) -> Change {
        Change { queryid, calls: self.calls, rows: self.rows, total_exec_time: self.total_exec_time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(queryid, entries, calls)`; a row and two ms for each call.
    fn reading(at: f64, stats_reset: Option<f64>, counted: &[(i64, u64, u64)]) -> Reading {
        let of = |(queryid, entries, calls): &(i64, u64, u64)| {
            let (entries, calls) = (*entries, *calls);
            (*queryid, Counters { entries, calls, rows: calls, total_exec_time: 2.0 * calls as f64 })
        };
        Reading { at, stats_reset, counters: counted.iter().map(of).collect(), ..Reading::default() }
    }

    #[test]
    fn an_interval_holds_what_ran_in_it_and_nothing_that_cannot_be_known() {
        let before = reading(10.0, Some(1.0), &[(1, 1, 5), (2, 1, 5), (3, 1, 5), (4, 2, 5), (5, 1, 5)]);
        for (case, queryid, entries, calls, expected) in [
            ("ran", 1, 1, 8, Some(3)),
            ("did not run", 2, 1, 5, None),
            ("was evicted and came back", 3, 1, 4, None),
            ("lost the entry of one role", 4, 1, 9, None),
            ("was run by another role too", 5, 2, 7, Some(2)),
            ("is new", 6, 1, 2, Some(2)),
        ] {
            let after = reading(10.5, Some(1.0), &[(queryid, entries, calls)]);
            let interval = after.since(&before).expect("no reset");
            let calls: Vec<u64> = interval.changes.iter().map(|change| change.calls).collect();
            assert_eq!(calls, expected.into_iter().collect::<Vec<_>>(), "{case}");
            assert!((interval.seconds - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn a_reset_is_known_by_its_time_and_before_14_by_most_statements_beginning_anew() {
        let before = [(1, 1, 50), (2, 1, 50), (3, 1, 50)];
        for (case, times, after, reset) in [
            ("no reset", (Some(1.0), Some(1.0)), &[(1, 1, 51)][..], false),
            ("reset", (Some(1.0), Some(9.0)), &[(1, 1, 51), (2, 1, 50), (3, 1, 50)], true),
            ("13, no reset", (None, None), &[(1, 1, 51), (2, 1, 50)], false),
            ("13, reset", (None, None), &[(1, 1, 51), (2, 1, 1)], true),
            ("13, all gone", (None, None), &[], true),
        ] {
            let found = reading(2.0, times.1, after).since(&reading(1.0, times.0, &before));
            assert_eq!(found.is_none(), reset, "{case}");
        }
        assert!(reading(2.0, None, &[]).since(&reading(1.0, None, &[])).is_some(), "an empty view is no reset");
    }

    #[test]
    fn an_answer_is_read_from_arrays_as_the_server_writes_them() {
        let answer: Answer = serde_json::from_str(
            r#"{"at": 1.5, "own_ms": 0.2, "dealloc": 3, "stats_reset": 1.25, "queryids": "{-7,8}", "entries": "{1,2}",
                "calls": "{5,6}", "rows": "{0,9}", "times": "{1e-05,2.5}"}"#,
        )
        .expect("an answer");
        let reading = Reading::from(answer);
        assert_eq!((reading.entries(), reading.dealloc, reading.stats_reset), (3, Some(3), Some(1.25)));
        let of = reading.counters[&-7];
        assert_eq!((of.calls, of.rows), (5, 0));
        assert!((of.total_exec_time - 1e-5).abs() < 1e-12);
    }

    #[test]
    fn arrays_without_entries_are_null_and_others_than_of_numbers_an_error() {
        let answer = |calls: &str| {
            serde_json::from_str::<Answer>(&format!(
                r#"{{"at": 1.5, "own_ms": 0.2, "dealloc": null, "stats_reset": null, "queryids": null, "entries": null,
                    "calls": {calls}, "rows": null, "times": null}}"#
            ))
        };
        let reading = Reading::from(answer("null").expect("an answer"));
        assert_eq!((reading.at, reading.entries()), (1.5, 0));
        assert!(answer("\"{1,x}\"").is_err());
    }
}
