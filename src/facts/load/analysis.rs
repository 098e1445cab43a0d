//! `n_plus_one`, `index_advice` and `index_advice_statement`: what the analyses and the advisor found.

use std::collections::BTreeSet;

use super::index::{leading_space, order};
use super::server::statement_ms;
use super::{Rows, joined, joined_quoted, row};
use crate::advisor::Advice;
use crate::facts::Input;
use crate::ident::{QualifiedName, quoted};
use crate::what_if::{Basis, Design, DesignKey};

pub(super) fn rows(input: &Input<'_>) -> Vec<Rows> {
    vec![n_plus_one(input), index_advice(input), index_advice_statements(input)]
}

fn n_plus_one(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("n_plus_one");
    let mut seen = BTreeSet::new();
    let fingerprint = |position: usize| input.workload.queries.get(position).map(|query| query.fingerprint.as_str());
    for one in &input.analyses.n_plus_one {
        // the surest comes first, and a statement is suspected once
        let Some(child) = fingerprint(one.child).filter(|child| seen.insert(*child)) else { continue };
        row!(rows, {
            statement_id: child,
            parent_statement_id: one.parent.and_then(fingerprint),
            pattern: one.pattern.as_str(),
            calls_per_parent: one.calls_per_parent,
            calls_per_request: one.calls_per_request,
            confidence: one.confidence,
            level: one.level.as_str(),
            key_columns: joined_quoted(&one.key_columns),
            routes: first(&one.routes),
            places: first(&one.places),
            applications: first(&one.applications),
            function: one.function.as_deref(),
        });
    }
    rows
}

/// A few names tell where to look.
fn first(names: &[String]) -> String {
    const FEW: usize = 3;
    joined(names.iter().take(FEW).map(String::as_str))
}

fn index_advice_statements(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("index_advice_statement");
    for (rank, advice) in (1_u32..).zip(&input.recommendations.create) {
        let helped = advice.helps.iter().filter_map(|help| input.workload.queries.get(help.query));
        for statement in helped.map(|query| query.fingerprint.as_str()).collect::<BTreeSet<_>>() {
            row!(rows, { advice: rank, statement_id: statement });
        }
    }
    rows
}

fn index_advice(input: &Input<'_>) -> Rows {
    let mut rows = Rows::of("index_advice");
    for (rank, advice) in (1_u32..).zip(&input.recommendations.create) {
        push_advice(&mut rows, input, rank, advice);
    }
    rows
}

fn push_advice(rows: &mut Rows, input: &Input<'_>, rank: u32, advice: &Advice) {
    let queries = &input.workload.queries;
    let helped = || advice.helps.iter().filter_map(|help| Some((help, queries.get(help.query)?)));
    let (Some((_, most)), Some(table)) = (helped().next(), input.snapshot.table(advice.design.table_oid)) else {
        return;
    };
    let design = &advice.design;
    let included: Vec<String> = design.include.iter().map(|column| quoted(column)).collect();
    row!(rows, {
        advice: rank,
        table_id: design.table_oid,
        name: advice.name.as_str(),
        method: design.method.as_str(),
        keys: design.keys.iter().map(|key| key_sql(design, key)).collect::<Vec<_>>().join(", "),
        include: (!design.include.is_empty()).then(|| included.join(", ")),
        predicate: design.predicate.as_deref(),
        ddl: design.ddl(&advice.name, &QualifiedName::new(table.schema.as_str(), table.name.as_str())),
        basis: basis(advice.basis),
        doubt: advice.doubt.as_deref(),
        cost_before: helped().map(|(help, query)| help.before * query.counters.calls as f64).sum::<f64>(),
        cost_after: helped().map(|(help, query)| help.after * query.counters.calls as f64).sum::<f64>(),
        saved_ms: advice.saved_ms,
        saved_share: statement_ms(input).filter(|all| *all > 0.0).map_or(0.0, |all| advice.saved_ms / all),
        statements: helped().count(),
        calls: helped().map(|(_, query)| query.counters.calls).sum::<u64>(),
        size_bytes: advice.size_bytes,
        write_overhead: advice.write_overhead,
        statement_id: most.fingerprint.as_str(),
        statement_mean_ms: most.counters.mean_ms(),
        needs_extension: design.needs_extension.as_deref(),
    });
}

pub(super) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Lab => "lab",
        Basis::Hypopg => "hypopg",
        Basis::Model => "model",
    }
}

fn key_sql(design: &Design, key: &DesignKey) -> String {
    let itself = match (&key.column, &key.expression) {
        (Some(column), _) => quoted(column),
        (None, expression) => expression.clone().unwrap_or_default(),
    };
    let opclass = leading_space(key.opclass.as_deref());
    format!("{itself}{opclass}{}", order(design.method == "btree", key.descending, key.nulls_first))
}
