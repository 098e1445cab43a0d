//! The statements that findings and indexes speak of, and the busiest.

use std::collections::{BTreeMap, BTreeSet};

use super::lookup::Lookup;
use super::slowness::Slowness;
use super::{Finding, IndexAction, Judgement, StatementInfo};
use crate::ident::QualifiedName;
use crate::workload::{Counters, Query};

/// How many statements are told of though nothing is said about them.
const BUSIEST: usize = 20;

/// By falling time, then fingerprint.
pub(super) fn statements(
    findings: &[Finding],
    indexes: &[IndexAction],
    judgement: Option<&Judgement>,
    lookup: &Lookup<'_>,
) -> Vec<StatementInfo> {
    let by_statement = findings_by_statement(findings);
    let mut all = every(lookup);
    all.sort_by(|one, two| two.total_ms.total_cmp(&one.total_ms).then_with(|| one.statement.cmp(&two.statement)));
    let mut named = named(findings, indexes);
    named.extend(judgement.into_iter().flat_map(of_judgement));
    let mut kept: Vec<StatementInfo> = all
        .into_iter()
        .enumerate()
        .filter(|(rank, statement)| *rank < BUSIEST || named.contains(statement.statement.as_str()))
        .map(|(_, statement)| statement)
        .collect();
    let slowness = Slowness::of(lookup);
    for statement in &mut kept {
        slowness.tell(statement);
        statement.findings = by_statement.get(statement.statement.as_str()).cloned().unwrap_or_default();
    }
    kept
}

fn findings_by_statement(findings: &[Finding]) -> BTreeMap<&str, Vec<String>> {
    let mut by_statement: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in findings {
        for statement in of_finding(finding) {
            by_statement.entry(statement).or_default().push(finding.fingerprint.clone());
        }
    }
    by_statement
}

fn named<'a>(findings: &'a [Finding], indexes: &'a [IndexAction]) -> BTreeSet<&'a str> {
    let helped = indexes.iter().filter_map(|index| index.what_if.as_ref()).flat_map(|what_if| &what_if.statements);
    findings.iter().flat_map(of_finding).chain(helped.map(|gain| gain.statement.as_str())).collect()
}

/// Those that the lab plans otherwise.
fn of_judgement(judgement: &Judgement) -> impl Iterator<Item = &str> {
    let differences = judgement.self_check.iter().flat_map(|check| &check.differences);
    differences.map(|difference| difference.statement.as_str())
}

/// Its subject, the statement that shows it, and the parent of a loop.
fn of_finding(finding: &Finding) -> BTreeSet<&str> {
    let subject = finding.subject.statement.as_deref();
    let shown = finding.highlight.as_ref().map(|highlight| highlight.statement.as_str());
    let parent = finding.evidence.get("parent_statement_id").and_then(serde_json::Value::as_str);
    subject.into_iter().chain(shown).chain(parent).collect()
}

fn every(lookup: &Lookup<'_>) -> Vec<StatementInfo> {
    let workload = lookup.material.workload;
    let parsed = workload.queries.iter().enumerate().map(|(position, query)| parsed(position, query, lookup));
    let unparsed =
        workload.unparsed.iter().map(|query| told(&query.fingerprint, &query.text, None, &query.counters, lookup));
    parsed.chain(unparsed).collect()
}

fn parsed(position: usize, query: &Query, lookup: &Lookup<'_>) -> StatementInfo {
    let analyses = lookup.material.analyses;
    let tables: BTreeSet<String> = query
        .tables
        .iter()
        .filter_map(|used| lookup.table_name(used.table_oid?))
        .map(|name: QualifiedName| name.to_string())
        .collect();
    StatementInfo {
        p95_ms: analyses.latency.iter().find(|latency| latency.query == position).and_then(|latency| latency.p95_ms),
        orm: analyses.orm.iter().find(|orm| orm.query == position).map(|orm| orm.name.clone()),
        tables: tables.into_iter().collect(),
        ..told(&query.fingerprint, &query.text, query.queryid, &query.counters, lookup)
    }
}

fn told(
    fingerprint: &str,
    text: &str,
    queryid: Option<i64>,
    counters: &Counters,
    lookup: &Lookup<'_>,
) -> StatementInfo {
    StatementInfo {
        statement: fingerprint.to_owned(),
        queryid,
        text: text.to_owned(),
        calls: counters.calls,
        total_ms: counters.total_ms,
        mean_ms: counters.mean_ms(),
        p95_ms: None,
        rows: counters.counted(counters.rows),
        share: lookup.share(counters.total_ms).unwrap_or(0.0),
        wal_bytes: counters.wal_bytes,
        ..StatementInfo::default()
    }
}
