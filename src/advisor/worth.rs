//! Whether an index earns its keep beside the others of a set.

use super::objective::{Objective, Set};
use super::statement::Mask;
use crate::what_if::{Basis, Design};

/// Share of one statement's time below which nobody notices.
const NOTICED: f64 = 0.20;
/// Share of one statement's time that is within the error of the planner's figures: no loss, as it would be no gain. Where
/// the storage is given, of the time that it would still take: two small figures are as far apart as two large ones.
const WITHIN_ERROR: f64 = 0.03;
/// Share of the workload's time that is worth an index though no single statement gains as much; a planner's word only.
const BROAD: f64 = 0.005;
/// The same where the storage is given: who says how much may be spent wants it spent, the best uses first.
const BROAD_WITHIN_BUDGET: f64 = 0.001;
/// Share of its own saving that an index must add to another one with the same first key.
const BESIDE_ALIKE: f64 = 0.20;

/// Whether the set would be missing something without this one.
pub fn earns(objective: &Objective, chosen: &Set, design: usize) -> bool {
    let lost = lost(objective, chosen, design);
    let total: f64 = lost.iter().map(|loss| loss.ms).sum();
    let noticed = lost.iter().any(|loss| loss.share >= NOTICED);
    let planned = lost.iter().filter(|loss| loss.planned).map(|loss| loss.ms).sum::<f64>();
    let all: f64 = objective.statements.iter().map(|statement| statement.total_ms).sum();
    let broad = if objective.limits.bytes.is_some() { BROAD_WITHIN_BUDGET } else { BROAD };
    let alike = chosen.iter().any(|other| *other != design && begin_alike(objective, *other, design));
    let enough = if alike { objective.alone(design) * BESIDE_ALIKE } else { 0.0 };
    total > objective.price(design) && total >= enough && (noticed || planned >= all * broad)
}

/// What one statement would lose.
struct Loss {
    /// Share of its time.
    share: f64,
    /// Of the window.
    ms: f64,
    /// A planner answered.
    planned: bool,
}

fn lost(objective: &Objective, chosen: &Set, design: usize) -> Vec<Loss> {
    let given = objective.limits.bytes.is_some();
    let loss = |(position, bit): &(usize, Mask)| {
        let statement = &objective.statements[*position];
        let with = objective.mask(*position, chosen);
        let without = objective.saved_on(*position, with & !bit);
        let ms = objective.saved_on(*position, with) - without;
        let share = if statement.total_ms > 0.0 { ms / statement.total_ms } else { 0.0 };
        let least = WITHIN_ERROR * (statement.total_ms - if given { without } else { 0.0 });
        let ms = if (0.0..least).contains(&ms) { 0.0 } else { ms };
        Loss { share, ms, planned: statement.basis != Basis::Model }
    };
    objective.places(design).iter().map(loss).collect()
}

/// Whether both narrow by the same first key.
fn begin_alike(objective: &Objective, one: usize, other: usize) -> bool {
    let of = |design: usize| -> &Design { objective.designs[design] };
    (of(one).table_oid, &of(one).method, &of(one).predicate)
        == (of(other).table_oid, &of(other).method, &of(other).predicate)
        && of(one).keys.first() == of(other).keys.first()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::objective::{Cost, Limits, View};
    use crate::advisor::statement::Statement;
    use crate::what_if::{Answer, DesignKey, Plan, Question};
    use crate::workload::Counters;

    /// Whether the second of two indexes earns its keep, when a statement that costs 1,000 costs so much with the first
    /// and with both, beside another one that takes so long.
    fn second_earns(first: f64, both: f64, other_ms: f64, limits: Limits) -> bool {
        let design = |name: &str| Design { table_oid: 1, keys: vec![DesignKey::column(name)], ..Design::default() };
        let (a, b) = (design("a"), design("b"));
        let told = |designs: &[&Design], cost: f64| {
            let designs: Vec<Design> = designs.iter().map(|one| (*one).clone()).collect();
            let used = (0..designs.len()).collect();
            let answer = Answer::one(Basis::Lab, Plan { cost, used, ..Plan::default() });
            (Question { query: 0, designs, without: Vec::new() }, answer)
        };
        let answers = vec![told(&[], 1_000.0), told(&[&a], first), told(&[&a, &b], both)];
        let counters = |total_ms: f64| Counters { calls: 10, total_ms, ..Counters::default() };
        let all = vec![&a, &b];
        let statements = vec![
            Statement::told(0, &counters(10_000.0), vec![0, 1], &all, answers),
            Statement::told(1, &counters(other_ms), Vec::new(), &all, Vec::new()),
        ];
        let objective = Objective::new(all.clone(), statements, vec![Cost::default(); 2], limits, 10_000.0 + other_ms);
        earns(&objective.viewed(View::Sure), &Set::from([0, 1]), 1)
    }

    #[test]
    fn what_an_index_adds_within_the_error_of_a_plan_does_not_count() {
        for (first, both, expected) in [(500.0, 100.0, true), (150.0, 100.0, true), (110.0, 100.0, false)] {
            assert_eq!(second_earns(first, both, 0.0, Limits::default()), expected, "{first} {both}");
        }
        let budget = Limits { bytes: Some(1_000_000), count: None };
        for (first, both, expected) in [(125.0, 100.0, true), (900.0, 880.0, false)] {
            assert_eq!(second_earns(first, both, 0.0, budget), expected, "{first} {both} within a budget");
        }
    }

    #[test]
    fn a_given_storage_is_spent_on_less_than_an_open_one() {
        let budget = Limits { bytes: Some(1_000_000), count: None };
        let few = Limits { bytes: None, count: Some(5) };
        // a tenth of a statement that takes one part in thirty of the time, or in three hundred
        for (other_ms, limits, expected) in [
            (290_000.0, Limits::default(), false),
            (290_000.0, few, false),
            (290_000.0, budget, true),
            (2_990_000.0, budget, false),
        ] {
            assert_eq!(second_earns(500.0, 400.0, other_ms, limits), expected, "{other_ms} {limits:?}");
        }
    }
}
