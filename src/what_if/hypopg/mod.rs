//! The planner's own answer through `HypoPG`, on the audited server and in one backend.
//!
//! Hypothetical indexes live in the backend's memory and are seen by EXPLAIN alone. Many
//! questions share a read-only transaction; the indexes of one are forgotten before the
//! next, and the last before its end: a pooler hands the backend on to others, whose
//! EXPLAIN would see them. `HypoPG` knows B-trees, hash and BRIN, and takes every B-tree
//! for larger than it would be.

mod imagine;

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{self, Asked, Explain, Found, Place, PlanNodes, Planner, Refused};
use super::{Answer, Basis, Design, Question, model};
use crate::server::Session;
use crate::snapshot::Snapshot;
use crate::workload::{Query, Workload};
use imagine::{Imagined, imagined};
pub use imagine::{beyond, imagines};

/// Questions in one transaction: an error costs them all another one.
const BATCH: usize = 16;

/// `HypoPG` on the audited server.
#[derive(Debug, Clone)]
pub struct Hypopg {
    schema: String,
    hides: bool,
    explain: Explain,
}

/// One answer for each question; all `None` where the extension is not installed.
///
/// A statement is answered for by one judge alone: where the planner cannot, or where one of its questions is about
/// an index that `HypoPG` cannot imagine and that would help it, the model answers all of them and says why.
pub async fn answer(
    session: &mut Session,
    snapshot: &Snapshot,
    workload: &Workload,
    questions: &[Question],
) -> Vec<Option<Answer>> {
    let Some(mut hypopg) = Hypopg::of(snapshot) else { return vec![None; questions.len()] };
    let mut statements: BTreeMap<usize, Result<Asked, String>> = BTreeMap::new();
    for query in questions.iter().map(|question| question.query).collect::<BTreeSet<usize>>() {
        let of_statement = questions.iter().filter(|one| one.query == query).flat_map(|one| &one.designs);
        let helps = |design: &&Design| !imagines(design) && model::would_use(snapshot, workload, query, design);
        let asked = match of_statement.into_iter().find(helps) {
            Some(design) => Err(Refused::Unable { why: beyond(design) }),
            None => hypopg.prepare(session, snapshot, &workload.queries[query]).await,
        };
        statements.insert(query, asked.map_err(|refused| refused.to_string()));
    }
    let able: Vec<(&Question, &Asked)> =
        questions.iter().filter_map(|one| Some((one, statements[&one.query].as_ref().ok()?))).collect();
    let mut answers = hypopg.ask(session, snapshot, &able).await.into_iter();
    let modelled = |question: &Question, why: &String| Answer {
        note: Some(why.clone()),
        ..model::answer(snapshot, workload, question)
    };
    questions
        .iter()
        .map(|question| match &statements[&question.query] {
            Ok(_) => answers.next(),
            Err(why) => Some(modelled(question, why)),
        })
        .collect()
}

