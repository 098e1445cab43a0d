//! `statement_cause` and `statement_index`: what makes a statement slow, and what an index does for it.

use std::collections::BTreeMap;

use super::analysis::basis;
use super::{Rows, row};
use crate::advisor;
use crate::facts::Input;

pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    vec![causes(input), indexes(input)]
}

fn causes(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("statement_cause");
    let mut positions: BTreeMap<String, u32> = BTreeMap::new();
    for cause in advisor::causes(input.analyses, input.recommendations, input.workload) {
        let position = positions.entry(cause.statement.clone()).or_default();
        *position += 1;
        row!(rows, {
            statement_id: cause.statement,
            position: *position,
            cause: cause.kind.name(),
            share: cause.share,
            amount: cause.amount,
            unit: cause.unit,
            seen: cause.seen.name(),
            words: cause.words,
        });
    }
    rows
}

fn indexes(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("statement_index");
    for verdict in &input.recommendations.verdicts {
        let Some(query) = input.workload.queries.get(verdict.query) else { continue };
        let helped = !verdict.helped_by.is_empty();
        row!(rows, {
            statement_id: query.fingerprint.as_str(),
            helped: helped,
            tried: verdict.tried as u64,
            basis: verdict.basis.map(basis),
            cost_before: verdict.before,
            cost_after: verdict.after,
            why: Some(verdict.why.as_str()).filter(|_| !helped),
        });
    }
    rows
}
