//! A statement as it is asked about, found out once and then the same for every question.

use super::calibrate::{Calibration, Constants};
use super::{Accepted, Explain, PlanNodes, Planner, Refused, Text, accepted, run};
use crate::server::ServerError;
use crate::snapshot::Snapshot;
use crate::what_if::Parameters;
use crate::workload::Query;

/// A statement that a planner takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Its text.
    pub text: Text,
    /// What goes before it: the search path and the like.
    pub before: Vec<String>,
    /// Values for its parameters, where they matter.
    pub constants: Option<Constants>,
}

/// What the planner is like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// It has a clock of its own, so that key words for the time have to become calls.
    pub clock: bool,
    /// It has the statistics of the snapshot, with the values that are in it.
    pub own_statistics: bool,
}

/// Finds out how a statement is to be asked about.
pub async fn prepare(
    planner: &mut impl Planner,
    explain: &mut Explain,
    snapshot: &Snapshot,
    query: &Query,
    (before, manner): (Vec<String>, Manner),
) -> Result<Asked, Refused> {
    let text = Text::single(&query.text, manner.clock)?;
    let accepted = explained(planner, explain, &before, text).await?;
    let calibration = Calibration { snapshot, query, own_statistics: manner.own_statistics };
    let constants = calibration.constants(planner, explain, &before, &accepted).await;
    Ok(Asked { text: accepted.text, before, constants })
}

/// The text that EXPLAIN takes: that of a write as its SELECT where the role may not write.
pub async fn explained(
    planner: &mut impl Planner,
    explain: &mut Explain,
    before: &[String],
    text: Text,
) -> Result<Accepted, Refused> {
    let found = accepted(planner, explain, before, text).await?;
    let script = explain.generic(&found.text);
    match run(planner, before, &script).await {
        Ok(_) => Ok(found),
        Err(ServerError::Denied { .. }) => {
            let reading = found.text.reading().ok_or(Refused::Denied)?;
            let found = accepted(planner, explain, before, reading).await?;
            let script = explain.generic(&found.text);
            run(planner, before, &script).await.map_err(|error| Refused::of(&error))?;
            Ok(found)
        }
        Err(error) => Err(Refused::of(&error)),
    }
}

impl Asked {
    /// How many plans each question is answered with.
    pub fn plans(&self) -> usize {
        1 + usize::from(self.constants.is_some())
    }

    /// The plans, with `shown` run in the same transaction before them.
    pub async fn ask(
        &self,
        planner: &mut impl Planner,
        explain: &mut Explain,
        shown: &[String],
    ) -> Result<Vec<(Parameters, PlanNodes)>, Refused> {
        let (statements, places, prepared) = self.statements(explain, shown);
        let answers = match planner.run(&statements).await {
            Ok(answers) => answers,
            Err(error) => {
                if let Some(name) = prepared {
                    planner.run(&[format!("DEALLOCATE {name}")]).await.ok();
                }
                return Err(Refused::of(&error));
            }
        };
        let read = |place: &usize| PlanNodes::read(answers.get(*place)?.first()?).ok_or(()).ok();
        let plans: Option<Vec<PlanNodes>> = places.iter().map(read).collect();
        let mut plans = plans.ok_or(Refused::Plan)?;
        if plans[0].is_cut() {
            let whole = self.whole(planner, explain, shown).await?;
            plans[0] = std::mem::take(&mut plans[0]).completed(whole);
        }
        Ok(self.parameters().into_iter().zip(plans).collect())
    }

    /// The plan for any value with all its partitions. Before 16 it is executed with NULL, which no partition of a hash or
    /// list passes, and EXPLAIN shows only those that are left.
    async fn whole(
        &self,
        planner: &mut impl Planner,
        explain: &mut Explain,
        shown: &[String],
    ) -> Result<PlanNodes, Refused> {
        let keep = "SET LOCAL enable_partition_pruning = off".to_owned();
        let before = [shown, &self.before, &[keep]].concat();
        let script = explain.generic(&self.text);
        let rows = run(planner, &before, &script).await.map_err(|error| Refused::of(&error))?;
        rows.first().and_then(|json| PlanNodes::read(json)).ok_or(Refused::Plan)
    }

    /// All that is sent for a question, where its plans are among the answers, and what it prepares.
    pub fn statements(&self, explain: &mut Explain, shown: &[String]) -> (Vec<String>, Vec<usize>, Option<String>) {
        let generic = explain.generic(&self.text);
        let mut statements = [shown, &self.before].concat();
        let mut places = vec![statements.len() + generic.plan];
        statements.extend(generic.statements);
        let custom = self.constants.as_ref().and_then(|constants| explain.custom(&self.text, &constants.values));
        if let Some(custom) = custom {
            places.push(statements.len() + custom.plan);
            statements.extend(custom.statements);
        }
        (statements, places, generic.prepared)
    }

    /// What stands for the parameters in each plan.
    pub fn parameters(&self) -> Vec<Parameters> {
        let calibrated = self.constants.iter().map(|one| Parameters::Calibrated { what: one.what.clone() });
        [Parameters::Generic].into_iter().chain(calibrated).collect()
    }
}
