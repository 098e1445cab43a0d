//! Indexes to drop: only those whose loss no other advice of the same report counts on.

use std::collections::{BTreeMap, BTreeSet};

use super::partitions::leaves;
use crate::ident::QualifiedName;
use crate::report::findings::Draft;
use crate::report::lookup::Lookup;
use crate::report::remedy::drop_index;
use crate::report::{Action, IndexAction, IndexColumn};
use crate::snapshot::{Index, IndexKey};

/// One action for each index that findings ask to drop.
pub(super) fn drops(drafts: &[Draft<'_>], lookup: &Lookup<'_>) -> Vec<IndexAction> {
    let mut asked: BTreeMap<u32, Vec<&Draft<'_>>> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.finding.remedy.kind == "drop-index") {
        if let Some(oid) = draft.row.index_id {
            asked.entry(oid).or_default().push(draft);
        }
    }
    let kept = kept(&asked, lookup);
    let dropped = asked.iter().filter(|(oid, _)| !kept.contains(*oid));
    dropped.filter_map(|(oid, asking)| action(lookup.index(*oid)?, asking, lookup)).collect()
}

/// Indexes that another dropped index relies on: what was scanned there will be scanned here.
fn kept(asked: &BTreeMap<u32, Vec<&Draft<'_>>>, lookup: &Lookup<'_>) -> BTreeSet<u32> {
    // An index that also falls for another reason, being unused, hands its scans to nobody.
    let only_redundant = asked.values().filter(|asking| asking.iter().all(|draft| keeper(draft, lookup).is_some()));
    only_redundant.flatten().filter_map(|draft| keeper(draft, lookup)).collect()
}

/// The index that serves instead of the dropped one, by its OID or its name.
fn keeper(draft: &Draft<'_>, lookup: &Lookup<'_>) -> Option<u32> {
    const COLUMNS: [&str; 4] = ["kept_by", "kept_by_id", "kept_by_name", "kept_by_index"];
    let indexes = &lookup.material.snapshot.indexes;
    COLUMNS.iter().find_map(|column| match draft.row.evidence.get(*column)? {
        serde_json::Value::Number(oid) => oid.as_u64().and_then(|oid| u32::try_from(oid).ok()),
        serde_json::Value::String(name) => indexes
            .iter()
            .find(|index| QualifiedName::new(&index.schema, &index.name).to_string() == *name || index.name == *name)
            .map(|index| index.oid),
        _ => None,
    })
}

fn action(index: &Index, asking: &[&Draft<'_>], lookup: &Lookup<'_>) -> Option<IndexAction> {
    let table = lookup.table(index.table_oid)?;
    Some(IndexAction {
        action: Action::Drop,
        name: index.name.clone(),
        schema: index.schema.clone(),
        table: table.name.clone(),
        method: index.method.clone(),
        columns: index.keys.iter().map(column).collect(),
        include: index.include.clone(),
        predicate: index.predicate.clone(),
        unique: index.unique,
        ddl: drop_index(index)?,
        undo: concurrently(index),
        partitions: if index.partitioned { leaves(table, lookup) } else { Vec::new() },
        partitioned: index.partitioned,
        needs_extension: None,
        findings: asking.iter().map(|draft| draft.finding.fingerprint.clone()).collect(),
        size_bytes: index.bytes,
        write_overhead: None,
        added_write_ms: None,
        replaces: Vec::new(),
        build: Vec::new(),
        table_rows: table.rows,
        table_bytes: table.heap_bytes,
        notes: Vec::new(),
        what_if: None,
        proof: None,
    })
}

fn column(key: &IndexKey) -> IndexColumn {
    IndexColumn {
        name: key.column.clone(),
        expression: key.expression.clone(),
        order: super::order_of(key.descending, key.nulls_first),
        opclass: Some(key.opclass.clone()).filter(|_| !key.opclass_is_default),
    }
}

/// The server's own definition, built without stopping writes; a partitioned index cannot be.
fn concurrently(index: &Index) -> String {
    let definition = &index.definition;
    if index.partitioned {
        return definition.clone();
    }
    for start in ["CREATE UNIQUE INDEX ", "CREATE INDEX "] {
        if let Some(rest) = definition.strip_prefix(start) {
            return format!("{start}CONCURRENTLY {rest}");
        }
    }
    definition.clone()
}
