//! Indexes, those of constraints too, in the order of the server's OIDs: between equal paths the planner takes the
//! one that it meets first.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::collate;
use super::{Facts, Missing, Step, fragment, options, sorted};
use crate::ident::{MAX_NAME_BYTES, QualifiedName, cut, quoted};
use crate::snapshot::{Constraint, ConstraintKind, Index, IndexKey, Snapshot};

/// Names of the indexes in the lab. A plan names an index without its schema, so no two have the same name there.
pub(in crate::what_if::lab) fn lab_names(snapshot: &Snapshot) -> BTreeMap<u32, String> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for index in &snapshot.indexes {
        let mut name = index.name.clone();
        if name.starts_with(super::OWN) || !taken.insert(name.clone()) {
            let tail = format!("~{}", index.oid);
            name = format!("{}{tail}", cut(&index.name, MAX_NAME_BYTES - tail.len()));
            taken.insert(name.clone());
        }
        names.insert(index.oid, name);
    }
    names
}

/// All existing indexes: the first of every table, then the second, … The planner meets those of one table in their
/// old order, and the few that must go alone do not cut the batches of the others short.
pub fn indexes(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let enforcing = facts.constraints(|constraint| {
        matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
    });
    let enforcing: BTreeMap<u32, &Constraint> =
        enforcing.into_iter().filter_map(|(constraint, _)| Some((constraint.index_oid?, constraint))).collect();
    let mut indexes: Vec<&Index> = facts.snapshot.indexes.iter().filter(|index| index.extension.is_none()).collect();
    indexes.sort_by_key(|index| index.oid);
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let mut made: Vec<(usize, Result<Step, Missing>)> = Vec::with_capacity(indexes.len());
    for index in indexes {
        let rank = seen.entry(index.table_oid).and_modify(|rank| *rank += 1).or_default();
        made.push((*rank, one_index(facts, index, enforcing.get(&index.oid).copied())));
    }
    made.sort_by_key(|(rank, made)| (*rank, made.as_ref().is_ok_and(|step| step.alone)));
    sorted(made.into_iter().map(|(_, made)| made), refused)
}

fn one_index(facts: &Facts<'_>, index: &Index, constraint: Option<&Constraint>) -> Result<Step, Missing> {
    let what = format!("index {}", QualifiedName::new(&index.schema, &index.name));
    let tables = facts.with_ancestors(index.table_oid);
    let worded = || {
        let table = facts.table_name(index.table_oid).ok_or("its table is not in the snapshot")?;
        let name = quoted(facts.names.get(&index.oid).map_or(&index.name, |name| name));
        match constraint {
            Some(constraint) => constraint_sql(facts, index, constraint, &table, &name),
            None => index_sql(facts, index, &table, &name),
        }
    };
    match worded() {
        Ok((sql, alone)) => Ok(Step { what, sql, alone, tables }),
        Err(why) => Err(Missing { what, why, tables }),
    }
}

type Worded = Result<(String, bool), String>;

fn constraint_sql(facts: &Facts<'_>, index: &Index, constraint: &Constraint, table: &str, of: &str) -> Worded {
    let add = format!("ALTER TABLE ONLY {table} ADD CONSTRAINT {of}");
    let temporal = constraint.definition.contains("WITHOUT OVERLAPS");
    if constraint.kind == ConstraintKind::Exclusion || temporal {
        return Ok((format!("{add} {}", fragment("it", &constraint.definition)?), true));
    }
    let columns: Vec<String> = index
        .keys
        .iter()
        .map(|key| key.column.as_deref().map(quoted).ok_or("a key is no column"))
        .collect::<Result<_, _>>()?;
    let kind = match (constraint.kind, index.nulls_not_distinct && facts.major >= 15) {
        (ConstraintKind::PrimaryKey, _) => "PRIMARY KEY",
        (_, true) => "UNIQUE NULLS NOT DISTINCT",
        _ => "UNIQUE",
    };
    let mut sql = format!("{add} {kind} ({}){}{}", columns.join(", "), include(index), with(index));
    let tablespace = if index.partitioned { String::new() } else { facts.tablespace(&index.tablespace_options) };
    if !tablespace.is_empty() {
        sql.extend([" USING INDEX", &tablespace]);
    }
    if constraint.deferrable {
        sql += " DEFERRABLE";
    }
    Ok((sql, false))
}

fn index_sql(facts: &Facts<'_>, index: &Index, table: &str, of: &str) -> Worded {
    let keys: Vec<String> = index.keys.iter().map(key).collect::<Result<_, String>>()?;
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = if index.partitioned { "ONLY " } else { "" };
    let distinct = if index.nulls_not_distinct && facts.major >= 15 { " NULLS NOT DISTINCT" } else { "" };
    let tablespace = if index.partitioned { String::new() } else { facts.tablespace(&index.tablespace_options) };
    let predicate = match &index.predicate {
        Some(predicate) => format!(" WHERE ({})", fragment("its WHERE", predicate)?),
        None => String::new(),
    };
    let alone = index.predicate.is_some() || index.keys.iter().any(|key| key.expression.is_some());
    let (include, with) = (include(index), with(index));
    let method = quoted(&index.method);
    let keys = keys.join(", ");
    let sql = format!(
        "CREATE {unique}INDEX {of} ON {only}{table} USING {method} ({keys}){include}{distinct}{with}{tablespace}{predicate}"
    );
    Ok((sql, alone))
}

