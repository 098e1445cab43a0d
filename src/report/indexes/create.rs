//! Indexes to create: what the advisor proposes, and one for each foreign key that has none.

use std::collections::BTreeSet;

use super::partitions::leaves;
use crate::advisor::{self, Advice};
use crate::ident::{QualifiedName, always_quoted, quoted};
use crate::report::findings::Draft;
use crate::report::lookup::Lookup;
use crate::report::subject::{names, text};
use crate::report::{Action, IndexAction, IndexColumn, PartitionRef, StatementGain, WhatIfInfo};
use crate::snapshot::{Index, Table, TableKind};
use crate::what_if::{Basis, Design, DesignKey};

/// One action for each recommendation that a finding asks for, then those of foreign keys.
pub(super) fn creates(drafts: &[Draft<'_>], lookup: &Lookup<'_>) -> Vec<IndexAction> {
    let recommended = lookup.material.recommendations.create.iter().enumerate();
    let mut actions: Vec<IndexAction> = recommended
        .filter_map(|(position, advice)| {
            let findings = asking(drafts, position);
            (!findings.is_empty()).then(|| advised(advice, findings, lookup))?
        })
        .collect();
    for_foreign_keys(&mut actions, drafts, lookup);
    actions
}

/// One action for each recommendation.
pub(super) fn all(lookup: &Lookup<'_>) -> Vec<IndexAction> {
    let recommended = &lookup.material.recommendations.create;
    recommended.iter().filter_map(|advice| advised(advice, Vec::new(), lookup)).collect()
}

fn asking(drafts: &[Draft<'_>], position: usize) -> Vec<String> {
    let asking = drafts.iter().filter(|draft| draft.advice == Some(position));
    asking.map(|draft| draft.finding.fingerprint.clone()).collect()
}

fn advised(advice: &Advice, findings: Vec<String>, lookup: &Lookup<'_>) -> Option<IndexAction> {
    let mut action = action(&advice.design, &advice.name, lookup)?;
    action.findings = findings;
    action.size_bytes = advice.size_bytes;
    action.write_overhead = advice.write_overhead;
    action.added_write_ms = Some(advice.added_ms);
    action.replaces = advice.replaces.iter().filter_map(|oid| lookup.index(*oid)).map(name_of).collect();
    action.build = build(advice);
    action.notes.splice(0..0, advice.notes.iter().cloned());
    action.what_if = Some(what_if(advice, lookup));
    Some(action)
}

fn name_of(index: &Index) -> String {
    QualifiedName::new(&index.schema, &index.name).to_string()
}

/// What to know before building it.
fn build(advice: &Advice) -> Vec<String> {
    let rough = advice
        .size_is_rough
        .then(|| format!("its size is a rough guess: no statistics tell that of a {} index", advice.design.method));
    let replaces = (!advice.replaces.is_empty())
        .then(|| "drop what it replaces only after it is built and the statements use it".to_owned());
    rough.into_iter().chain(replaces).chain(advice.build.iter().cloned()).collect()
}

/// Costs are weighted by calls: the planner's cost of one execution says nothing about a statement run once a day.
fn what_if(advice: &Advice, lookup: &Lookup<'_>) -> WhatIfInfo {
    let queries = &lookup.material.workload.queries;
    let gains = advice.helps.iter().filter_map(|help| {
        let query = queries.get(help.query)?;
        Some(StatementGain {
            statement: query.fingerprint.clone(),
            calls: query.counters.calls,
            before: help.before,
            after: help.after,
            plan_before: Some(help.shape_before.clone()).filter(|shape| !shape.is_empty()),
            plan_after: Some(help.shape_after.clone()).filter(|shape| !shape.is_empty()),
            depends_on: help.depends.clone(),
        })
    });
    let statements: Vec<StatementGain> = gains.collect();
    WhatIfInfo {
        basis: basis(advice.basis).to_owned(),
        doubt: advice.doubt.clone(),
        cost_before: statements.iter().map(|gain| gain.before * gain.calls as f64).sum(),
        cost_after: statements.iter().map(|gain| gain.after * gain.calls as f64).sum(),
        saved_ms: advice.saved_ms,
        statements,
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Lab => "lab",
        Basis::Hypopg => "hypopg",
        Basis::Model => "model",
    }
}

/// Longest keys first, so that an index for (a, b) also answers the key (a).
fn for_foreign_keys(actions: &mut Vec<IndexAction>, drafts: &[Draft<'_>], lookup: &Lookup<'_>) {
    let mut keys: Vec<(u32, Vec<String>, &str)> =
        drafts.iter().filter_map(|draft| foreign_key(draft, lookup)).collect();
    keys.sort_by(|one, two| two.1.len().cmp(&one.1.len()).then_with(|| one.cmp(two)));
    let mut taken: BTreeSet<String> =
        lookup.material.recommendations.create.iter().map(|advice| advice.name.clone()).collect();
    for (table_oid, columns, finding) in keys {
        let Some(table) = lookup.table(table_oid) else { continue };
        if let Some(existing) = actions.iter_mut().find(|action| begins_with(action, table, &columns)) {
            existing.findings.push(finding.to_owned());
            continue;
        }
        let design = btree(table_oid, columns);
        let name = advisor::name(lookup.material.snapshot, &design, &taken);
        if let Some(mut action) = action(&design, &name, lookup) {
            action.findings.push(finding.to_owned());
            actions.push(action);
        }
        taken.insert(name);
    }
}

/// Table, columns and finding of a row that asks for an index on a foreign key.
fn foreign_key<'a>(draft: &'a Draft<'_>, lookup: &Lookup<'_>) -> Option<(u32, Vec<String>, &'a str)> {
    if draft.finding.remedy.kind != "create-index" || draft.advice.is_some() {
        return None;
    }
    let table_oid = draft.row.table_id?;
    let columns = names(&text(draft.row, &["columns"])?);
    let constraints = &lookup.material.snapshot.constraints;
    let exists = constraints.iter().any(|constraint| {
        constraint.table_oid == table_oid && constraint.referenced_table_oid.is_some() && constraint.columns == columns
    });
    exists.then_some((table_oid, columns, draft.finding.fingerprint.as_str()))
}

fn btree(table_oid: u32, columns: Vec<String>) -> Design {
    let key = |column| DesignKey { column: Some(column), ..DesignKey::default() };
    Design { table_oid, method: "btree".to_owned(), keys: columns.into_iter().map(key).collect(), ..Design::default() }
}

/// Whether the check of a foreign key on `columns`, in any order, can use this index.
fn begins_with(action: &IndexAction, table: &Table, columns: &[String]) -> bool {
    let leading: BTreeSet<Option<&str>> =
        action.columns.iter().take(columns.len()).map(|column| column.name.as_deref()).collect();
    (&action.schema, &action.table) == (&table.schema, &table.name)
        && action.method == "btree"
        && action.predicate.is_none()
        && action.columns.len() >= columns.len()
        && columns.iter().all(|column| leading.contains(&Some(column.as_str())))
}

/// What every new index has; `None` when its table is not in the snapshot.
fn action(design: &Design, name: &str, lookup: &Lookup<'_>) -> Option<IndexAction> {
    let table = lookup.table(design.table_oid)?;
    let partitioned = table.kind == TableKind::Partitioned;
    let partitions = leaves(table, lookup);
    let index = QualifiedName::new(&table.schema, name);
    let concurrently = if partitioned { "" } else { "CONCURRENTLY " };
    Some(IndexAction {
        action: Action::Create,
        name: name.to_owned(),
        schema: table.schema.clone(),
        table: table.name.clone(),
        method: design.method.clone(),
        columns: design.keys.iter().map(column).collect(),
        include: design.include.clone(),
        predicate: design.predicate.clone(),
        unique: false,
        ddl: ddl(design, name, table),
        undo: format!("DROP INDEX {concurrently}IF EXISTS {index}"),
        notes: note(&partitions).into_iter().collect(),
        partitions,
        partitioned,
        needs_extension: design.needs_extension.clone().filter(|name| !lookup.material.snapshot.has_extension(name)),
        findings: Vec::new(),
        size_bytes: None,
        write_overhead: None,
        added_write_ms: None,
        replaces: Vec::new(),
        build: Vec::new(),
        table_rows: table.rows,
        table_bytes: table.heap_bytes,
        what_if: None,
        proof: None,
    })
}

/// CONCURRENTLY is refused on a partitioned table, and without it every write waits: only the parent's entry is
/// made at once, and becomes valid when each partition has its own.
fn ddl(design: &Design, name: &str, table: &Table) -> String {
    let statement = design.ddl(name, &QualifiedName::new(&table.schema, &table.name));
    if table.kind != TableKind::Partitioned {
        return statement;
    }
    [quoted(name), always_quoted(name)]
        .iter()
        .find_map(|name| {
            let rest = statement.strip_prefix(&format!("CREATE INDEX CONCURRENTLY {name} ON "))?;
            Some(format!("CREATE INDEX {name} ON ONLY {rest}"))
        })
        .unwrap_or(statement)
}

fn note(partitions: &[PartitionRef]) -> Option<String> {
    (!partitions.is_empty()).then(|| {
        format!(
            "partitioned: to be built concurrently on each of {} partitions, then attached; `pgassay migrate` writes the steps",
            partitions.len()
        )
    })
}

fn column(key: &DesignKey) -> IndexColumn {
    IndexColumn {
        name: key.column.clone(),
        expression: key.expression.clone(),
        order: super::order_of(key.descending, key.nulls_first),
        opclass: key.opclass.clone(),
    }
}
