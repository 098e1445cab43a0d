//! How likely a body and a list are a loop: log-odds from call counts and shapes.

use super::relation::Relation;
use super::weights::WEIGHTS;
use crate::workload::{Kind, Query};

/// What speaks for one list being the parent of one body.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Index into `Workload::queries`.
    pub parent: usize,
    /// That statement.
    pub list: &'a Query,
    /// How its rows give the keys.
    pub relation: Relation,
    /// The table of the list that gives them.
    pub table: u32,
    /// A one-row read of the related table ran equally often.
    pub detail: bool,
}

/// A list with its score.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    /// Index into `Workload::queries`.
    pub parent: usize,
    /// What the model says, as log-odds; not what is printed.
    pub odds: f64,
    /// Child calls per parent call.
    pub fan_out: f64,
}

/// The probability that log-odds stand for.
pub fn probability(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

impl Scored {
    /// The likelier; of equals the earlier.
    pub fn better(self, other: Self) -> Self {
        if other.odds > self.odds { other } else { self }
    }
}

impl Evidence<'_> {
    /// Weighs it.
    pub fn scored(&self, child: &Query) -> Scored {
        let calls = child.counters.calls as f64;
        let fan_out = calls / self.list.counters.calls as f64;
        let ratio = calls / self.list.counters.rows as f64;
        let odds = self.shape(child) + counts(fan_out, ratio);
        Scored { parent: self.parent, odds, fan_out }
    }

    fn shape(&self, child: &Query) -> f64 {
        let weights = &WEIGHTS.log_odds;
        let shape = if child.kind == Kind::Insert { weights.single_row_insert } else { weights.key_shape };
        let signs = [
            (child.single_row_aggregate, weights.aggregate),
            (self.relation == Relation::Same, weights.same_table_list),
            (self.detail, weights.one_row_reader),
        ];
        weights.intercept + shape + weights.related_list + seen(&signs)
    }
}

fn counts(fan_out: f64, ratio: f64) -> f64 {
    let weights = &WEIGHTS.log_odds;
    let signs = [
        (fan_out >= WEIGHTS.min_fan_out, weights.fan_out),
        ((0.05..=1.15).contains(&ratio), weights.ratio_plausible),
        ((0.90..=1.03).contains(&ratio), weights.ratio_exact),
        (ratio > 1.15, weights.ratio_above),
    ];
    seen(&signs) + weights.log10_fan_out * fan_out.max(1.0).log10()
}

fn seen(signs: &[(bool, f64)]) -> f64 {
    signs.iter().filter(|(seen, _)| *seen).map(|(_, weight)| weight).sum()
}
