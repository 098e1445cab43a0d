//! What the times of the statements on an index's table say of it.

use crate::report::{Proof, ProofStatement};

/// So much slower counts, as a factor, and only from so many ms on: below that lies the noise of a machine.
const SLOWER: f64 = 1.1;
const NOISE_MS: f64 = 0.2;
/// Faster counts from here on, where fewer blocks bear it out; by the clock alone from the second on.
const FASTER: f64 = 0.95;
const MUCH_FASTER: f64 = 0.8;
/// The second witness: so many more blocks, or other blocks and a time that no noise explains.
const MORE_BLOCKS: f64 = 1.02;
const MUCH_SLOWER: f64 = 1.5;

/// A statement timed without and with the index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timed {
    /// For the report.
    pub figures: ProofStatement,
    /// Its calls in the workload.
    pub calls: u64,
    /// It writes: an index always costs that something, which the advice has weighed already.
    pub writes: bool,
}

impl Timed {
    /// Slower by the clock alone: worth looking again.
    pub fn looks_slower(&self) -> bool {
        let (before, after) = (self.figures.before_ms, self.figures.after_ms);
        after > before * SLOWER && after - before > NOISE_MS
    }

    fn is_slower(&self) -> bool {
        let (before, after) = (self.figures.blocks_before, self.figures.blocks_after);
        // the same blocks are the same plan: then it was the machine that was slower
        let much = after != before && self.figures.after_ms > self.figures.before_ms * MUCH_SLOWER;
        self.looks_slower() && (after as f64 > before as f64 * MORE_BLOCKS || much)
    }

    fn is_faster(&self) -> bool {
        let figures = &self.figures;
        let share = figures.after_ms / figures.before_ms.max(1e-6);
        share <= MUCH_FASTER || share <= FASTER && figures.blocks_after < figures.blocks_before
    }

    /// The same, helped or not.
    pub fn of(mut self, helped: bool) -> Self {
        self.figures.helped = helped;
        self
    }

    /// Time that all its calls save; negative: cost.
    fn saved(&self) -> f64 {
        (self.figures.before_ms - self.figures.after_ms) * self.calls as f64
    }
}

/// Why an index should not be advised, in a sentence without a full stop; `None`: it holds.
pub fn against(timed: &[Timed]) -> Option<String> {
    let slower = timed.iter().filter(|one| !one.writes && one.is_slower());
    if let Some(worst) = slower.max_by(|one, two| (-one.saved()).total_cmp(&-two.saved())) {
        let figures = &worst.figures;
        return Some(format!(
            "built on the clone, it made statement {} slower: {:.2} ms before, {:.2} ms after, {} blocks before, {} after",
            figures.statement, figures.before_ms, figures.after_ms, figures.blocks_before, figures.blocks_after
        ));
    }
    let count = helped(timed).count();
    if count == 0 {
        return None;
    }
    if !helped(timed).any(Timed::is_faster) {
        return Some(format!("built on the clone, it made none of {count} statements faster"));
    }
    let balance: f64 = timed.iter().filter(|one| one.writes || one.figures.helped).map(Timed::saved).sum();
    (balance < 0.0).then(|| "built on the clone, it cost writes more time than it saved reads".to_owned())
}

/// Statements that took longer at the same blocks: that may be the machine, and is told.
pub fn slower_by_the_clock_alone(timed: &[Timed]) -> Vec<String> {
    let slower = timed.iter().filter(|one| !one.writes && one.looks_slower() && !one.is_slower());
    let told = |one: &Timed| {
        let figures = &one.figures;
        format!(
            "on the clone statement {} took {:.2} ms in place of {:.2}, though it read {} blocks in place of {}",
            figures.statement, figures.after_ms, figures.before_ms, figures.blocks_after, figures.blocks_before
        )
    };
    slower.map(told).collect()
}

/// The figures of a report.
pub fn proof(timed: &[Timed]) -> Proof {
    let sum = |of: fn(&ProofStatement) -> f64| helped(timed).map(|one| of(&one.figures)).sum::<f64>();
    let blocks = |of: fn(&ProofStatement) -> u64| helped(timed).map(|one| of(&one.figures)).sum::<u64>();
    Proof {
        before_ms: sum(|one| one.before_ms),
        after_ms: sum(|one| one.after_ms),
        blocks_before: blocks(|one| one.blocks_before),
        blocks_after: blocks(|one| one.blocks_after),
        statements: timed.iter().map(|one| one.figures.clone()).collect(),
    }
}

fn helped(timed: &[Timed]) -> impl Iterator<Item = &Timed> {
    timed.iter().filter(|one| one.figures.helped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(helped: bool, writes: bool, before: (f64, u64), after: (f64, u64)) -> Timed {
        let figures = ProofStatement {
            statement: "s".to_owned(),
            helped,
            before_ms: before.0,
            after_ms: after.0,
            blocks_before: before.1,
            blocks_after: after.1,
        };
        Timed { figures, calls: 10, writes }
    }

    #[test]
    fn an_index_falls_when_a_statement_got_slower_or_none_got_faster() {
        let good = || timed(true, false, (10.0, 900), (0.1, 4));
        for (others, falls) in [
            (vec![], false),
            (vec![timed(false, false, (10.0, 50), (30.0, 5000))], true),
            (vec![timed(false, false, (10.0, 50), (30.0, 50))], false),
            (vec![timed(false, false, (10.0, 50), (30.0, 49))], true),
            (vec![timed(false, false, (0.10, 5), (0.15, 9))], false),
            (vec![timed(false, true, (1.0, 50), (2.0, 60))], false),
            (vec![timed(false, true, (1.0, 50), (20.0, 60))], true),
        ] {
            let all = [vec![good()], others].concat();
            assert_eq!(against(&all).is_some(), falls, "{all:?}");
        }
        for (after, falls) in [((10.0, 90), true), ((8.5, 90), true), ((8.5, 80), false), ((5.0, 90), false)] {
            assert_eq!(against(&[timed(true, false, (10.0, 90), after)]).is_some(), falls, "{after:?}");
        }
    }

    #[test]
    fn a_statement_that_is_slower_by_the_clock_alone_is_told() {
        for (after, told) in [((13.0, 50), true), ((10.5, 50), false), ((13.0, 60), false)] {
            let slower = slower_by_the_clock_alone(&[timed(false, false, (10.0, 50), after)]);
            assert_eq!(slower.len() == 1, told, "{slower:?}");
        }
    }
}
