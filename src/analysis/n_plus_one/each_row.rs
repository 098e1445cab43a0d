//! Whether a body runs as often as a list has rows, block of time by block.
//!
//! A page that lasts longer than a reading's interval hides its bursts: as long as it runs, its calls come evenly. But the
//! rows that it reads and the calls that it makes for them lie close together, so from one read of the list to another
//! there are as many calls as rows, or twice as many. Statements of different requests cannot do that, however alike their
//! traffic swings: chance alone makes their counts differ, and the rows of a list, which come k at a time, make them differ
//! 1 + k times as much. Where the list is read for another purpose as well, some blocks stand out; the others are judged.

use super::weights::WEIGHTS;
use crate::analysis::window::{Block, Window};

/// Share of the blocks that are judged: a list may be read for another purpose in the others.
const JUDGED: f64 = 0.65;
/// Variance of the middle 65 % of a normal distribution, as a share of the whole.
const OF_THE_MIDDLE: f64 = 0.259;
/// Numbers of blocks of time that a window is cut into: in long ones a page that reads the list for another purpose spoils
/// more, in short ones a page is cut in two more often.
const BLOCKS: [f64; 3] = [150.0, 60.0, FEWEST_BLOCKS];
const FEWEST_BLOCKS: f64 = 30.0;
/// Reads of the list in a block on average, in all but the longest: of fewer, chance makes agreement too often.
const READS: f64 = 4.0;
/// Fewer blocks may fit by chance.
const FEW: usize = 15;
/// More calls for each row than these: any number is near a whole one.
const MOST: u32 = 4;
/// So far from a whole number of calls for each row there are other calls, or other rows; a share.
const OFF: f64 = 0.06;
/// Rounds in which the slope and the blocks that fit it are found from each other.
const ROUNDS: usize = 3;
/// Differences below this share of what chance makes are no further evidence.
const LEAST: f64 = 0.01;

/// What follows each row of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EachRow {
    /// Index of the list into `Workload::queries`.
    pub list: usize,
    /// Calls for each time that it is read.
    pub per_call: f64,
    /// How much better the counts agree than chance allows, as a logarithm that grows with the time seen.
    pub evidence: f64,
}

/// How well the calls of `body` follow the rows of `list`; `None` where they do not.
pub fn follow(window: &Window, body: usize, list: usize) -> Option<EachRow> {
    let dense = |most: &f64| *most == FEWEST_BLOCKS || window.calls(list) >= READS * most;
    let by_length = BLOCKS.into_iter().filter(dense).filter_map(|most| follow_in(window.both(body, list, most), list));
    by_length.reduce(|one, two| if two.evidence > one.evidence { two } else { one })
}

fn follow_in(mut blocks: Vec<Block>, list: usize) -> Option<EachRow> {
    blocks.retain(|block| block.calls > 0.0 || block.rows > 0.0);
    if blocks.len() < FEW {
        return None;
    }
    let fits = (1..=MOST).filter_map(|calls| Fit::near(f64::from(calls), &blocks));
    let best = fits.reduce(|one, two| if two.difference < one.difference { two } else { one })?;
    let by_chance = OF_THE_MIDDLE * (1.0 + best.per_call).min(uneven(best.slope, &blocks));
    let degrees = (best.judged - 1) as f64 / 2.0;
    let share = (best.difference / by_chance).clamp(LEAST, 1.0);
    let evidence = degrees * (share - 1.0 - share.ln());
    let follows = best.per_call >= WEIGHTS.min_fan_out && evidence > 0.0;
    follows.then_some(EachRow { list, per_call: best.per_call, evidence })
}

/// What the squared difference would be if the same counts of calls and of rows came in any order: two that are steady
/// agree whatever they are.
fn uneven(slope: f64, blocks: &[Block]) -> f64 {
    let spread = |of: &dyn Fn(&Block) -> f64| {
        let mean = sum(blocks, of) / blocks.len() as f64;
        sum(blocks, |block| (of(block) - mean).powi(2)) / (blocks.len() as f64 - 1.0) / mean
    };
    spread(&|block| block.calls) + slope * spread(&|block| block.rows)
}

/// The blocks that fit one number of calls for each row.
struct Fit {
    /// Calls for each row.
    slope: f64,
    /// Calls for each time that the list is read.
    per_call: f64,
    /// Squared difference of calls and rows, over what the mean would be if both came one by one.
    difference: f64,
    judged: usize,
}

impl Fit {
    /// The best fit that stays near a whole number.
    fn near(whole: f64, blocks: &[Block]) -> Option<Self> {
        let judged = (JUDGED * blocks.len() as f64).ceil() as usize;
        let mut slope = whole;
        for _ in 0..ROUNDS {
            let near = nearest(slope, blocks, judged);
            let (calls, rows) = (sum(&near, |block| block.calls), sum(&near, |block| block.rows));
            slope = if calls > 0.0 && rows > 0.0 { calls / rows } else { return None };
        }
        if (slope / whole - 1.0).abs() > OFF {
            return None;
        }
        let near = nearest(slope, blocks, judged);
        let difference = 2.0 * sum(&near, |block| differs(slope, block)) / judged as f64;
        let per_call = sum(&near, |block| block.calls) / sum(&near, |block| block.reads).max(1.0);
        Some(Self { slope, per_call, difference, judged })
    }
}