impl Hypopg {
    /// `None` where the extension is not installed.
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        let extension = snapshot.extensions.iter().find(|extension| extension.name == "hypopg")?;
        let mut version = extension.version.split('.').map_while(|part| part.parse::<u32>().ok());
        let version = (version.next().unwrap_or(0), version.next().unwrap_or(0));
        Some(Self {
            schema: crate::ident::quoted(&extension.schema),
            hides: version >= (1, 4),
            explain: Explain::of(snapshot.server.major()),
        })
    }

    /// Finds out how a statement is to be asked about.
    pub async fn prepare(
        &mut self,
        session: &mut impl Planner,
        snapshot: &Snapshot,
        query: &Query,
    ) -> Result<Asked, Refused> {
        let before = Place::Server.before(snapshot, query);
        ask::prepare(session, &mut self.explain, snapshot, query, (before, Place::Server.manner())).await
    }

    /// One answer for each question. One that the planner gave none for has no plans and says why.
    pub async fn ask(
        &mut self,
        session: &mut impl Planner,
        snapshot: &Snapshot,
        questions: &[(&Question, &Asked)],
    ) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(questions.len());
        for batch in questions.chunks(BATCH) {
            match self.together(session, snapshot, batch).await {
                Some(found) => answers.extend(found),
                None => {
                    for question in batch {
                        answers.push(self.alone(session, snapshot, question).await);
                    }
                }
            }
        }
        answers
    }

    /// Nothing is imagined and nothing hidden.
    fn reset(&self) -> Vec<String> {
        let unhide = format!("SELECT {}.hypopg_unhide_all_indexes()::text", self.schema);
        let reset = format!("SELECT {}.hypopg_reset()::text", self.schema);
        [reset].into_iter().chain(self.hides.then_some(unhide)).collect()
    }

    /// Prepared statements and hypothetical indexes outlive a rollback; a statement that was not reached is not there
    /// to drop. At once: a pooler most often gives the backend to whoever comes next.
    async fn forget(&self, session: &mut impl Planner, scripts: &[Imagined]) {
        // where this fails the backend is gone, and all of it with it
        session.run(&self.reset()).await.ok();
        for name in scripts.iter().filter_map(|script| script.prepared.as_ref()) {
            session.run(&[format!("DEALLOCATE {name}")]).await.ok();
        }
    }

    /// `None` where any of them fails.
    async fn together(
        &mut self,
        session: &mut impl Planner,
        snapshot: &Snapshot,
        batch: &[(&Question, &Asked)],
    ) -> Option<Vec<Answer>> {
        let scripts: Vec<Imagined> =
            batch.iter().map(|one| imagined(self, snapshot, one.0, one.1)).collect::<Result<_, _>>().ok()?;
        let asked = scripts.iter().flat_map(|script| script.statements.clone());
        let statements: Vec<String> = asked.chain(self.reset()).collect();
        let Ok(answers) = session.run(&statements).await else {
            self.forget(session, &scripts).await;
            return None;
        };
        let (mut rest, mut found) = (answers.as_slice(), Vec::new());
        for ((question, asked), script) in batch.iter().zip(&scripts) {
            let (own, after) = rest.split_at(script.statements.len());
            rest = after;
            found.push(understood(snapshot, question, asked, script, own)?);
        }
        Some(found)
    }

    async fn alone(
        &mut self,
        session: &mut impl Planner,
        snapshot: &Snapshot,
        (question, asked): &(&Question, &Asked),
    ) -> Answer {
        let refused =
            |refused: &Refused| Answer { basis: Basis::Hypopg, note: Some(refused.to_string()), ..Answer::default() };
        let script = match imagined(self, snapshot, question, asked) {
            Ok(script) => script,
            Err(why) => return refused(&why),
        };
        match session.run(&[script.statements.clone(), self.reset()].concat()).await {
            Ok(answers) => {
                understood(snapshot, question, asked, &script, &answers).unwrap_or_else(|| refused(&Refused::Plan))
            }
            Err(error) => {
                self.forget(session, std::slice::from_ref(&script)).await;
                refused(&Refused::of(&error))
            }
        }
    }
}

fn understood(
    snapshot: &Snapshot,
    question: &Question,
    asked: &Asked,
    script: &Imagined,
    answers: &[Vec<String>],
) -> Option<Answer> {
    let oids = script.created.map(|place| answers[place].as_slice()).unwrap_or_default();
    let position = |name: &str| {
        let oid = name.strip_prefix('<')?.split_once('>')?.0;
        script.designs.get(oids.iter().position(|one| one == oid)?).copied()
    };
    let of_index = |name: &ask::IndexName| {
        let design = position(&name.index).map(Found::Design);
        design.or_else(|| ask::existing(snapshot, name).map(Found::Existing))
    };
    let plan = |(place, parameters)| {
        let nodes = PlanNodes::read(answers.get::<usize>(place)?.first()?)?;
        Some(ask::plan(snapshot, question, parameters, &nodes, of_index))
    };
    let plans: Option<Vec<_>> = script.plans.iter().copied().zip(asked.parameters()).map(plan).collect();
    Some(Answer { basis: Basis::Hypopg, plans: plans?, note: script.note.clone() })
}
