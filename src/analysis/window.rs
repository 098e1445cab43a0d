//! The counters of statements, interval by interval.

use std::collections::HashMap;

use crate::snapshot::Samples;
use crate::workload::Workload;

/// Fewer executions in a window say nothing about how they come.
pub(super) const FEW: f64 = 20.0;
/// Fewer intervals have no variance worth the name.
const FEW_INTERVALS: usize = 10;
/// Mean calls per block up to which loops can be told from the swing of the traffic.
const BUSY: f64 = 20.0;
/// Lengths of the blocks in which calls may come together, as shares of the longest: what a quick page repeats shows in
/// short ones, what a slow one does in long ones.
const SCALES: [f64; 3] = [0.0, 0.4, 1.0];
/// What each statement did while it was watched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Lengths of the intervals, seconds.
    pub seconds: Vec<f64>,
    /// By position in `Workload::queries`.
    pub series: Vec<Series>,
    /// Squared coefficient of variation of the traffic as a whole: what all statements have in common.
    pub swing: f64,
}

/// One statement, a value for each interval.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Executions.
    pub calls: Vec<f64>,
    /// Rows.
    pub rows: Vec<f64>,
}

/// What a body and a list did in the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Block {
    /// Executions of the body.
    pub calls: f64,
    /// Executions of the list.
    pub reads: f64,
    /// Rows of the list.
    pub rows: f64,
}

impl Window {
    /// Of the samples of a snapshot; `None` where there are too few.
    pub fn of(samples: Option<&Samples>, workload: &Workload) -> Option<Self> {
        let samples = samples.filter(|samples| samples.intervals.len() >= FEW_INTERVALS)?;
        let intervals = samples.intervals.len();
        let by_id: HashMap<i64, usize> = workload
            .queries
            .iter()
            .enumerate()
            .flat_map(|(position, query)| query.queryids.iter().map(move |id| (*id, position)))
            .collect();
        let empty = Series { calls: vec![0.0; intervals], rows: vec![0.0; intervals] };
        let mut series = vec![empty; workload.queries.len()];
        for (at, interval) in samples.intervals.iter().enumerate() {
            for change in &interval.changes {
                if let Some(position) = by_id.get(&change.queryid) {
                    series[*position].calls[at] += change.calls as f64;
                    series[*position].rows[at] += change.rows as f64;
                }
            }
        }
        let seconds = samples.intervals.iter().map(|interval| interval.seconds).collect();
        let mut window = Self { seconds, series, swing: 0.0 };
        window.swing = window.common_swing();
        Some(window)
    }

    /// Executions of a statement in the whole window.
    pub fn calls(&self, query: usize) -> f64 {
        self.series.get(query).map_or(0.0, |series| series.calls.iter().sum())
    }

    /// How many executions come together: variance over mean of the calls per block of time, less what the swing of the
    /// whole traffic explains. About 1 for a statement that each request runs once, about k for one that it runs k times.
    /// Blocks are up to a second long, or shorter where a second has so many calls that the swing would hide them; the length
    /// in which most come together counts. `None` for fewer than 20 executions.
    pub fn together(&self, query: usize) -> Option<f64> {
        let time: f64 = self.seconds.iter().sum();
        let a_second = self.calls(query) / time;
        let longest_s = (BUSY / a_second).min(1.0);
        let by_scale = SCALES.into_iter().filter_map(|scale| {
            let (calls, seconds) = self.blocks(query, scale * longest_s);
            let (dispersion, mean) = dispersion(&calls, &seconds)?;
            Some((dispersion - self.swing * mean).max(0.0))
        });
        by_scale.reduce(f64::max)
    }

    /// Correlation of the calls of two statements over the intervals; 0 where one of them never changes.
    pub fn alike(&self, one: usize, other: usize) -> f64 {
        let (one, other) = (&self.series[one].calls, &self.series[other].calls);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (a, b) = (mean(one), mean(other));
        let sum = |of: &dyn Fn(f64, f64) -> f64| one.iter().zip(other).map(|(x, y)| of(x - a, y - b)).sum::<f64>();
        let spread = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
        if spread > 0.0 { sum(&|x, y| x * y) / spread } else { 0.0 }
    }

    /// A body and a list side by side, in so many blocks or fewer. A block begins with a read of the list, if that does not
    /// take too long: so what the body still has to do for the rows of an earlier one is seldom cut in two.
    pub fn both(&self, body: usize, list: usize, most: f64) -> Vec<Block> {
        let at_least_s = 0.95 * self.seconds.iter().sum::<f64>() / most;
        let (body, list) = (&self.series[body], &self.series[list]);
        let (mut blocks, mut block, mut lasts_s) = (Vec::new(), Block::default(), 0.0);
        for (at, seconds) in self.seconds.iter().enumerate() {
            if lasts_s >= at_least_s && (list.calls[at] > 0.0 || lasts_s >= 2.0 * at_least_s) {
                blocks.push(std::mem::take(&mut block));
                lasts_s = 0.0;
            }
            lasts_s += seconds;
            block.calls += body.calls[at];
            block.reads += list.calls[at];
            block.rows += list.rows[at];
        }
        blocks.push(block);
        blocks
    }