fn key(key: &IndexKey) -> Result<String, String> {
    let of = match (&key.column, &key.expression) {
        (Some(column), _) => quoted(column),
        (None, Some(expression)) => format!("({})", fragment("an expression of it", expression)?),
        (None, None) => return Err("a key of it is not known".to_owned()),
    };
    let collate = collate(key.own_collation.as_deref())?;
    let opclass = match &key.opclass_schema {
        _ if key.opclass_is_default || key.opclass.is_empty() => String::new(),
        Some(schema) => format!(" {}", QualifiedName::new(schema, &key.opclass)),
        None => format!(" {}", quoted(&key.opclass)),
    };
    let order = match (key.descending, key.nulls_first) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    };
    Ok(format!("{of}{collate}{opclass}{order}"))
}

fn include(index: &Index) -> String {
    let columns: Vec<String> = index.include.iter().map(|column| quoted(column)).collect();
    if columns.is_empty() { String::new() } else { format!(" INCLUDE ({})", columns.join(", ")) }
}

fn with(index: &Index) -> String {
    if index.partitioned { String::new() } else { options(&index.options, |_| true) }
}

/// Indexes of partitions, joined to the index of the partitioned table.
pub fn attached(facts: &Facts<'_>) -> Vec<Step> {
    let by_oid: BTreeMap<u32, &Index> = facts.snapshot.indexes.iter().map(|index| (index.oid, index)).collect();
    let of = |index: &Index| {
        let name = facts.names.get(&index.oid).map_or(&index.name, |name| name);
        QualifiedName::new(&index.schema, name)
    };
    let pairs = by_oid.values().filter_map(|index| Some((*index, *by_oid.get(&index.parent_oid?)?)));
    pairs
        .map(|(index, parent)| Step {
            what: format!("index {} as a part of {}", of(index), of(parent)),
            sql: format!("ALTER INDEX {} ATTACH PARTITION {}", of(parent), of(index)),
            alone: false,
            tables: facts.with_ancestors(index.table_oid),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::*;

    fn facts_of(snapshot: &Snapshot) -> Plan {
        let names = lab_names(snapshot);
        let tablespaces = BTreeMap::new();
        super::super::plan(&Facts::new(snapshot, 16, &names, &tablespaces))
    }

    fn snapshot(index: Index) -> Snapshot {
        let table = crate::snapshot::Table {
            oid: 1,
            schema: "public".to_owned(),
            name: "t\"; DROP".to_owned(),
            ..crate::snapshot::Table::default()
        };
        Snapshot { tables: vec![table], indexes: vec![index], ..Snapshot::default() }
    }

    #[test]
    fn an_index_is_worded_with_every_name_quoted() {
        let key = |column: &str| IndexKey { column: Some(column.to_owned()), ..IndexKey::default() };
        let ordered = IndexKey {
            expression: Some("lower(b)".to_owned()),
            opclass: "text_pattern_ops".to_owned(),
            own_collation: Some("pg_catalog.\"C\"".to_owned()),
            descending: true,
            ..IndexKey::default()
        };
        let index = Index {
            oid: 7,
            table_oid: 1,
            schema: "public".to_owned(),
            name: "I x".to_owned(),
            method: "btree".to_owned(),
            keys: vec![key("select"), ordered],
            include: vec!["c".to_owned()],
            predicate: Some("a > 0".to_owned()),
            options: vec!["fillfactor=80".to_owned()],
            ..Index::default()
        };
        let plan = facts_of(&snapshot(index));
        assert_eq!(
            plan.phases[6][0].sql,
            "CREATE INDEX \"I x\" ON public.\"t\"\"; DROP\" USING btree (\"select\", (lower(b)) COLLATE pg_catalog.\"C\" \
             text_pattern_ops DESC NULLS LAST) INCLUDE (c) WITH (fillfactor = '80') WHERE (a > 0)"
        );
    }

    #[test]
    fn an_index_whose_where_would_leave_its_brackets_is_refused() {
        let keys = vec![IndexKey { column: Some("a".to_owned()), ..IndexKey::default() }];
        let predicate = Some("true); COPY t TO PROGRAM 'x'; SELECT (1".to_owned());
        let plan = facts_of(&snapshot(Index { table_oid: 1, keys, predicate, ..Index::default() }));
        assert!(plan.phases[6].is_empty());
        let refused: Vec<&Missing> = plan.refused.iter().collect();
        assert_eq!((refused.len(), refused[0].tables.as_slice()), (1, &[1][..]));
    }
}
