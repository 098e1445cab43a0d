//! The statements that make the schema of a snapshot again, as far as the planner looks at it.
//!
//! Every name is quoted; every piece of SQL from the snapshot is looked at before it becomes part of a statement. A
//! statement stands for one thing, so that a failure costs that thing and what needs it.

mod default;
mod index;
mod kinds;
mod relation;
mod table;

use std::collections::BTreeMap;

use super::Missing;
use super::fragment::{is_fragment, is_name};
use crate::ident::QualifiedName;
use crate::snapshot::{Snapshot, Table};

pub(super) use default::SEQUENCE;
pub(super) use index::lab_names;
pub(super) use table::dropped;

/// The lab's own schema, role and database.
pub(super) const OWN: &str = "pgassay_lab";

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// What it makes: `index public.orders_a_idx`.
    pub what: String,
    /// The statement.
    pub sql: String,
    /// It holds SQL of the snapshot that is more than names: it goes alone, by a protocol that takes one statement.
    pub alone: bool,
    /// Tables of the snapshot whose plans cannot be trusted without it.
    pub tables: Vec<u32>,
}

/// All statements, in the order in which they go.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Each phase needs only those before it and itself.
    pub phases: Vec<Vec<Step>>,
    /// Goes after the statistics: a check of a domain runs wherever a value of it is read, a default wherever a row is
    /// put in.
    pub late: Vec<Step>,
    /// What is not even tried.
    pub refused: Vec<Missing>,
}

/// What the steps are made from.
pub(super) struct Facts<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// Its tables.
    pub tables: BTreeMap<u32, &'a Table>,
    /// Version of the lab.
    pub major: u32,
    /// Names of the existing indexes in the lab.
    pub names: &'a BTreeMap<u32, String>,
    /// Name of the tablespace with these options.
    pub tablespaces: &'a BTreeMap<Vec<String>, String>,
}

/// All steps of a snapshot.
pub(super) fn plan(facts: &Facts<'_>) -> Plan {
    let mut plan = Plan::default();
    let (early, late) = kinds::types(facts, &mut plan.refused);
    plan.late = late;
    plan.late.extend(default::defaults(facts));
    let functions = kinds::functions(facts, &mut plan.refused);
    let tables = table::tables(facts, &mut plan.refused);
    let gaps = table::gaps(facts);
    let checks = table::checks(facts, &mut plan.refused);
    let parents = table::parents(facts, &mut plan.refused);
    let indexes = index::indexes(facts, &mut plan.refused);
    let attached = index::attached(facts);
    let keys = table::foreign_keys(facts, &mut plan.refused);
    let statistics = relation::statistics(facts, &mut plan.refused);
    let views = relation::views(facts, &mut plan.refused);
    plan.phases = vec![early, functions, tables, gaps, checks, parents, indexes, attached, keys, statistics, views];
    plan
}

impl<'a> Facts<'a> {
    /// Of a snapshot.
    pub fn new(
        snapshot: &'a Snapshot,
        major: u32,
        names: &'a BTreeMap<u32, String>,
        tablespaces: &'a BTreeMap<Vec<String>, String>,
    ) -> Self {
        let tables = snapshot.tables.iter().map(|table| (table.oid, table)).collect();
        Self { snapshot, tables, major, names, tablespaces }
    }

    /// A table and everything that is read together with it: its partitioned or inherited ancestors.
    pub fn with_ancestors(&self, oid: u32) -> Vec<u32> {
        let mut found = vec![oid];
        let mut at = 0;
        while let Some(oid) = found.get(at).copied() {
            at += 1;
            let parents = self.tables.get(&oid).map(|table| table.parents.as_slice()).unwrap_or_default();
            let new: Vec<u32> = parents.iter().copied().filter(|parent| !found.contains(parent)).collect();
            found.extend(new);
        }
        found
    }

    /// Quoted name of a table.
    pub fn table_name(&self, oid: u32) -> Option<String> {
        let table = self.tables.get(&oid)?;
        Some(QualifiedName::new(&table.schema, &table.name).to_string())
    }
}

/// A name as the server prints it, or why not.
pub(super) fn name<'a>(what: &str, text: &'a str) -> Result<&'a str, String> {
    if is_name(text) { Ok(text) } else { Err(format!("{what} is not a name: {}", shortened(text))) }
}

/// An expression or clause, or why not.
pub(super) fn fragment<'a>(what: &str, text: &'a str) -> Result<&'a str, String> {
    if is_fragment(text) { Ok(text) } else { Err(format!("{what} is not one piece of SQL: {}", shortened(text))) }
}

fn shortened(text: &str) -> String {
    let line: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > 60 { format!("{line}…") } else { line }
}

/// Sorts what could be worded from what could not.
fn sorted(items: impl Iterator<Item = Result<Step, Missing>>, refused: &mut Vec<Missing>) -> Vec<Step> {
    let mut steps = Vec::new();
    for item in items {
        match item {
            Ok(step) => steps.push(step),
            Err(missing) => refused.push(missing),
        }
    }
    steps
}

/// `name = 'value'` of those options that have a plain name and that `wanted` lets through.
fn options(options: &[String], wanted: impl Fn(&str) -> bool) -> String {
    let pairs: Vec<String> = options
        .iter()
        .filter_map(|option| option.split_once('='))
        .filter(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| format!("{name} = {}", crate::ident::literal(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!(" WITH ({})", pairs.join(", ")) }
}