    /// Calls and lengths of blocks of intervals that last so long at least.
    fn blocks(&self, query: usize, at_least_s: f64) -> (Vec<f64>, Vec<f64>) {
        let (mut calls, mut seconds) = (Vec::new(), Vec::new());
        let (mut call, mut second) = (0.0, 0.0);
        for (one, length) in self.series[query].calls.iter().zip(&self.seconds) {
            call += one;
            second += length;
            if second >= at_least_s * 0.95 {
                calls.push(call);
                seconds.push(second);
                (call, second) = (0.0, 0.0);
            }
        }
        (calls, seconds)
    }

    /// What every statement's variance has beyond chance, by its mean squared: the swing of the traffic. Loops have more,
    /// and where pages are slow and few, most statements that ran often are loops. What starts a loop runs less often than
    /// its body, so the rarer half has fewer of them; but counts of rare statements are vague, so what they could have at
    /// most is taken. The lesser of both, since the traffic has no more swing than any statement.
    fn common_swing(&self) -> f64 {
        let of = |query: usize| {
            let (calls, seconds) = self.blocks(query, 1.0);
            let (dispersion, mean) = dispersion(&calls, &seconds)?;
            let vague = (2.0 / (calls.len() as f64 - 1.0)).sqrt();
            Some(Swing { mean, about: (dispersion - 1.0) / mean, at_most: (dispersion - 1.0 + vague) / mean })
        };
        let mut swings: Vec<Swing> = (0..self.series.len()).filter_map(of).collect();
        swings.sort_by(|one, two| one.mean.total_cmp(&two.mean));
        let rarer = &swings[..swings.len().div_ceil(2)];
        let of_all = slack(swings.iter().map(|swing| swing.about.max(0.0)).collect());
        let of_rarer = slack(rarer.iter().map(|swing| swing.at_most.max(0.0)).collect());
        of_all.min(of_rarer)
    }
}

/// How unevenly the calls of one statement come over seconds, beyond chance.
struct Swing {
    /// Calls per block.
    mean: f64,
    /// Variance beyond chance, by the mean squared.
    about: f64,
    /// The same and one standard error.
    at_most: f64,
}

/// What the swing of the traffic adds to every statement: the lower third, since loops have much more of it.
pub(super) fn slack(mut swings: Vec<f64>) -> f64 {
    swings.sort_by(f64::total_cmp);
    swings.get(swings.len() / 3).copied().unwrap_or(0.0)
}

/// Index of dispersion of counts in intervals of unequal length, and the mean count.
fn dispersion(calls: &[f64], seconds: &[f64]) -> Option<(f64, f64)> {
    let (total, time): (f64, f64) = (calls.iter().sum(), seconds.iter().sum());
    if total < FEW || calls.len() < FEW_INTERVALS / 2 || time <= 0.0 {
        return None;
    }
    let rate = total / time;
    let squares = calls.iter().zip(seconds).map(|(calls, seconds)| {
        let expected = rate * seconds;
        (calls - expected).powi(2) / expected
    });
    let counted = calls.len() as f64;
    Some((squares.sum::<f64>() / (counted - 1.0), total / counted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVALS: usize = 150;
    /// Where a window's log-odds begin to speak for a loop.
    const LOOP: f64 = 3.3;

    /// Half a minute of statements that a page runs so many times each, one after another, as long as the page lasts; a few
    /// pages at a time, some of them quick.
    fn pages(times: &[usize]) -> Window {
        let mut random = fastrand::Rng::with_seed(3);
        let mut series = vec![Series { calls: vec![0.0; INTERVALS], rows: vec![0.0; INTERVALS] }; times.len()];
        for _ in 0..25 {
            let (begins, lasts) = (random.usize(0..INTERVALS), random.usize(1..15));
            for (one, times) in series.iter_mut().zip(times) {
                for call in 0..*times {
                    let at = begins + call * lasts / times;
                    one.calls[at.min(INTERVALS - 1)] += 1.0;
                }
            }
        }
        let mut window = Window { seconds: vec![0.2; INTERVALS], series, swing: 0.0 };
        window.swing = window.common_swing();
        window
    }

    #[test]
    fn what_a_few_slow_pages_repeat_comes_together_though_most_statements_are_loops() {
        let times = [1, 1, 1, 60, 60, 150, 150, 300, 300, 300, 300];
        let window = pages(&times);
        for (query, times) in times.iter().enumerate() {
            let together = window.together(query).expect("it ran often");
            assert!((together > LOOP) == (*times > 1), "{times}: {together}, swing {}", window.swing);
        }
    }

    #[test]
    fn what_each_request_runs_once_does_not_come_together_however_the_traffic_swings() {
        let mut random = fastrand::Rng::with_seed(5);
        // a second of rest, then one of traffic
        let rate = |at: usize| if (at / 5).is_multiple_of(2) { 0.6 } else { 1.4 };
        let calls = |rates: f64, random: &mut fastrand::Rng| -> Vec<f64> {
            let at_once = |at| (0..200).filter(|_| random.f64() < rates * rate(at) / 200.0).count() as f64;
            (0..INTERVALS).map(at_once).collect()
        };
        let rates = [0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0];
        let rows = vec![0.0; INTERVALS];
        let series = rates.map(|rate| Series { calls: calls(rate, &mut random), rows: rows.clone() });
        let mut window = Window { seconds: vec![0.2; INTERVALS], series: series.to_vec(), swing: 0.0 };
        window.swing = window.common_swing();
        for (query, rate) in rates.iter().enumerate() {
            let together = window.together(query).expect("it ran often");
            assert!(together < LOOP, "{rate}: {together}, swing {}", window.swing);
        }
    }
}
