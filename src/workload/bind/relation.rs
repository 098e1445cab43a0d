//! The items of FROM: tables, views, subqueries, functions, CTEs.

use std::collections::BTreeSet;
use std::rc::Rc;

use sqlparser::ast::{ObjectName, ObjectNamePart, Query, Spanned, TableAlias, TableFactor, TableWithJoins};

use crate::workload::{TableUse, Trait};

use super::catalog::Relation;
use super::scope::{Columns, Frame, Output, Source, folded};
use super::{Binder, span};

impl Binder<'_> {
    /// Binds a FROM into the innermost scope.
    pub fn from(&mut self, tables: &[TableWithJoins]) {
        let (first_source, first_use) = (self.frame_len(), self.out.tables.len());
        for table in tables {
            self.table_with_joins(table);
        }
        self.count_sources(first_source, first_use);
    }

    /// Notes how many items the table uses of one FROM are joined with.
    pub fn count_sources(&mut self, first_source: usize, first_use: usize) {
        let sources = self.frame_len() - first_source;
        self.joined.resize(self.out.tables.len(), 0);
        let depth = self.depth;
        for (table, joined) in self.out.tables.iter().zip(&mut self.joined).skip(first_use) {
            // a view's tables count what their view is joined with too
            if table.depth == depth {
                *joined = if *joined == 0 { sources } else { *joined + sources - 1 };
            }
        }
    }

    fn table_with_joins(&mut self, table: &TableWithJoins) {
        let (sources, uses) = (self.frame_len(), self.out.tables.len());
        self.relation(&table.relation);
        for join in &table.joins {
            self.join_clause(join, sources, uses);
        }
    }

    /// Binds one item and adds it to the innermost scope.
    pub fn relation(&mut self, relation: &TableFactor) {
        match relation {
            TableFactor::Table { name, alias, args: None, .. } => self.table(name, alias.as_ref()),
            TableFactor::Derived { lateral, subquery, alias, .. } => self.derived(*lateral, subquery, alias.as_ref()),
            TableFactor::NestedJoin { table_with_joins, alias } => self.nested(table_with_joins, alias.as_ref()),
            other => self.function(other),
        }
    }

    /// `(a JOIN b)`, which with an alias hides its parts.
    fn nested(&mut self, tables: &TableWithJoins, alias: Option<&TableAlias>) {
        let first = self.frame_len();
        self.table_with_joins(tables);
        let (Some(alias), Some(frame)) = (alias, self.frames.last_mut()) else { return };
        let hidden = frame.sources.split_off(first);
        let outputs: Vec<Output> = hidden.iter().flat_map(|source| source.outputs(self.catalog)).collect();
        self.add_outputs(outputs, Some(alias), "");
    }

    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) {
        let mut parts = object_parts(name);
        let Some(table) = parts.pop() else { return };
        let schema = parts.pop();
        if schema.is_none()
            && let Some(outputs) = self.common_table(&table)
        {
            return self.add_outputs(outputs, alias, &table);
        }
        match self.catalog.relation(schema.as_deref(), &table, self.path) {
            Relation::Table(oid) => self.base_table(oid, name, schema, &table, alias),
            Relation::View(position) => self.view(position, alias),
            Relation::System => {
                self.note(Trait::of("system-relation"));
                self.add(alias, &table, None, Columns::Unknown);
            }
            Relation::Unknown => self.unknown_table(name, schema, &table, alias),
        }
    }

    fn base_table(
        &mut self,
        oid: u32,
        name: &ObjectName,
        schema: Option<String>,
        table: &str,
        alias: Option<&TableAlias>,
    ) {
        let table_use = self.add_use(Some(oid), name, alias);
        self.add(alias, table, schema, Columns::Table { oid, table_use });
    }

    fn unknown_table(&mut self, name: &ObjectName, schema: Option<String>, table: &str, alias: Option<&TableAlias>) {
        self.add_use(None, name, alias);
        if self.views.is_empty() {
            self.unknown.insert(object_parts(name).join("."));
        }
        self.add(alias, table, schema, Columns::Unknown);
    }

    /// Adds a table use; returns its index.
    pub fn add_use(&mut self, table_oid: Option<u32>, name: &ObjectName, alias: Option<&TableAlias>) -> usize {
        let written = object_parts(name);
        let last = written.last().cloned().unwrap_or_default();
        let inside = !self.views.is_empty();
        self.out.tables.push(TableUse {
            table_oid,
            written: written.join("."),
            alias: alias.map_or(last, |alias| folded(&alias.name)),
            span: if inside { None } else { span::whole(self.tokens, name.span()) },
            depth: self.depth,
            nullable: false,
            joined: false,
            reads: table_oid.map(|_| BTreeSet::new()),
        });
        self.joined.push(0);
        self.out.tables.len() - 1
    }

    /// Adds a source to the innermost scope; an alias hides the schema and may rename columns.
    pub fn add(&mut self, alias: Option<&TableAlias>, name: &str, schema: Option<String>, columns: Columns) {
        let mut source = Source { alias: name.to_owned(), schema, columns };
        if let Some(alias) = alias {
            source.alias = folded(&alias.name);
            source.schema = None;
            let names: Vec<String> = alias.columns.iter().map(|column| folded(&column.name)).collect();
            if !names.is_empty() {
                source.columns = Columns::Listed(renamed(source.outputs(self.catalog), names));
            }
        }
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.sources.push(source);
        }
    }

    /// Adds a source whose columns are listed.
    pub fn add_outputs(&mut self, outputs: Vec<Output>, alias: Option<&TableAlias>, name: &str) {
        self.add(alias, name, None, Columns::Listed(outputs.into()));
    }

    /// A subquery sees the items before it only when it is LATERAL.
    fn derived(&mut self, lateral: bool, subquery: &Query, alias: Option<&TableAlias>) {
        let outputs = if lateral {
            self.subquery_outputs(subquery)
        } else {
            let hidden = self.frames.pop();
            let outputs = self.subquery_outputs(subquery);
            self.frames.extend(hidden);
            outputs
        };
        self.add_outputs(outputs, alias, "");
    }

    /// A function in FROM: its columns are known only where an alias names them.
    fn function(&mut self, relation: &TableFactor) {
        self.subqueries(relation);
        let (name, alias) = match relation {
            TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => (Some(name), alias),
            TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::XmlTable { alias, .. }
            | TableFactor::JsonTable { alias, .. } => (None, alias),
            _ => return,
        };
        let name = name.and_then(|name| object_parts(name).pop()).unwrap_or_default();
        self.add(alias.as_ref(), &name, None, Columns::Unknown);
    }
}

fn renamed(outputs: Vec<Output>, names: Vec<String>) -> Rc<[Output]> {
    let mut outputs = outputs;
    outputs.resize_with(outputs.len().max(names.len()), Output::default);
    for (output, name) in outputs.iter_mut().zip(names) {
        output.name = name;
    }
    outputs.into()
}

/// The parts of a name as the catalog has them.
pub fn object_parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .filter_map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(folded(ident)),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}
