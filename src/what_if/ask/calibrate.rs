//! Constants for a statement's parameters with which the planner expects the rows that a call was seen to return.
//!
//! The plan for any value is blind to what the values are: it never takes a pattern to
//! begin without a wildcard, and a range to be a third of the table. So a few draws from the
//! statistics are planned once, and the one nearest to the measured rows stands for the
//! statement from then on.

use std::collections::{BTreeMap, BTreeSet};

use super::roles::{Role, roles};
use super::values::{DRAWS, Drawn, draw, known_to_server};
use super::{Accepted, Constant, Explain, PlanNodes, Planner, Text, run};
use crate::snapshot::Snapshot;
use crate::workload::{Comparison, Query};

/// Steps through the draws, one for each column, so that columns take their draws in different orders.
const STRIDES: [usize; 6] = [1, 3, 5, 9, 11, 13];
/// Two plans are one when neither cost nor rows differ by more than this share.
const ALIKE: f64 = 0.01;

/// Values for all parameters of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constants {
    /// By number.
    pub values: BTreeMap<u32, Constant>,
    /// The parameter that decides, and how: see `Parameters::Calibrated`.
    pub what: String,
}

/// What a statement is calibrated by.
pub struct Calibration<'a> {
    /// Where the statistics are.
    pub snapshot: &'a Snapshot,
    /// The statement.
    pub query: &'a Query,
    /// Whether the planner has the statistics of the snapshot, tokens and all.
    pub own_statistics: bool,
}

/// One draw: a constant for each parameter, and what is known of it.
type Draw = (BTreeMap<u32, Constant>, BTreeMap<u32, Drawn>);

/// One draw with its plan.
struct Planned {
    values: BTreeMap<u32, Constant>,
    drawn: BTreeMap<u32, Drawn>,
    rows: f64,
    cost: f64,
}

impl Calibration<'_> {
    /// The constants; `None` where there are no parameters, no values for one of them, or where the plan is the same
    /// for any value.
    pub async fn constants(
        &self,
        planner: &mut impl Planner,
        explain: &mut Explain,
        before: &[String],
        accepted: &Accepted,
    ) -> Option<Constants> {
        let roles = roles(self.query);
        if accepted.text.parameters().is_empty() || !self.can_be_told(&roles) {
            return None;
        }
        let draws = self.draws(accepted, &roles)?;
        let generic = one(planner, before, &explain.generic(&accepted.text)).await?;
        let planned = plan(planner, explain, before, &accepted.text, draws).await;
        let best = self.nearest(planned)?;
        let near = |one: f64, two: f64| (one - two).abs() <= ALIKE * two.max(1.0);
        if near(best.cost, generic.cost()) && near(best.rows, generic.rows()) && !self.has_pattern(&roles) {
            return None;
        }
        Some(Constants { what: decides(&best.drawn), values: best.values })
    }

    /// Some constants that fit the statement, without asking which are nearest to its calls.
    pub fn any(&self, accepted: &Accepted) -> Option<BTreeMap<u32, Constant>> {
        Some(self.draws(accepted, &roles(self.query))?.into_iter().next()?.0)
    }

    fn can_be_told(&self, roles: &BTreeMap<u32, Role>) -> bool {
        let known = |role: &Role| match role {
            Role::Compared(compared) => known_to_server(self.snapshot, self.query, *compared),
            _ => true,
        };
        self.own_statistics || roles.values().all(known)
    }

    /// What a pattern or a container lets an index do depends on it even where the rows do not.
    fn has_pattern(&self, roles: &BTreeMap<u32, Role>) -> bool {
        roles.values().any(|role| match role {
            Role::Compared(one) => !matches!(
                self.query.predicates[one.predicate].comparison,
                Comparison::Equal | Comparison::In | Comparison::Range | Comparison::NotEqual
            ),
            _ => false,
        })
    }

    fn draws(&self, accepted: &Accepted, roles: &BTreeMap<u32, Role>) -> Option<Vec<Draw>> {
        let mut seen = BTreeSet::new();
        let mut draws = Vec::new();
        for number in 0..DRAWS {
            let drawn = self.draw(accepted, roles, number)?;
            let constant = |(parameter, one): (&u32, &Drawn)| {
                let of_type = accepted.types.get(parameter)?.clone();
                Some((*parameter, Constant { value: one.value.clone(), of_type }))
            };
            let values: BTreeMap<u32, Constant> = drawn.iter().map(constant).collect::<Option<_>>()?;
            if seen.insert(values.values().map(|one| one.value.clone()).collect::<Vec<_>>()) {
                draws.push((values, drawn));
            }
        }
        Some(draws)
    }

    fn draw(&self, accepted: &Accepted, roles: &BTreeMap<u32, Role>, number: usize) -> Option<BTreeMap<u32, Drawn>> {
        let one = |parameter: u32| {
            let role = roles.get(&parameter).unwrap_or(&Role::Other);
            let number = number * STRIDES[self.column(role) % STRIDES.len()] % DRAWS;
            let of_type = accepted.types.get(&parameter)?;
            Some((parameter, draw(self.snapshot, self.query, role, of_type, number)?))
        };
        accepted.text.parameters().into_iter().map(one).collect()
    }

    /// The first condition on the same column: both ends of a range are drawn together.
    fn column(&self, role: &Role) -> usize {
        let Role::Compared(one) = role else { return 0 };
        let operand = &self.query.predicates[one.predicate].operand;
        let same = |other: &crate::workload::Predicate| {
            other.operand.table_use == operand.table_use && other.operand.column == operand.column
        };
        self.query.predicates.iter().position(same).unwrap_or(0)
    }

    /// The draw whose rows are nearest to those of a call; of several, or where the rows tell nothing, the one of
    /// middling cost.
    fn nearest(&self, mut planned: Vec<Planned>) -> Option<Planned> {
        let measured = self.query.counters.measured_rows().filter(|_| !self.query.single_row_aggregate);
        let from = |one: &Planned, rows: f64| (one.rows.max(1.0) / rows.max(1.0)).ln().abs();
        let distance = |one: &Planned| measured.map_or(0.0, |rows| from(one, rows));
        let least = planned.iter().map(distance).min_by(f64::total_cmp)?;
        planned.retain(|one| distance(one) <= least + 1e-9);
        planned.sort_by(|one, two| one.cost.total_cmp(&two.cost));
        let middle = (planned.len() - 1) / 2;
        Some(planned.swap_remove(middle))
    }
}

