//! Indexes to create and to drop, each linked to the findings that ask for it.

mod create;
mod drops;
mod partitions;

use std::collections::BTreeMap;

use super::findings::Draft;
use super::lookup::Lookup;
use super::{Action, IndexAction, order};
use crate::ident::quoted;

/// All indexes to create and drop. Gives the findings that they answer the SQL that does it.
pub(super) fn indexes(drafts: &mut [Draft<'_>], lookup: &Lookup<'_>) -> Vec<IndexAction> {
    let mut indexes = create::creates(drafts, lookup);
    indexes.extend(drops::drops(drafts, lookup));
    without_contradictions(&mut indexes, lookup);
    indexes.sort_by(order::indexes);
    give_sql(drafts, &indexes);
    indexes
}

/// Every recommendation, whatever a rule would say of it.
pub(super) fn advised(lookup: &Lookup<'_>) -> Vec<IndexAction> {
    let mut indexes = create::all(lookup);
    indexes.sort_by(order::indexes);
    indexes
}

/// Creating what is dropped is no advice: where both are asked for, neither is given. An invalid index may well be
/// dropped and made anew.
fn without_contradictions(indexes: &mut Vec<IndexAction>, lookup: &Lookup<'_>) {
    let usable = |dropped: &IndexAction| {
        let all = &lookup.material.snapshot.indexes;
        all.iter().any(|index| (&index.schema, &index.name) == (&dropped.schema, &dropped.name) && index.usable())
    };
    let (creates, drops): (Vec<IndexAction>, Vec<IndexAction>) =
        indexes.iter().cloned().partition(|index| index.action == Action::Create);
    indexes.retain(|index| match index.action {
        Action::Create => !drops.iter().any(|dropped| usable(dropped) && same(index, dropped)),
        Action::Drop => !(usable(index) && creates.iter().any(|created| same(created, index))),
    });
}

fn same(one: &IndexAction, two: &IndexAction) -> bool {
    (&one.schema, &one.table, &one.method) == (&two.schema, &two.table, &two.method)
        && (&one.columns, &one.include, &one.predicate) == (&two.columns, &two.include, &two.predicate)
}

/// A finding for which nothing is created or dropped keeps its words and loses its SQL.
fn give_sql(drafts: &mut [Draft<'_>], indexes: &[IndexAction]) {
    let mut sql: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for index in indexes {
        for finding in &index.findings {
            let steps = sql.entry(finding).or_default();
            steps.extend(index.needs_extension.as_deref().map(create_extension));
            steps.push(index.ddl.clone());
        }
    }
    for draft in drafts {
        let remedy = &mut draft.finding.remedy;
        if matches!(remedy.kind.as_str(), "create-index" | "drop-index") {
            remedy.sql = sql.get(draft.finding.fingerprint.as_str()).cloned().unwrap_or_default();
        }
    }
}

fn create_extension(name: &str) -> String {
    format!("CREATE EXTENSION IF NOT EXISTS {}", quoted(name))
}

/// `asc` or `desc`, with the place of NULLs where it is not the default.
fn order_of(descending: bool, nulls_first: bool) -> String {
    match (descending, nulls_first) {
        (false, false) => "asc",
        (false, true) => "asc nulls first",
        (true, true) => "desc",
        (true, false) => "desc nulls last",
    }
    .to_owned()
}
