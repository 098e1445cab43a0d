//! Counters of one entry: whether it is still the same one, and what was added to it.

use std::collections::BTreeMap;

use super::SAME_TIME_S;
use crate::snapshot::Statement;

/// A normalised text, a user, whether a client ran it.
pub(super) type Key<'a> = (Option<i64>, Option<&'a str>, Option<&'a str>, bool);

/// What tells entries apart. The text does where there is no `queryid`.
pub(super) fn key(entry: &Statement) -> Key<'_> {
    let text = entry.text.as_deref().filter(|_| entry.queryid.is_none());
    (entry.queryid, text, entry.user.as_deref(), entry.toplevel)
}

/// To find an entry again.
pub(super) fn by_key(entries: &[Statement]) -> BTreeMap<Key<'_>, &Statement> {
    entries.iter().map(|entry| (key(entry), entry)).collect()
}

/// Whether an entry is still the same one: one that was evicted and came back counts from nothing.
pub(super) fn goes_on(then: &Statement, now: &Statement) -> bool {
    let since = then.stats_since.zip(now.stats_since).is_none_or(|(then, now)| (now - then).abs() <= SAME_TIME_S);
    let counts = |entry: &Statement| {
        [entry.calls, entry.rows, entry.plans, entry.shared_blks_hit, entry.shared_blks_read, entry.wal_records]
    };
    since
        && then.total_exec_time <= now.total_exec_time
        && counts(then).iter().zip(counts(now)).all(|(then, now)| *then <= now)
}

/// As the server's own order: by falling time.
pub(super) fn order(one: &Statement, other: &Statement) -> std::cmp::Ordering {
    other.total_exec_time.total_cmp(&one.total_exec_time).then_with(|| key(one).cmp(&key(other)))
}

macro_rules! subtracted {
    ($now:expr, $then:expr, [$($count:ident)*], [$($time:ident)*], [$($maybe_count:ident)*], [$($maybe_time:ident)*]) => {
        Statement {
            $($count: $now.$count.saturating_sub($then.$count),)*
            $($time: ($now.$time - $then.$time).max(0.0),)*
            $($maybe_count: $now.$maybe_count.zip($then.$maybe_count).map(|(now, then)| now.saturating_sub(then)),)*
            $($maybe_time: $now.$maybe_time.zip($then.$maybe_time).map(|(now, then)| (now - then).max(0.0)),)*
            ..$now.clone()
        }
    };
}

/// One entry's counters since `began`.
pub(super) fn difference(now: &Statement, then: &Statement, began: f64) -> Statement {
    let mut of = subtracted!(
        now,
        then,
        [calls rows plans shared_blks_hit shared_blks_read shared_blks_dirtied shared_blks_written local_blks_hit
         local_blks_read local_blks_dirtied local_blks_written temp_blks_read temp_blks_written wal_records wal_fpi
         wal_bytes],
        [total_plan_time total_exec_time shared_blk_read_time shared_blk_write_time],
        [wal_buffers_full jit_functions jit_inlining_count jit_optimization_count jit_emission_count jit_deform_count
         parallel_workers_to_launch parallel_workers_launched],
        [local_blk_read_time local_blk_write_time temp_blk_read_time temp_blk_write_time jit_generation_time
         jit_inlining_time jit_optimization_time jit_emission_time jit_deform_time]
    );
    // two different points of time: minimum and maximum are not those of this period
    (of.stats_since, of.minmax_stats_since) = (Some(began), None);
    moments(&mut of, now, then);
    of
}