/// All draws in one go; where one of them fails, one by one.
async fn plan(
    planner: &mut impl Planner,
    explain: &Explain,
    before: &[String],
    text: &Text,
    draws: Vec<Draw>,
) -> Vec<Planned> {
    let scripts: Vec<_> = draws.iter().filter_map(|(values, _)| explain.custom(text, values)).collect();
    if scripts.len() != draws.len() {
        return Vec::new();
    }
    let together: Vec<String> =
        before.iter().cloned().chain(scripts.iter().flat_map(|script| script.statements.clone())).collect();
    let plans: Vec<Option<PlanNodes>> = if let Ok(answers) = planner.run(&together).await {
        answers[before.len()..].iter().map(|rows| PlanNodes::read(rows.first()?)).collect()
    } else {
        let mut plans = Vec::with_capacity(scripts.len());
        for script in &scripts {
            plans.push(one(planner, before, script).await);
        }
        plans
    };
    let planned = draws.into_iter().zip(plans);
    planned
        .filter_map(|((values, drawn), plan)| plan.map(|plan| (values, drawn, plan)))
        .map(|(values, drawn, plan)| Planned { values, drawn, rows: plan.rows(), cost: plan.cost() })
        .collect()
}

async fn one(planner: &mut impl Planner, before: &[String], script: &super::Script) -> Option<PlanNodes> {
    PlanNodes::read(run(planner, before, script).await.ok()?.first()?)
}

/// The parameter whose value lets through the most unlike any value's share.
fn decides(drawn: &BTreeMap<u32, Drawn>) -> String {
    let unlike = |one: &Drawn| match one.share {
        _ if one.what.is_empty() => -1.0,
        Some(share) => (share.max(1e-9) / one.any.max(1e-9)).ln().abs(),
        // a pattern decides before a value that is like any other
        None => 1.0,
    };
    let most = drawn.iter().max_by(|one, two| unlike(one.1).total_cmp(&unlike(two.1)).then(two.0.cmp(one.0)));
    match most {
        Some((number, one)) if !one.what.is_empty() => format!("${number} {}", one.what),
        _ => "its parameters take the values that are usual for their types".to_owned(),
    }
}
