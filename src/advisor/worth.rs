//! Whether an index earns its keep beside the others of a set.

use super::objective::{Objective, Set};
use super::statement::Mask;
use crate::what_if::{Basis, Design};

/// Share of one statement's time below which nobody notices.
const NOTICED: f64 = 0.20;
/// Share of the workload's time that is worth an index though no single statement gains as much; a planner's word only.
const BROAD: f64 = 0.005;
/// Share of its own saving that an index must add to another one with the same first key.
const BESIDE_ALIKE: f64 = 0.20;

/// Whether the set would be missing something without this one.
pub fn earns(objective: &Objective, chosen: &Set, design: usize) -> bool {
    let lost = lost(objective, chosen, design);
    let total: f64 = lost.iter().map(|loss| loss.ms).sum();
    let noticed = lost.iter().any(|loss| loss.share >= NOTICED);
    let planned = lost.iter().filter(|loss| loss.planned).map(|loss| loss.ms).sum::<f64>();
    let all: f64 = objective.statements.iter().map(|statement| statement.total_ms).sum();
    let alike = chosen.iter().any(|other| *other != design && begin_alike(objective, *other, design));
    let enough = if alike { objective.alone(design) * BESIDE_ALIKE } else { 0.0 };
    total > objective.price(design) && total >= enough && (noticed || planned >= all * BROAD)
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
    let loss = |(position, bit): &(usize, Mask)| {
        let statement = &objective.statements[*position];
        let with = objective.mask(*position, chosen);
        let ms = objective.saved_on(*position, with) - objective.saved_on(*position, with & !bit);
        let share = if statement.total_ms > 0.0 { ms / statement.total_ms } else { 0.0 };
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
