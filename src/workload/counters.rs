//! Counters of a statement, added up over its entries.

use crate::snapshot::Statement;

/// Sums over the entries of one statement. Times in ms, blocks of 8 kB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counters {
    /// Entries added up.
    pub entries: u64,
    /// Executions.
    pub calls: u64,
    /// Rows returned or written.
    pub rows: u64,
    /// Time executing.
    pub total_ms: f64,
    /// Shortest execution.
    pub min_ms: f64,
    /// Longest execution.
    pub max_ms: f64,
    /// Population standard deviation over all executions.
    pub stddev_ms: f64,
    /// Time planning, with `track_planning`.
    pub plan_ms: f64,
    /// Blocks found in shared buffers.
    pub shared_hit: u64,
    /// Blocks read.
    pub shared_read: u64,
    /// Temporary blocks written.
    pub temp_written: u64,
    /// Time reading blocks; zero unless `track_io_timing`.
    pub read_ms: f64,
    /// Time reading and writing temporary blocks, with `track_io_timing`; 15 and later.
    pub temp_ms: Option<f64>,
    /// WAL bytes.
    pub wal_bytes: u64,
    /// WAL records.
    pub wal_records: u64,
    /// WAL full page images.
    pub wal_fpi: u64,
    /// Functions compiled by JIT; 15 and later.
    pub jit_functions: Option<u64>,
    /// Time of JIT in all its phases; 15 and later.
    pub jit_ms: Option<f64>,
    /// Rows, blocks and WAL are not known: a log tells of the statement, and no counters do.
    pub times_only: bool,
    /// Whether `rows` says nothing: they were counted on data of another size.
    pub rows_unknown: bool,
    /// Whether min and max cover the same period as the sums (17 can reset them alone).
    pub min_max_whole: bool,
}

impl Counters {
    /// Of one entry.
    pub fn of(entry: &Statement) -> Self {
        Self {
            entries: 1,
            calls: entry.calls,
            rows: entry.rows,
            total_ms: entry.total_exec_time,
            min_ms: entry.min_exec_time,
            max_ms: entry.max_exec_time,
            stddev_ms: entry.stddev_exec_time,
            plan_ms: entry.total_plan_time,
            shared_hit: entry.shared_blks_hit,
            shared_read: entry.shared_blks_read,
            temp_written: entry.temp_blks_written,
            read_ms: entry.shared_blk_read_time,
            temp_ms: sum(entry.temp_blk_read_time, entry.temp_blk_write_time),
            wal_bytes: entry.wal_bytes,
            wal_records: entry.wal_records,
            wal_fpi: entry.wal_fpi,
            jit_functions: entry.jit_functions,
            jit_ms: jit_time(entry),
            times_only: entry.from_log,
            rows_unknown: false,
            min_max_whole: entry.minmax_stats_since == entry.stats_since,
        }
    }

    /// Mean execution, ms; 0 without calls.
    pub fn mean_ms(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.total_ms / self.calls as f64 }
    }

    /// Rows per call; 0 without calls.
    pub fn rows_per_call(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.rows as f64 / self.calls as f64 }
    }

    /// Rows; where they are not known, one for each execution.
    pub fn rows_or_calls(&self) -> f64 {
        if self.times_only { self.calls as f64 } else { self.rows as f64 }
    }

    /// What was counted; `None` where only times were taken.
    pub fn counted<T>(&self, figure: T) -> Option<T> {
        (!self.times_only).then_some(figure)
    }

    /// Rows per call, where calls were counted and their rows mean something.
    pub fn measured_rows(&self) -> Option<f64> {
        (self.calls > 0 && !self.rows_unknown && !self.times_only).then(|| self.rows_per_call())
    }

    /// Adds another entry. Deviations add exactly: n(s² + m²) is the sum of squares.
    pub fn add(&mut self, other: &Self) {
        if self.entries == 0 {
            *self = other.clone();
            return;
        }
        let squares = self.sum_of_squares() + other.sum_of_squares();
        self.entries += other.entries;
        self.calls += other.calls;
        self.rows += other.rows;
        self.total_ms += other.total_ms;
        self.min_ms = self.min_ms.min(other.min_ms);
        self.max_ms = self.max_ms.max(other.max_ms);
        self.plan_ms += other.plan_ms;
        self.shared_hit += other.shared_hit;
        self.shared_read += other.shared_read;
        self.temp_written += other.temp_written;
        self.read_ms += other.read_ms;
        self.temp_ms = sum(self.temp_ms, other.temp_ms);
        self.wal_bytes += other.wal_bytes;
        self.wal_records += other.wal_records;
        self.wal_fpi += other.wal_fpi;
        self.jit_functions = sum(self.jit_functions, other.jit_functions);
        self.jit_ms = sum(self.jit_ms, other.jit_ms);
        self.times_only |= other.times_only;
        self.rows_unknown |= other.rows_unknown;
        self.min_max_whole &= other.min_max_whole;
        self.stddev_ms = self.deviation_from(squares);
    }

    fn sum_of_squares(&self) -> f64 {
        self.calls as f64 * (self.stddev_ms.powi(2) + self.mean_ms().powi(2))
    }

    fn deviation_from(&self, squares: f64) -> f64 {
        if self.calls == 0 {
            return 0.0;
        }
        (squares / self.calls as f64 - self.mean_ms().powi(2)).max(0.0).sqrt()
    }
}

/// Without the time of tuple deforming, which is a part of the generation.
fn jit_time(entry: &Statement) -> Option<f64> {
    let phases =
        [entry.jit_generation_time, entry.jit_inlining_time, entry.jit_optimization_time, entry.jit_emission_time];
    phases.into_iter().flatten().reduce(|one, two| one + two)
}

/// What is known of both, added up.
fn sum<T: std::ops::Add<Output = T>>(one: Option<T>, two: Option<T>) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one + two),
        (one, two) => one.or(two),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_deforming_is_not_counted_twice() {
        let entry = Statement {
            jit_generation_time: Some(5.0),
            jit_emission_time: Some(2.0),
            jit_deform_time: Some(3.0),
            ..Statement::default()
        };
        assert_eq!(Counters::of(&entry).jit_ms, Some(7.0));
        assert_eq!(Counters::of(&Statement::default()).jit_ms, None);
    }

    #[test]
    fn deviations_of_two_entries_add_up_to_the_deviation_of_all_calls() {
        // 1, 3 and 5, 7: mean 4, population variance 5
        let mut sum = Counters { entries: 1, calls: 2, total_ms: 4.0, stddev_ms: 1.0, ..Counters::default() };
        sum.add(&Counters { entries: 1, calls: 2, total_ms: 12.0, stddev_ms: 1.0, ..Counters::default() });
        assert!((sum.mean_ms() - 4.0).abs() < 1e-9);
        assert!((sum.stddev_ms - 5.0_f64.sqrt()).abs() < 1e-9);
    }
}
