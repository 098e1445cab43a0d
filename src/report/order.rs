//! The order of findings and indexes: worst first, and total, so that the same facts give the same bytes.

use std::cmp::Ordering;

use super::{Action, Finding, IndexAction};

/// Severity, then time, then confidence, all falling; then rule, falling size, subject, message.
pub(super) fn findings(one: &Finding, two: &Finding) -> Ordering {
    two.severity
        .cmp(&one.severity)
        .then_with(|| falling(one.impact.time_ms, two.impact.time_ms))
        .then_with(|| two.confidence.total_cmp(&one.confidence))
        .then_with(|| one.rule.cmp(&two.rule))
        .then_with(|| falling(size(one), size(two)))
        .then_with(|| one.subject.key.cmp(&two.subject.key))
        .then_with(|| one.message.cmp(&two.message))
}

/// Bytes of the index or table that a rule names, where it does.
fn size(finding: &Finding) -> Option<f64> {
    finding.evidence.get("bytes").and_then(serde_json::Value::as_f64)
}

/// Creates before drops; creates by time saved, drops by size, both falling; then by name.
pub(super) fn indexes(one: &IndexAction, two: &IndexAction) -> Ordering {
    one.action
        .cmp(&two.action)
        .then_with(|| falling(weight(one), weight(two)))
        .then_with(|| (&one.schema, &one.name, &one.table).cmp(&(&two.schema, &two.name, &two.table)))
}

fn weight(index: &IndexAction) -> Option<f64> {
    match index.action {
        Action::Create => index.what_if.as_ref().map(|what_if| what_if.saved_ms),
        Action::Drop => index.size_bytes.map(|bytes| bytes as f64),
    }
}

/// Larger first, unknown last.
fn falling(one: Option<f64>, two: Option<f64>) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => two.total_cmp(&one),
        (one, two) => two.is_some().cmp(&one.is_some()),
    }
}
