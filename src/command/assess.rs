//! From a snapshot to a report: the way that every command goes.

use miette::Report as Failure;

use crate::advisor;
use crate::analysis::Analyses;
use crate::config::Config;
use crate::facts::{self, Facts};
use crate::report::{Material, Report};
use crate::rule::{self, Catalogue, Overrides};
use crate::server::Session;
use crate::snapshot::Snapshot;
use crate::what_if::{Answer, Question, hypopg, model};
use crate::workload::Workload;

/// What an assessment needs besides the snapshot.
pub struct Assessment<'a> {
    /// The rules to run.
    pub catalogue: &'a Catalogue,
    /// Thresholds, ignores.
    pub config: &'a Config,
    /// What the configuration and the command line change about the rules.
    pub overrides: &'a Overrides,
    /// `live` or `snapshot`.
    pub source_kind: &'a str,
}

/// Workload, analyses, what-if, advice, facts, rules, report.
///
/// With a session, HypoPG on that server answers where it can; without one the model answers.
pub async fn assess(
    snapshot: &Snapshot,
    planner: Option<&mut Session>,
    how: &Assessment<'_>,
) -> Result<Report, Failure> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload);
    let questions = advisor::questions(snapshot, &workload);
    let answers = answer(snapshot, &workload, &questions, planner).await;
    let recommendations = advisor::recommend(snapshot, &workload, &questions, &answers);
    let input = facts::Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await?;
    let evaluated = rule::run(how.catalogue, &mut facts, how.overrides).await?;
    Ok(Report::assemble(&Material {
        snapshot,
        workload: &workload,
        analyses: &analyses,
        recommendations: &recommendations,
        catalogue: how.catalogue,
        evaluated: &evaluated,
        config: how.config,
        source_kind: how.source_kind,
    }))
}

/// The fact tables alone, for `pgassay query`.
pub async fn facts(snapshot: &Snapshot) -> Result<Facts, Failure> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload);
    let questions = advisor::questions(snapshot, &workload);
    let answers = answer(snapshot, &workload, &questions, None).await;
    let recommendations = advisor::recommend(snapshot, &workload, &questions, &answers);
    let input = facts::Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    Ok(Facts::load(&input).await?)
}

/// The planner's answer where it has one, the model's elsewhere.
async fn answer(
    snapshot: &Snapshot,
    workload: &Workload,
    questions: &[Question],
    planner: Option<&mut Session>,
) -> Vec<Answer> {
    let planned = match planner {
        Some(session) => hypopg::answer(session, snapshot, workload, questions).await,
        None => vec![None; questions.len()],
    };
    let modelled = |question| model::answer(snapshot, workload, question);
    planned
        .into_iter()
        .zip(questions)
        .map(|(planned, question)| planned.unwrap_or_else(|| modelled(question)))
        .collect()
}
