//! What makes a statement slow, and what an index does for it.

use std::collections::BTreeMap;

use super::lookup::Lookup;
use super::{CauseInfo, StatementIndex, StatementInfo};
use crate::advisor::{self, Recommendations, Verdict};
use crate::analysis::Cause;
use crate::what_if::Basis;

/// By fingerprint.
pub(super) struct Slowness<'a> {
    causes: BTreeMap<String, Vec<Cause>>,
    verdicts: BTreeMap<&'a str, &'a Verdict>,
    recommendations: &'a Recommendations,
}

impl<'a> Slowness<'a> {
    pub(super) fn of(lookup: &Lookup<'a>) -> Self {
        let (workload, recommendations) = (lookup.material.workload, lookup.material.recommendations);
        let mut causes: BTreeMap<String, Vec<Cause>> = BTreeMap::new();
        for cause in advisor::causes(lookup.material.analyses, recommendations, workload) {
            causes.entry(cause.statement.clone()).or_default().push(cause);
        }
        let verdicts = recommendations.verdicts.iter();
        let verdicts = verdicts.filter_map(|one| Some((workload.queries.get(one.query)?.fingerprint.as_str(), one)));
        Self { causes, verdicts: verdicts.collect(), recommendations }
    }

    pub(super) fn tell(&self, statement: &mut StatementInfo) {
        let causes = self.causes.get(&statement.statement);
        statement.causes = causes.into_iter().flatten().map(info).collect();
        statement.index = self.verdicts.get(statement.statement.as_str()).map(|verdict| self.index(verdict));
    }

    fn index(&self, verdict: &Verdict) -> StatementIndex {
        let created = verdict.helped_by.iter().filter_map(|at| self.recommendations.create.get(*at));
        let helped = !verdict.helped_by.is_empty();
        StatementIndex {
            helped,
            names: created.map(|advice| advice.name.clone()).collect(),
            tried: verdict.tried as u64,
            basis: verdict.basis.map(basis).map(str::to_owned),
            cost_before: verdict.before,
            cost_after: verdict.after,
            why: Some(verdict.why.clone()).filter(|_| !helped),
        }
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Lab => "lab",
        Basis::Hypopg => "hypopg",
        Basis::Model => "model",
    }
}

fn info(cause: &Cause) -> CauseInfo {
    CauseInfo {
        cause: cause.kind.name().to_owned(),
        share: cause.share,
        amount: cause.amount,
        unit: cause.unit.to_owned(),
        seen: cause.seen.name().to_owned(),
        words: cause.words.clone(),
    }
}