/// The blocks that fit a slope best.
fn nearest(slope: f64, blocks: &[Block], judged: usize) -> Vec<Block> {
    let mut blocks = blocks.to_vec();
    blocks.sort_by(|one, two| differs(slope, one).total_cmp(&differs(slope, two)));
    blocks.truncate(judged);
    blocks
}

fn differs(slope: f64, block: &Block) -> f64 {
    (block.calls - slope * block.rows).powi(2) / (block.calls + slope * block.rows)
}

fn sum(blocks: &[Block], of: impl Fn(&Block) -> f64) -> f64 {
    blocks.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::window::Series;

    const BODY: usize = 0;
    const LIST: usize = 1;
    const INTERVALS: usize = 150;

    /// A window of 30 seconds, of which something is put down at times.
    struct Watch(Window);

    impl Watch {
        fn new() -> Self {
            let series = Series { calls: vec![0.0; INTERVALS], rows: vec![0.0; INTERVALS] };
            Self(Window { seconds: vec![0.2; INTERVALS], series: vec![series; 2], swing: 0.0 })
        }

        fn count(&mut self, query: usize, at: f64, rows: usize) {
            let interval = (at / 0.2) as usize;
            if interval < INTERVALS {
                self.0.series[query].calls[interval] += 1.0;
                self.0.series[query].rows[interval] += rows as f64;
            }
        }

        fn follows(&self) -> Option<EachRow> {
            follow(&self.0, BODY, LIST)
        }
    }

    /// Two users open pages that read a list some forty times and for each of its rows run the body `times`, 40 ms in
    /// all. A share of the pages reads the lists for another purpose.
    fn pages(times: usize, other: f64) -> Watch {
        let (mut random, mut watch) = (fastrand::Rng::with_seed(7), Watch::new());
        for _ in 0..2 {
            let mut at = random.f64() * 3.0;
            while at < 30.0 {
                let looks_up = random.f64() >= other;
                for _ in 0..random.usize(20..60) {
                    let rows = random.usize(1..20);
                    watch.count(LIST, at, rows);
                    at += 0.002;
                    for _ in 0..if looks_up { rows } else { 0 } {
                        (0..times).for_each(|_| watch.count(BODY, at, 1));
                        at += 0.04;
                    }
                }
                at += random.f64() * 4.0;
            }
        }
        watch
    }

    /// Requests of two kinds, as many calls as rows, at times that have nothing in common but the swing of the traffic.
    fn apart(seed: u64, reads: usize) -> Watch {
        let (mut random, mut watch) = (fastrand::Rng::with_seed(seed), Watch::new());
        let swing: Vec<f64> = (0..10).map(|_| random.f64()).collect();
        for _ in 0..reads {
            let mut at = || loop {
                let at = random.f64() * 30.0;
                if random.f64() < swing[(at / 3.0) as usize] {
                    return at;
                }
            };
            watch.count(LIST, at(), 10);
            (0..10).for_each(|_| watch.count(BODY, at(), 1));
        }
        watch
    }

    #[test]
    fn calls_for_each_row_are_seen_though_the_pages_last_longer_than_an_interval() {
        for (times, other) in [(1, 0.0), (2, 0.0), (1, 0.3), (3, 0.3)] {
            let found = pages(times, other).follows();
            let follows = found.unwrap_or_else(|| panic!("{times} {other}"));
            assert!(follows.evidence > 10.0 && follows.list == LIST, "{times} {other}: {follows:?}");
            let per_call = 10.0 * times as f64;
            assert!((follows.per_call / per_call - 1.0).abs() < 0.3, "{times} {other}: {follows:?}");
        }
    }

    #[test]
    fn requests_that_share_the_swing_of_the_traffic_alone_do_not_follow_each_other() {
        // what speaks for a loop, before the counters are heard
        let most = -WEIGHTS.window.intercept / WEIGHTS.window.each_row;
        for reads in [120, 600, 1_500] {
            for seed in 0..40 {
                let found = apart(seed, reads).follows();
                assert!(found.is_none_or(|follows| follows.evidence < most), "{reads} {seed}: {found:?}");
            }
        }
    }

    #[test]
    fn a_body_that_runs_once_for_each_read_of_the_list_is_no_loop() {
        let mut watch = pages(1, 0.0);
        let reads = watch.0.series[LIST].calls.clone();
        watch.0.series[BODY].calls = reads;
        assert_eq!(watch.follows(), None);
    }

    #[test]
    fn two_that_are_steady_prove_nothing_though_one_is_as_frequent_as_the_rows_of_the_other() {
        let (mut random, mut watch) = (fastrand::Rng::with_seed(7), Watch::new());
        for call in 0..6_000 {
            let mut at = || f64::from(call) * 0.005 + 0.05 * random.f64();
            watch.count(BODY, at(), 1);
            (call % 10 == 0).then(|| watch.count(LIST, at(), 10));
        }
        let found = watch.follows();
        assert!(found.is_none_or(|follows| follows.evidence < 4.0), "{found:?}");
    }

    #[test]
    fn a_few_seconds_prove_nothing() {
        let mut watch = pages(1, 0.0);
        watch.0.seconds.truncate(60);
        assert_eq!(watch.follows(), None);
    }
}
