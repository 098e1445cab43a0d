//! What the times of the statements on the tables of a group of indexes say of it.

use std::collections::BTreeSet;

use super::group::Member;
use crate::report::{Proof, ProofStatement};

/// So much slower counts, as a factor, and only from so many ms on: below that lies the noise of a machine.
const SLOWER: f64 = 1.1;
const NOISE_MS: f64 = 0.2;
/// Faster counts from here on, with fewer blocks as its witness.
const FASTER: f64 = 0.95;
/// Without them from here on, with an index of the group in the plan.
const MUCH_FASTER: f64 = 0.8;
/// The second witness: so many more blocks, or other blocks and a time that no noise explains.
const MORE_BLOCKS: f64 = 1.02;
const MUCH_SLOWER: f64 = 1.5;

/// A statement timed without and with the indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timed {
    /// For the report.
    pub figures: ProofStatement,
    /// Its calls in the workload.
    pub calls: u64,
    /// It writes: an index always costs that something, which the advice has weighed already.
    pub writes: bool,
    /// Numbers of the indexes on whose tables it works.
    pub concerns: BTreeSet<usize>,
    /// Numbers of the indexes in its plan.
    pub uses: BTreeSet<usize>,
}

impl Timed {
    /// As an index of the group sees it; `None` where it does not concern that index.
    pub fn of(&self, member: &Member) -> Option<Self> {
        let mut own = Some(self).filter(|one| one.concerns.contains(&member.number)).cloned()?;
        own.figures.helped = member.wanted.contains(&own.figures.statement);
        Some(own)
    }

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

    /// Much faster at no fewer blocks: worth looking again.
    pub fn is_faster_by_the_clock(&self) -> bool {
        let (before, after) = (self.figures.before_ms, self.figures.after_ms);
        let much = after < before * MUCH_FASTER && before - after > NOISE_MS;
        much && !self.uses.is_empty() && !self.has_fewer_blocks()
    }

    fn has_fewer_blocks(&self) -> bool {
        self.figures.blocks_after as f64 * MORE_BLOCKS < self.figures.blocks_before as f64
    }

    fn is_faster(&self) -> bool {
        let is_seen = self.figures.after_ms <= self.figures.before_ms * FASTER;
        is_seen && self.has_fewer_blocks() || self.is_faster_by_the_clock()
    }

    /// Time that all its calls save; negative: cost.
    fn saved(&self) -> f64 {
        (self.figures.before_ms - self.figures.after_ms) * self.calls as f64
    }
}

/// The statement that indexes made slower, in a sentence without a full stop.
pub fn slower(timed: &[Timed], indexes: usize) -> Option<String> {
    let slower = timed.iter().filter(|one| !one.writes && one.is_slower());
    let worst = slower.max_by(|one, two| (-one.saved()).total_cmp(&-two.saved()))?;
    let figures = &worst.figures;
    Some(format!(
        "{} made statement {} slower: {:.2} ms before, {:.2} ms after, {} blocks before, {} after",
        built(indexes),
        figures.statement,
        figures.before_ms,
        figures.after_ms,
        figures.blocks_before,
        figures.blocks_after
    ))
}

/// Why indexes are not worth it: nothing got faster, or writes pay more than reads gain.
pub fn useless(timed: &[Timed], indexes: usize) -> Option<String> {
    let count = helped(timed).count();
    if count == 0 {
        return None;
    }
    if !helped(timed).any(Timed::is_faster) {
        return Some(format!("{} made none of {count} statements faster", built(indexes)));
    }
    let balance: f64 = timed.iter().filter(|one| one.writes || one.figures.helped).map(Timed::saved).sum();
    (balance < 0.0).then(|| format!("{} cost writes more time than saved for reads", built(indexes)))
}

/// Numbers of the indexes of a group that no plan of its statements uses, where all that they should help were timed.
pub fn unused(group: &[Member], timed: &[Timed]) -> BTreeSet<usize> {
    // what an index alone is worth, the figures say
    let judged = group.iter().filter(|_| group.len() > 1);
    let is_unused = |member: &&Member| {
        let is_timed = |wanted: &String| timed.iter().any(|one| one.figures.statement == *wanted);
        member.wanted.iter().all(is_timed) && !helped(timed).any(|one| one.uses.contains(&member.number))
    };
    judged.filter(is_unused).map(|member| member.number).collect()
}

