//! Tables, their checks, their parents and their foreign keys.

use std::collections::BTreeMap;

use super::kinds::collate;
use super::{Facts, Missing, Step, fragment, name, options, sorted};
use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{Column, Constraint, ConstraintKind, Table, TableKind};

/// From it on, columns can be computed when they are read: the planner puts their expressions in.
const VIRTUAL: u32 = 18;

/// Most columns of a table, those included that were dropped (`MaxHeapAttributeNumber`).
const MOST_COLUMNS: i16 = 1600;

/// Tables; materialized views too, which the planner reads like tables.
pub fn tables(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let columns = facts.columns();
    let mut tables: Vec<&Table> = facts.snapshot.tables.iter().filter(|table| table.extension.is_none()).collect();
    tables.sort_by_key(|table| table.oid);
    let none = Vec::new();
    let made = tables.iter().map(|table| one_table(facts, table, columns.get(&table.oid).unwrap_or(&none)));
    let steps = sorted(made, refused);
    refused.extend(tables.iter().filter(|table| table.row_security).map(|table| Missing {
        what: format!("row security of {}", QualifiedName::new(&table.schema, &table.name)),
        why: "its policies are not in a snapshot; plans are those of the table's owner".to_owned(),
        tables: Vec::new(),
    }));
    steps
}

fn one_table(facts: &Facts<'_>, table: &Table, columns: &[&Column]) -> Result<Step, Missing> {
    let of = QualifiedName::new(&table.schema, &table.name);
    let (what, tables) = (format!("table {of}"), facts.with_ancestors(table.oid));
    if table.kind == TableKind::Foreign {
        let why = "a foreign table is planned by its wrapper".to_owned();
        return Err(Missing { what: format!("foreign table {of}"), why, tables });
    }
    match table_sql(facts, table, columns) {
        Ok((sql, alone)) => Ok(Step { what, sql, alone, tables }),
        Err(why) => Err(Missing { what, why, tables }),
    }
}

fn table_sql(facts: &Facts<'_>, table: &Table, columns: &[&Column]) -> Result<(String, bool), String> {
    let of = QualifiedName::new(&table.schema, &table.name);
    let mut alone = false;
    let mut parts = Vec::new();
    let mut gaps = dropped(columns).into_iter().peekable();
    for column in columns {
        while let Some(position) = gaps.next_if(|position| *position < column.position) {
            parts.push(format!("{} int", filler(position)));
        }
        let (sql, free) = column_sql(facts.major, column)?;
        parts.push(sql);
        alone |= free;
    }
    let mut sql = format!("CREATE TABLE {of} ({})", parts.join(", "));
    if let Some(key) = &table.partition_key {
        alone |= name("", key).is_err();
        sql.extend([" PARTITION BY ", fragment("its partition key", key)?]);
    } else {
        sql += &options(&table.options, |name| matches!(name, "fillfactor" | "parallel_workers"));
        sql += &facts.tablespace(&table.tablespace_options);
    }
    Ok((sql, alone))
}

/// Numbers of columns that were dropped: they stay in every row, and a table with one is read by other plans.
pub fn dropped(columns: &[&Column]) -> Vec<i16> {
    let numbered = columns.first().is_some_and(|column| column.position > 0)
        && columns.windows(2).all(|pair| pair[0].position < pair[1].position);
    let last = columns.last().map_or(0, |column| column.position);
    if !numbered || last > MOST_COLUMNS {
        return Vec::new();
    }
    (1..last).filter(|position| columns.iter().all(|column| column.position != *position)).collect()
}

fn filler(position: i16) -> String {
    quoted(&format!("pgassay dropped {position}"))
}

/// The columns that stand in for dropped ones, dropped as well.
pub fn gaps(facts: &Facts<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (oid, columns) in facts.columns() {
        let made = |table: &&&Table| table.extension.is_none() && table.kind != TableKind::Foreign;
        let (Some(table), gaps) = (facts.tables.get(&oid).filter(made), dropped(&columns)) else { continue };
        if gaps.is_empty() {
            continue;
        }
        let of = QualifiedName::new(&table.schema, &table.name);
        let drops: Vec<String> = gaps.into_iter().map(|gap| format!("DROP {}", filler(gap))).collect();
        steps.push(Step {
            what: format!("dropped columns of {of}"),
            sql: format!("ALTER TABLE {of} {}", drops.join(", ")),
            alone: false,
            tables: facts.with_ancestors(oid),
        });
    }
    steps
}

/// A column, and whether its SQL is more than names. Stored columns are plain ones to the planner.
fn column_sql(major: u32, column: &Column) -> Result<(String, bool), String> {
    let full = if column.full_type.is_empty() { &column.type_name } else { &column.full_type };
    let kind = name("the type of a column", full)?;
    let mut sql = format!("{} {kind}{}", quoted(&column.name), collate(column.own_collation.as_deref())?);
    if column.not_null {
        sql += " NOT NULL";
    }
    let computed = column.default.as_ref().filter(|_| column.generated == "v" && major >= VIRTUAL);
    if let Some(expression) = computed {
        sql.extend([" GENERATED ALWAYS AS (", fragment("the expression of a column", expression)?, ") VIRTUAL"]);
    }
    Ok((sql, computed.is_some()))
}

