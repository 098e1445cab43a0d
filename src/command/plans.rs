//! The server's own plans of its busiest statements, in the snapshot: a lab is checked against them.

use crate::server::Session;
use crate::snapshot::{Gap, Snapshot};
use crate::what_if::ask;
use crate::workload::Workload;

/// Statements whose plan is kept, the busiest: each costs the server one EXPLAIN.
const PLANS: usize = 100;

/// Adds the plans; where the server gives none of them, a gap says so.
pub async fn add(session: &mut Session, snapshot: &mut Snapshot) {
    let workload = Workload::build(snapshot);
    snapshot.reference_plans = ask::reference_plans(session, snapshot, &workload, PLANS).await;
    let could = workload.queries.iter().any(|query| query.toplevel && !query.tables.is_empty());
    if snapshot.reference_plans.is_empty() && could {
        snapshot.gaps.push(Gap {
            what: "reference-plans".to_owned(),
            why: "the server gave no plan of any statement to this role".to_owned(),
            remedy: Some(
                "`pgassay doctor` shows the grants that it lacks; EXPLAIN needs the right to read the tables"
                    .to_owned(),
            ),
        });
    }
}