/// What the clock alone holds against an index: the same blocks are the same work, so it stays, but this is said.
pub fn remarks(timed: &[Timed]) -> Vec<String> {
    let doubtful = timed.iter().filter(|one| !one.writes && one.looks_slower() && !one.is_slower());
    let told = doubtful.map(|one| {
        let figures = &one.figures;
        let (before, after) = (figures.before_ms, figures.after_ms);
        let blocks = match (figures.blocks_before, figures.blocks_after) {
            (before, after) if before == after => format!("at the same {after} blocks"),
            (before, after) => format!("at {before} blocks before, {after} after"),
        };
        let percent = (after / before.max(1e-6) - 1.0) * 100.0;
        format!(
            "built on the clone, statement {} was slower by {percent:.0} %, {blocks}: {before:.2} ms before, {after:.2} ms \
             after, which may be the machine's doing",
            figures.statement
        )
    });
    told.collect()
}

fn built(indexes: usize) -> String {
    match indexes {
        1 => "built on the clone, it".to_owned(),
        many => format!("built on the clone together, the {many} indexes that help the same statements"),
    }
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
        Timed { figures, calls: 10, writes, concerns: BTreeSet::from([0]), uses: BTreeSet::from([0]) }
    }

    fn against(timed: &[Timed]) -> Option<String> {
        slower(timed, 1).or_else(|| useless(timed, 1))
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
        assert!(against(&[timed(true, false, (10.0, 90), (10.0, 90))]).is_some());
    }

    #[test]
    fn faster_wants_fewer_blocks_or_far_less_time_with_the_index_in_the_plan() {
        for (before, after, is_faster) in [
            ((7.96, 1539), (6.55, 1539), false),
            ((7.96, 1539), (7.0, 1500), true),
            ((7.96, 1539), (7.0, 1538), false),
            ((7.96, 1539), (7.9, 10), false),
            ((7.96, 1539), (3.0, 1539), true),
            ((7.96, 1539), (3.0, 1700), true),
            ((0.20, 4), (0.10, 4), false),
        ] {
            let one = timed(true, false, before, after);
            assert_eq!(useless(std::slice::from_ref(&one), 1).is_none(), is_faster, "{one:?}");
        }
        let elsewhere = Timed { uses: BTreeSet::new(), ..timed(true, false, (7.96, 1539), (3.0, 1539)) };
        assert!(useless(&[elsewhere], 1).is_some(), "another plan's time is no proof");
    }

    #[test]
    fn what_only_the_clock_calls_slower_is_said() {
        let told = remarks(&[timed(false, false, (10.0, 50), (13.0, 50))]);
        assert!(told[0].contains("statement s was slower by 30 %, at the same 50 blocks"), "{told:?}");
        let told = remarks(&[timed(false, false, (10.0, 100), (13.0, 101))]);
        assert!(told[0].contains("at 100 blocks before, 101 after"), "{told:?}");
        for (before, after) in [((10.0, 50), (10.5, 50)), ((0.1, 50), (0.2, 50)), ((10.0, 50), (13.0, 90))] {
            let one = timed(false, false, before, after);
            assert_eq!(remarks(std::slice::from_ref(&one)), [""; 0], "{one:?}");
        }
        assert_eq!(remarks(&[timed(false, true, (10.0, 50), (13.0, 50))]), [""; 0], "writes are weighed");
    }

    #[test]
    fn of_a_group_what_no_plan_uses_falls_and_only_where_its_statements_ran() {
        let member = |number: usize, wanted: &[&str]| Member {
            number,
            wanted: wanted.iter().map(|one| (*one).to_owned()).collect(),
            ..Member::default()
        };
        let ran = [timed(true, false, (10.0, 900), (0.1, 4))];
        assert_eq!(unused(&[member(0, &["s"]), member(1, &["s"])], &ran), BTreeSet::from([1]));
        assert_eq!(unused(&[member(0, &["s"]), member(1, &["s", "not run"])], &ran), BTreeSet::new());
        assert_eq!(unused(&[member(1, &["s"])], &ran), BTreeSet::new(), "one alone is judged by its figures");
    }
}