/// Mean and deviation exactly; of the shortest and the longest execution what is certain.
fn moments(of: &mut Statement, now: &Statement, then: &Statement) {
    let n = of.calls as f64;
    if of.calls == 0 {
        return;
    }
    let squares = |entry: &Statement| {
        let calls = entry.calls as f64;
        let mean = if entry.calls == 0 { 0.0 } else { entry.total_exec_time / calls };
        calls * (entry.stddev_exec_time.powi(2) + mean.powi(2))
    };
    of.mean_exec_time = of.total_exec_time / n;
    let variance = (squares(now) - squares(then)) / n - of.mean_exec_time.powi(2);
    of.stddev_exec_time = variance.max(0.0).sqrt();
    // some execution was at least so far from the mean
    let apart = of.stddev_exec_time / (n - 1.0).max(1.0).sqrt();
    let at_most = of.total_exec_time.min(now.max_exec_time);
    let longer = now.max_exec_time > then.max_exec_time;
    of.max_exec_time = if longer { now.max_exec_time } else { (of.mean_exec_time + apart).min(at_most) };
    let shorter = now.min_exec_time < then.min_exec_time;
    of.min_exec_time = if shorter { now.min_exec_time } else { (of.mean_exec_time - apart).max(now.min_exec_time) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry that ran in these times, ms, and as the server would count it.
    fn entry(times: &[f64]) -> Statement {
        let n = times.len() as f64;
        let total: f64 = times.iter().sum();
        let variance = times.iter().map(|time| (time - total / n).powi(2)).sum::<f64>() / n;
        Statement {
            queryid: Some(1),
            calls: times.len() as u64,
            rows: 2 * times.len() as u64,
            total_exec_time: total,
            mean_exec_time: total / n,
            stddev_exec_time: variance.sqrt(),
            min_exec_time: times.iter().copied().fold(f64::INFINITY, f64::min),
            max_exec_time: times.iter().copied().fold(0.0, f64::max),
            shared_blks_hit: 10 * times.len() as u64,
            wal_bytes: 100 * times.len() as u64,
            jit_functions: Some(times.len() as u64),
            temp_blk_read_time: Some(total / 2.0),
            ..Statement::default()
        }
    }

    fn period(before: &[f64], after: &[f64]) -> (Statement, Statement) {
        let now = entry(&[before, after].concat());
        (difference(&now, &entry(before), 1_000.0), entry(after))
    }

    #[test]
    fn sums_means_and_deviations_are_those_of_the_period_alone() {
        for (before, after) in [
            (&[1.0, 9.0, 2.0][..], &[4.0, 6.0, 5.0, 5.0][..]),
            (&[1.0], &[3.0]),
            (&[0.5; 1000], &[10.0, 30.0]),
            (&[5.0, 5.0], &[5.0, 5.0, 5.0]),
        ] {
            let (found, expected) = period(before, after);
            let counts = |of: &Statement| (of.calls, of.rows, of.shared_blks_hit, of.wal_bytes, of.jit_functions);
            assert_eq!(counts(&found), counts(&expected), "{after:?}");
            let times = |of: &Statement| {
                [of.total_exec_time, of.mean_exec_time, of.stddev_exec_time, of.temp_blk_read_time.unwrap_or(-1.0)]
            };
            for (found, expected) in times(&found).iter().zip(times(&expected)) {
                assert!((found - expected).abs() < 1e-6, "{after:?}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn the_longest_execution_is_known_if_none_before_was_longer_and_never_claimed_to_be_longer_than_it_was() {
        for (case, before, after, known) in [
            ("longer than ever", &[1.0, 2.0][..], &[3.0, 8.0, 4.0][..], true),
            ("longest before", &[50.0, 2.0], &[3.0, 8.0, 4.0], false),
            ("two equal", &[50.0], &[0.0, 2.0], true),
        ] {
            let (found, truth) = period(before, after);
            assert!(found.max_exec_time <= truth.max_exec_time + 1e-9, "{case}: {found:?}");
            assert!(found.min_exec_time >= truth.min_exec_time - 1e-9, "{case}: {found:?}");
            assert_eq!((found.max_exec_time - truth.max_exec_time).abs() < 1e-9, known, "{case}: {found:?}");
            assert_ne!(found.stats_since, found.minmax_stats_since, "{case}: they are of another period");
        }
    }

    #[test]
    fn entries_without_a_queryid_are_told_apart_by_their_text() {
        let of = |queryid, text: &str| Statement { queryid, text: Some(text.to_owned()), ..Statement::default() };
        assert_eq!(by_key(&[of(None, "a"), of(None, "b")]).len(), 2);
        // the server may give one statement another text after it was evicted
        assert_eq!(key(&of(Some(1), "a")), key(&of(Some(1), "b")));
    }

    #[test]
    fn an_entry_that_came_back_is_another_one() {
        let then = Statement { stats_since: Some(10.0), ..entry(&[1.0, 1.0]) };
        let anew = Statement { stats_since: Some(20.0), ..entry(&[1.0, 1.0, 1.0]) };
        for (case, now, same) in [
            ("more calls", Statement { stats_since: Some(10.0), ..anew.clone() }, true),
            ("began later", anew, false),
            ("fewer calls", Statement { stats_since: Some(10.0), ..entry(&[1.0]) }, false),
            ("as many calls, fewer rows", Statement { rows: 0, ..then.clone() }, false),
            ("before 17", entry(&[1.0, 1.0, 2.0]), true),
        ] {
            assert_eq!(goes_on(&then, &now), same, "{case}");
        }
    }
}
