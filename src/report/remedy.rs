//! What to do about a finding: the rule's words, and the SQL where it is beyond doubt.

use super::lookup::Lookup;
use super::{Remedy, orm};
use crate::ident::QualifiedName;
use crate::rule::{Row, Rule};
use crate::snapshot::{Index, TableKind};

/// Rules of this category are about settings.
const SETTINGS: &str = "configuration";

/// The remedy of a row. That of `create-index` gets its SQL from the index that answers the finding.
pub(super) fn remedy(rule: &Rule, row: &Row, lookup: &Lookup<'_>) -> Remedy {
    let kind = row.remedy.clone().unwrap_or_else(|| rule.remedy.clone());
    let sql = match kind.as_str() {
        "drop-index" => index(row, lookup).and_then(drop_index),
        "reindex" => index(row, lookup).and_then(|index| reindex(index, lookup)),
        "analyze" => row.table_id.and_then(|oid| analyze(oid, lookup)),
        _ => None,
    };
    let advice = if rule.id == "n-plus-one" { orm::advice(row, lookup) } else { Vec::new() };
    // the words for its very pattern and framework leave nothing for the general ones to say
    let text = if advice.is_empty() { first_paragraph(&rule.docs.remedy) } else { String::new() };
    let text = text + &at_its_place(rule, lookup);
    Remedy { kind, sql: sql.into_iter().collect(), text, advice }
}

/// How a setting is changed where the server runs.
fn at_its_place(rule: &Rule, lookup: &Lookup<'_>) -> String {
    match lookup.material.profile.filter(|_| rule.category == SETTINGS) {
        Some(profile) => format!(" On {}, {}.", profile.title, profile.settings),
        None => String::new(),
    }
}

fn index<'a>(row: &Row, lookup: &Lookup<'a>) -> Option<&'a Index> {
    row.index_id.and_then(|oid| lookup.index(oid))
}

/// `None` where the server would refuse: a constraint rests on it, or it belongs to the index of a parent.
pub(super) fn drop_index(index: &Index) -> Option<String> {
    let name = QualifiedName::new(&index.schema, &index.name);
    let stands = index.primary || index.exclusion || index.constraint.is_some() || index.parent_oid.is_some();
    match (stands, index.partitioned) {
        (true, _) => None,
        (false, true) => Some(format!("DROP INDEX {name}")), // CONCURRENTLY is refused for a partitioned index
        (false, false) => Some(format!("DROP INDEX CONCURRENTLY {name}")),
    }
}

/// Of a partitioned index only from 14 on.
fn reindex(index: &Index, lookup: &Lookup<'_>) -> Option<String> {
    let name = QualifiedName::new(&index.schema, &index.name);
    let possible = !index.partitioned || lookup.material.snapshot.server.major() >= 14;
    possible.then(|| format!("REINDEX INDEX CONCURRENTLY {name}"))
}

fn analyze(oid: u32, lookup: &Lookup<'_>) -> Option<String> {
    let table = lookup.table(oid)?;
    let own = table.kind != TableKind::Foreign;
    own.then(|| format!("ANALYZE {}", QualifiedName::new(&table.schema, &table.name)))
}

/// In one line.
fn first_paragraph(text: &str) -> String {
    let lines = text.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
