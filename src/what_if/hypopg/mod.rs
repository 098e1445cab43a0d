//! The planner's own answer through `HypoPG`, on the audited server and in one backend.
//!
//! Each question is one read-only transaction that is rolled back: plan, make the
//! hypothetical indexes, plan again, forget them. Hypothetical indexes live in the
//! backend's memory and are seen by EXPLAIN alone. A statement that cannot be planned
//! is answered by the model, with the server's words as the reason.

mod plan;
mod script;

use super::{Answer, Basis, Question, model};
use crate::server::{ServerError, Session};
use crate::snapshot::Snapshot;
use crate::workload::Workload;
use script::{Refused, Script};

/// `insufficient_privilege`: EXPLAIN of a write needs the right to write.
const DENIED: &str = "42501";

/// One answer for each question; all `None` where the extension is not installed.
///
/// An answer whose basis is still the model says in its note why the planner gave none.
pub async fn answer(
    session: &mut Session,
    snapshot: &Snapshot,
    workload: &Workload,
    questions: &[Question],
) -> Vec<Option<Answer>> {
    let Some(schema) = script::schema(snapshot) else { return vec![None; questions.len()] };
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        answers.push(Some(one(session, snapshot, workload, question, &schema).await));
    }
    // what an error left behind; a backend without the extension has nothing to forget
    session.transaction(&[script::reset(&schema)]).await.ok();
    answers
}

async fn one(
    session: &mut Session,
    snapshot: &Snapshot,
    workload: &Workload,
    question: &Question,
    schema: &str,
) -> Answer {
    match ask(session, snapshot, workload, question, schema).await {
        Ok(answer) => answer,
        Err(why) => Answer { note: Some(why), ..model::answer(snapshot, workload, question) },
    }
}

async fn ask(
    session: &mut Session,
    snapshot: &Snapshot,
    workload: &Workload,
    question: &Question,
    schema: &str,
) -> Result<Answer, String> {
    let query = &workload.queries[question.query];
    let script = Script::new(snapshot, query, question, schema).map_err(|refused| refused.to_string())?;
    let answers = match run(session, &script).await {
        Err(error) if error.sqlstate() == Some(DENIED) => {
            let reading = script.reading().ok_or(Refused::Denied).map_err(|refused| refused.to_string())?;
            run(session, &reading).await
        }
        other => other,
    };
    let answers = answers.map_err(|error| format!("the server could not plan it: {error}"))?;
    understood(&script, &answers).ok_or_else(|| Refused::Plan.to_string())
}

async fn run(session: &mut Session, script: &Script) -> Result<Vec<Vec<String>>, ServerError> {
    let answers = session.transaction(&script.statements()).await;
    if answers.is_err() {
        // prepared statements outlive a rollback; one that was not reached is not there to drop
        for forget in script.forgotten() {
            session.transaction(&[forget]).await.ok();
        }
    }
    answers
}

fn understood(script: &Script, answers: &[Vec<String>]) -> Option<Answer> {
    let (before, created, after) = script.places();
    let text = |place: usize| answers.get(place)?.first();
    let (before, after) = (plan::read(text(before)?)?, plan::read(text(after)?)?);
    let oids: Vec<&String> = created.map(text).collect::<Option<_>>()?;
    let planned = |oid: &&String| after.hypothetical.contains(oid.as_str());
    let used = script.asked.iter().zip(&oids).filter(|(_, oid)| planned(oid)).map(|(position, _)| *position).collect();
    Some(Answer { basis: Basis::Hypopg, before: before.cost, after: after.cost, used, note: None })
}
