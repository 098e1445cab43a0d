//! One backend of a lab at its share of the work.

use crate::snapshot::Snapshot;
use crate::what_if::ask::{self, Asked, Explain, Place, Refused};
use crate::what_if::lab::{Lab, LabSession, Missing};
use crate::what_if::{Answer, Basis, Question};
use crate::workload::Query;

/// Work for each of several hands, in turns.
pub fn dealt<T>(work: Vec<T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::new()).collect();
    for (place, one) in work.into_iter().enumerate() {
        dealt[place % hands].push(one);
    }
    dealt
}

/// A statement as the lab takes it; not one that needs what the lab could not rebuild.
pub async fn taken(session: &mut LabSession, lab: &Lab, snapshot: &Snapshot, query: &Query) -> Result<Asked, Refused> {
    let uses = |missing: &&Missing| {
        query.tables.iter().any(|table| table.table_oid.is_some_and(|oid| missing.tables.contains(&oid)))
    };
    if let Some(missing) = lab.missing().iter().find(uses) {
        return Err(Refused::Unable { why: format!("the lab lacks {}: {}", missing.what, missing.why) });
    }
    let place = Place::Lab(lab);
    let how = (place.before(snapshot, query), place.manner());
    ask::prepare(session, &mut Explain::of(lab.major()), snapshot, query, how).await
}

pub async fn planned(
    session: &mut LabSession,
    explain: &mut Explain,
    lab: &Lab,
    snapshot: &Snapshot,
    (question, asked): (&Question, &Asked),
) -> Answer {
    let shown = [lab.show(&question.designs, &question.without)];
    match asked.ask(session, explain, &shown).await {
        Ok(found) => {
            let index = |name: &ask::IndexName| Place::Lab(lab).index(snapshot, question, name);
            let plan = |(parameters, nodes)| ask::plan(snapshot, question, parameters, &nodes, index);
            Answer { basis: Basis::Lab, plans: found.into_iter().map(plan).collect(), note: None }
        }
        Err(why) => Answer { basis: Basis::Lab, plans: Vec::new(), note: Some(why.to_string()) },
    }
}