impl Facts<'_> {
    /// Columns by table.
    pub fn columns(&self) -> BTreeMap<u32, Vec<&Column>> {
        let mut columns: BTreeMap<u32, Vec<&Column>> = BTreeMap::new();
        for column in &self.snapshot.columns {
            columns.entry(column.table_oid).or_default().push(column);
        }
        columns
    }

    /// ` TABLESPACE x` of what lay in one with options of its own.
    pub fn tablespace(&self, options: &[String]) -> String {
        self.tablespaces.get(options).map(|name| format!(" TABLESPACE {}", quoted(name))).unwrap_or_default()
    }
}

/// CHECK constraints: they are how the planner excludes children.
pub fn checks(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let checks = facts.constraints(|constraint| constraint.kind == ConstraintKind::Check);
    sorted(checks.into_iter().map(|(check, table)| one_check(facts, check, table)), refused)
}

fn one_check(facts: &Facts<'_>, check: &Constraint, table: &Table) -> Result<Step, Missing> {
    let of = QualifiedName::new(&table.schema, &table.name);
    let what = format!("constraint {} of {of}", quoted(&check.name));
    let tables = facts.with_ancestors(check.table_oid);
    match fragment("it", &check.definition) {
        Ok(definition) => {
            let sql = format!("ALTER TABLE ONLY {of} ADD CONSTRAINT {} {definition}", quoted(&check.name));
            Ok(Step { what, sql, alone: true, tables })
        }
        Err(why) => Err(Missing { what, why, tables }),
    }
}

impl Facts<'_> {
    /// Constraints of tables that are made, with their tables, in the order of their making.
    pub fn constraints(&self, wanted: impl Fn(&Constraint) -> bool) -> Vec<(&Constraint, &Table)> {
        let made = |table: &&Table| table.extension.is_none() && table.kind != TableKind::Foreign;
        let mut found: Vec<(&Constraint, &Table)> = self
            .snapshot
            .constraints
            .iter()
            .filter(|constraint| wanted(constraint))
            .filter_map(|constraint| Some((constraint, *self.tables.get(&constraint.table_oid).filter(|t| made(t))?)))
            .collect();
        found.sort_by_key(|(constraint, _)| constraint.oid);
        found
    }
}

/// Partitions and children of old inheritance, joined to their parents when both are there.
pub fn parents(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let children = facts.snapshot.tables.iter().filter(|table| table.kind != TableKind::Foreign);
    let pairs = children.flat_map(|table| table.parents.iter().map(move |parent| (table, *parent)));
    sorted(pairs.map(|(child, parent)| one_parent(facts, child, parent)), refused)
}

fn one_parent(facts: &Facts<'_>, child: &Table, parent: u32) -> Result<Step, Missing> {
    let of = QualifiedName::new(&child.schema, &child.name);
    let (what, tables) = (format!("inheritance of {of}"), facts.with_ancestors(child.oid));
    let worded = || {
        let above = facts.table_name(parent).ok_or("its parent is not in the snapshot")?;
        let Some(bound) = child.partition_bound.as_ref().filter(|_| child.is_partition) else {
            return Ok((format!("ALTER TABLE {of} INHERIT {above}"), false));
        };
        let bound = fragment("its bound", bound)?;
        Ok::<_, String>((format!("ALTER TABLE {above} ATTACH PARTITION {of} {bound}"), true))
    };
    match worded() {
        Ok((sql, alone)) => Ok(Step { what, sql, alone, tables }),
        Err(why) => Err(Missing { what, why, tables }),
    }
}

/// Foreign keys: from them the planner takes how many rows a join finds. Copies on partitions make themselves.
pub fn foreign_keys(facts: &Facts<'_>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let own = |key: &Constraint| key.kind == ConstraintKind::ForeignKey && key.parent_oid.is_none();
    let keys = facts.constraints(own);
    sorted(keys.into_iter().map(|(key, table)| one_key(facts, key, table)), refused)
}

fn one_key(facts: &Facts<'_>, key: &Constraint, table: &Table) -> Result<Step, Missing> {
    let of = QualifiedName::new(&table.schema, &table.name);
    let (what, tables) = (format!("foreign key {} of {of}", quoted(&key.name)), facts.with_ancestors(table.oid));
    let Some(referenced) = key.referenced_table_oid.and_then(|oid| facts.table_name(oid)) else {
        return Err(Missing { what, why: "the table that it references is not in the snapshot".to_owned(), tables });
    };
    let list = |columns: &[String]| columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let not_valid = if key.validated || table.kind == TableKind::Partitioned { "" } else { " NOT VALID" };
    let sql = format!(
        "ALTER TABLE {of} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {referenced} ({}){not_valid}",
        quoted(&key.name),
        list(&key.columns),
        list(&key.referenced_columns),
    );
    Ok(Step { what, sql, alone: false, tables })
}
