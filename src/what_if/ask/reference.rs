//! The server's own plans of its busiest statements, and whether another planner comes to the same.

use super::{Explain, Place, PlanNodes, Planner, Text, explained, plan, run};
use crate::snapshot::{ReferencePlan, Snapshot};
use crate::what_if::{Parameters, Plan, Question};
use crate::workload::{Query, Workload};

/// Two costs are one when EXPLAIN prints them alike, to the cent.
const CENT: f64 = 0.005;

/// How far a lab's plans are those of the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelfCheck {
    /// Statements of which the server's own plan is known and the lab's was made.
    pub asked: usize,
    /// Of them, those with the same cost to the cent.
    pub same_cost: usize,
    /// Of them, those with the same nodes.
    pub same_shape: usize,
    /// The others, the busiest first.
    pub differences: Vec<Difference>,
}

/// A statement that a lab plans otherwise than the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Fingerprint of the statement.
    pub fingerprint: String,
    /// What the server said.
    pub server: ReferencePlan,
    /// What the lab says; `None` where it has no plan.
    pub lab: Option<Plan>,
}

/// Generic plans of the busiest statements, as many as asked for; those without a plan are left out.
pub async fn reference_plans(
    server: &mut impl Planner,
    snapshot: &Snapshot,
    workload: &Workload,
    limit: usize,
) -> Vec<ReferencePlan> {
    let mut plans = Vec::new();
    let mut explain = Explain::of(Place::Server.major(snapshot));
    let busiest = workload.queries.iter().filter(|query| query.toplevel && !query.tables.is_empty());
    for query in busiest.take(limit) {
        let before = Place::Server.before(snapshot, query);
        if let Some(plan) = generic(server, &mut explain, (Place::Server, &before), snapshot, query).await {
            let (queryid, user) = (query.queryid, query.users.first().cloned());
            plans.push(ReferencePlan { queryid, user, as_user: true, cost: plan.cost, shape: plan.shape });
        }
    }
    plans
}

/// Asks a lab for the plans that the snapshot holds of its server, each with the settings that it was made with there.
pub async fn self_check(
    planner: &mut impl Planner,
    place: Place<'_>,
    snapshot: &Snapshot,
    workload: &Workload,
) -> SelfCheck {
    let mut check = SelfCheck::default();
    let mut explain = Explain::of(place.major(snapshot));
    for reference in &snapshot.reference_plans {
        let is_it =
            |query: &&Query| query.queryid == reference.queryid && query.users.first() == reference.user.as_ref();
        let Some(query) = workload.queries.iter().find(is_it) else { continue };
        let before =
            if reference.as_user { place.before(snapshot, query) } else { place.before_as_reader(snapshot, query) };
        let plan = generic(planner, &mut explain, (place, &before), snapshot, query).await;
        check.add(query, reference, plan);
    }
    check
}

impl SelfCheck {
    fn add(&mut self, query: &Query, reference: &ReferencePlan, plan: Option<Plan>) {
        let same_cost = plan.as_ref().is_some_and(|plan| (plan.cost - reference.cost).abs() < CENT);
        let same_shape = plan.as_ref().is_some_and(|plan| plan.shape == reference.shape);
        self.asked += 1;
        self.same_cost += usize::from(same_cost);
        self.same_shape += usize::from(same_shape);
        if !(same_cost && same_shape) {
            let (fingerprint, server) = (query.fingerprint.clone(), reference.clone());
            self.differences.push(Difference { fingerprint, server, lab: plan });
        }
    }
}

async fn generic(
    planner: &mut impl Planner,
    explain: &mut Explain,
    (place, before): (Place<'_>, &[String]),
    snapshot: &Snapshot,
    query: &Query,
) -> Option<Plan> {
    let text = Text::single(&query.text, place.manner().clock).ok()?;
    let accepted = explained(planner, explain, before, text).await.ok()?;
    let script = explain.generic(&accepted.text);
    let nodes = PlanNodes::read(run(planner, before, &script).await.ok()?.first()?)?;
    let question = Question::default();
    Some(plan(snapshot, &question, Parameters::Generic, &nodes, |name| place.index(snapshot, &question, name)))
}
