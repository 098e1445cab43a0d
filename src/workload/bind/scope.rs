//! Names in scope: what FROM brings in, level by level.

use std::rc::Rc;

use sqlparser::ast::Ident;

use crate::workload::Operand;

use super::Catalog;

/// A column of a subquery, CTE or view, with the base columns that it is.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// One, or one per branch of a UNION; none where a condition on it cannot reach a table.
    pub operands: Vec<Operand>,
}

/// The columns that an item of FROM has.
#[derive(Debug, Clone)]
pub enum Columns {
    /// Those of a table.
    Table {
        /// `pg_class.oid`.
        oid: u32,
        /// Index into `Query::tables`.
        table_use: usize,
    },
    /// Listed.
    Listed(Rc<[Output]>),
    /// Not known: functions, system catalogs, tables outside the snapshot.
    Unknown,
}

/// An item of FROM.
#[derive(Debug, Clone)]
pub struct Source {
    /// Alias, else the name.
    pub alias: String,
    /// Schema, if a table was written with one and has no alias.
    pub schema: Option<String>,
    /// What it has.
    pub columns: Columns,
}

impl Source {
    /// Base columns behind a name; `None` when there is no such column, as far as is known.
    pub fn column(&self, catalog: &Catalog, name: &str) -> Option<Vec<Operand>> {
        match &self.columns {
            Columns::Table { oid, table_use } => {
                catalog.column(*oid, name).map(|_| vec![operand(*oid, *table_use, name)])
            }
            Columns::Listed(list) => {
                list.iter().find(|output| output.name == name).map(|output| output.operands.clone())
            }
            Columns::Unknown => None,
        }
    }

    /// All of its columns, for `*` and NATURAL.
    pub fn outputs(&self, catalog: &Catalog) -> Vec<Output> {
        match &self.columns {
            Columns::Table { oid, table_use } => {
                let output =
                    |name: &str| Output { name: name.to_owned(), operands: vec![operand(*oid, *table_use, name)] };
                catalog.columns(*oid).iter().map(|column| output(&column.name)).collect()
            }
            Columns::Listed(list) => list.to_vec(),
            Columns::Unknown => Vec::new(),
        }
    }

    fn is_called(&self, qualifier: &[String]) -> bool {
        match qualifier {
            [alias] => self.alias == *alias,
            [schema, name] => self.alias == *name && self.schema.as_ref().is_some_and(|own| own == schema),
            _ => false,
        }
    }
}

fn operand(table_oid: u32, table_use: usize, column: &str) -> Operand {
    Operand { table_use, table_oid, column: column.to_owned(), expression: None, span: None }
}

/// The items of one FROM.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// In order.
    pub sources: Vec<Source>,
}

/// The base columns behind a name, innermost scope first; `None` when it is not known.
pub fn look_up(frames: &[Frame], catalog: &Catalog, parts: &[Ident]) -> Option<Vec<Operand>> {
    let mut names: Vec<String> = parts.iter().map(folded).collect();
    let column = names.pop()?;
    for frame in frames.iter().rev() {
        if names.is_empty() {
            if let Some(found) = frame.sources.iter().find_map(|source| source.column(catalog, &column)) {
                return Some(found);
            }
            // it may be one of an item whose columns are not known
            if frame.sources.iter().any(|source| matches!(source.columns, Columns::Unknown)) {
                return None;
            }
        } else if let Some(source) = frame.sources.iter().find(|source| source.is_called(&names)) {
            return source.column(catalog, &column);
        }
    }
    None
}

/// Whether a name can be no column of what is in scope: then it is a variable or parameter of the
/// function that the statement was run in, since the server did accept it.
pub fn is_variable(frames: &[Frame], catalog: &Catalog, parts: &[Ident]) -> bool {
    let mut names: Vec<String> = parts.iter().map(folded).collect();
    let Some(column) = names.pop() else { return false };
    let may_be = |source: &Source| match (&source.columns, names.is_empty()) {
        (Columns::Unknown, true) => true,
        (_, true) => source.column(catalog, &column).is_some() || source.alias == column,
        (_, false) => names.contains(&source.alias),
    };
    let system = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"].contains(&column.as_str());
    !system && !frames.iter().flat_map(|frame| &frame.sources).any(may_be)
}

/// A name as the catalog has it: unquoted ones in lower case.
pub fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.replace("\"\"", "\"") } else { ident.value.to_ascii_lowercase() }
}
