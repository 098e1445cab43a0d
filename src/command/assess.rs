//! From a snapshot to a report: the way that every command goes.

use std::collections::BTreeSet;

use miette::Report as Failure;
use time::OffsetDateTime;

use crate::advisor::{self, Recommendations};
use crate::analysis::Analyses;
use crate::analysis::trace::Trace;
use crate::analysis::trace::stated::stated;
use crate::config::{Config, Ignore};
use crate::facts::{self, Facts};
use crate::report::considered::{Wanted, considered};
use crate::report::{Judged, Material, Report, Skipped};
use crate::rule::{self, Catalogue, Overrides};
use crate::server::Session;
use crate::snapshot::Snapshot;
use crate::workload::Workload;

use super::progress::Progress;
use super::wishes::Wishes;
use super::{judge, place, ways};

/// What an assessment needs besides the snapshot.
pub struct Assessment<'a> {
    /// The rules to run.
    pub catalogue: &'a Catalogue,
    /// Thresholds, ignores.
    pub config: &'a Config,
    /// What the configuration and the command line change about the rules.
    pub overrides: &'a Overrides,
    /// Who judges an index, and within what limits.
    pub wishes: &'a Wishes,
    /// `live`, `snapshot` or `log`.
    pub source_kind: &'a str,
    /// What a log told.
    pub trace: Option<&'a Trace>,
    /// What could not be read.
    pub skipped: &'a [Skipped],
    /// Fingerprints of the statements that were never measured at the sizes of the snapshot.
    pub unmeasured: &'a BTreeSet<String>,
    /// Where to say how far it is.
    pub progress: &'a Progress,
}

/// The index advice alone, and what became of the indexes that `why` asks about.
pub async fn advice(
    snapshot: &Snapshot,
    server: Option<&mut Session>,
    how: &Assessment<'_>,
    why: &[String],
) -> Result<Report, Failure> {
    let wanted: Vec<Wanted> = why.iter().map(|text| Wanted::parse(text, snapshot)).collect::<Result<_, _>>()?;
    let advised = Advised::of(snapshot, server, how).await?;
    let material = advised.material(snapshot, how, &[]);
    Ok(Report::advice(&material, considered(&wanted, &material)))
}

/// Workload, analyses, what-if, advice, facts, rules, report.
pub async fn assess(
    snapshot: &Snapshot,
    server: Option<&mut Session>,
    how: &Assessment<'_>,
) -> Result<Report, Failure> {
    let advised = Advised::of(snapshot, server, how).await?;
    let Advised { workload, analyses, recommendations, .. } = &advised;
    let input = facts::Input { snapshot, workload, analyses, recommendations };
    how.progress.phase("looking for what the rules describe");
    let mut facts = Facts::load(&input).await?;
    let profile = place::profile(snapshot, how.config.place)?;
    let mut overrides = match &profile {
        Some(profile) => profile.applied(how.overrides, how.catalogue),
        None => how.overrides.clone(),
    };
    overrides.accepted = accepted(snapshot, how.config);
    let evaluated = rule::run(how.catalogue, &mut facts, &overrides).await?;
    Ok(Report::assemble(&Material { profile: profile.as_ref(), ..advised.material(snapshot, how, &evaluated) }))
}

/// The ignores that hold on the day of the snapshot.
fn accepted(snapshot: &Snapshot, config: &Config) -> Vec<Ignore> {
    let time = OffsetDateTime::from_unix_timestamp(snapshot.taken_at as i64);
    let day = time.map_or_else(|_| String::new(), |time| time.date().to_string());
    config.ignores.iter().filter(|ignore| !ignore.expired(&day)).cloned().collect()
}

/// All that comes before the rules.
struct Advised {
    workload: Workload,
    analyses: Analyses,
    recommendations: Recommendations,
    judged: Judged,
}

impl Advised {
    async fn of(snapshot: &Snapshot, server: Option<&mut Session>, how: &Assessment<'_>) -> Result<Self, Failure> {
        let workload = Workload::build(snapshot);
        let workload = match how.trace {
            Some(trace) => stated(snapshot, workload, trace),
            None => workload,
        };
        let weighed = advisor::weighed(snapshot, &workload, how.unmeasured).into_owned();
        let opened = ways::open(snapshot, &weighed, server, how.wishes, how.progress).await;
        let (mut ways, not_had) = opened?;
        let workload = judge::adopted(&mut ways, snapshot, workload).await;
        let weighed = advisor::weighed(snapshot, &workload, how.unmeasured);
        let analyses = Analyses::run(snapshot, &workload, how.trace);
        let (recommendations, mut judged) = judge::advise(ways, snapshot, &weighed, how.wishes, how.progress).await;
        judged.skipped.extend(how.skipped.iter().cloned().chain(not_had));
        Ok(Self { workload, analyses, recommendations, judged })
    }

    fn material<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        how: &Assessment<'a>,
        evaluated: &'a [rule::Evaluated],
    ) -> Material<'a> {
        Material {
            snapshot,
            workload: &self.workload,
            analyses: &self.analyses,
            recommendations: &self.recommendations,
            judged: &self.judged,
            catalogue: how.catalogue,
            evaluated,
            config: how.config,
            profile: None,
            source_kind: how.source_kind,
        }
    }
}

/// The fact tables alone, for `pgassay query`: fast, so the model judges.
pub async fn facts(snapshot: &Snapshot) -> Result<Facts, Failure> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload, None);
    let recommendations = advisor::advise_by_model(snapshot, &workload);
    let input = facts::Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    Ok(Facts::load(&input).await?)
}
