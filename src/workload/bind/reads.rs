//! Which columns a statement reads of each table use, and what it takes the least or greatest of.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Visit,
};

use crate::workload::Operand;

use super::aggregate::{is_aggregate, name};
use super::relation::object_parts;
use super::scope::{Columns, Source, folded, look_up};
use super::{Binder, aggregate, outermost};

/// Columns that no index holds.
const SYSTEM: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

impl Binder<'_> {
    /// The columns that a SELECT reads, subqueries left out: they note their own.
    pub fn note_reads(&mut self, select: &Select) {
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => self.reads_all(None),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    self.reads_all(object_parts(name).last().map(String::as_str));
                }
                item => self.reads(item),
            }
        }
        self.reads(&select.selection);
        self.reads(&select.group_by);
        self.reads(&select.having);
    }

    /// The columns that an expression reads, subqueries left out.
    pub fn reads<N: Visit>(&mut self, node: &N) {
        let mut seen = Seen::default();
        outermost::expressions(node, |expr| seen.look(expr));
        if seen.whole {
            self.reads_all(None);
        }
        for parts in &seen.columns {
            match look_up(&self.frames, self.catalog, parts) {
                Some(operands) => self.note_read(&operands),
                None => self.reads_row(parts),
            }
        }
    }

    /// A name that is no column: a whole row by its alias, or a column of the system.
    fn reads_row(&mut self, parts: &[Ident]) {
        let names: Vec<String> = parts.iter().map(folded).collect();
        let system = names.last().is_some_and(|name| SYSTEM.contains(&name.as_str()));
        self.reads_all(if system { None } else { names.last().map(String::as_str) });
    }

    /// Notes that these columns are read.
    pub fn note_read(&mut self, operands: &[Operand]) {
        for operand in operands {
            let reads = self.out.tables.get_mut(operand.table_use).and_then(|table| table.reads.as_mut());
            if let Some(reads) = reads {
                reads.insert(operand.column.clone());
            }
        }
    }

    /// Notes that every column is read, of the source of this name or of all sources in scope.
    pub fn reads_all(&mut self, alias: Option<&str>) {
        let named = |source: &&Source| alias.is_none_or(|alias| source.alias == alias);
        let table_use = |source: &Source| match source.columns {
            Columns::Table { table_use, .. } => Some(table_use),
            _ => None,
        };
        // a qualified name may be of a scope further out
        let first = if alias.is_some() { 0 } else { self.frames.len().saturating_sub(1) };
        let uses: Vec<usize> =
            self.frames[first..].iter().flat_map(|frame| &frame.sources).filter(named).filter_map(table_use).collect();
        for table_use in uses {
            if let Some(table) = self.out.tables.get_mut(table_use) {
                table.reads = None;
            }
        }
    }

    /// `min()` and `max()` of one table, which the planner turns into the first row by an index.
    pub fn note_extremes(&mut self, select: &Select) {
        let grouped = match &select.group_by {
            GroupByExpr::Expressions(list, modifiers) => !list.is_empty() || !modifiers.is_empty(),
            GroupByExpr::All(_) => true,
        };
        let one_table = matches!(select.from.as_slice(), [only] if only.joins.is_empty());
        let mut seen = Extremes::default();
        outermost::expressions(&select.projection, |expr| seen.look(expr));
        outermost::expressions(&select.having, |expr| seen.look(expr));
        if grouped || !one_table || seen.others || select.distinct.is_some() {
            return;
        }
        let operands: Option<Vec<Operand>> = seen.of.iter().map(|expr| self.trace(expr).pop()).collect();
        self.out.extremes.extend(operands.unwrap_or_default());
    }
}

#[derive(Default)]
struct Seen {
    columns: Vec<Vec<Ident>>,
    whole: bool,
}

impl Seen {
    fn look(&mut self, expr: &Expr) {
        match expr {
            Expr::Identifier(ident) => self.columns.push(vec![ident.clone()]),
            Expr::CompoundIdentifier(parts) => self.columns.push(parts.clone()),
            Expr::CompoundFieldAccess { .. } => self.whole = true,
            Expr::Function(function) => self.whole |= has_row(function),
            _ => {}
        }
    }
}

/// `count(t.*)`.
fn has_row(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    list.args.iter().any(|one| matches!(one, FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_))))
}

#[derive(Default)]
struct Extremes {
    of: Vec<Expr>,
    others: bool,
}

impl Extremes {
    fn look(&mut self, expr: &Expr) {
        let Expr::Function(function) = expr else { return };
        if is_aggregate(function) {
            match extreme(function) {
                Some(of) => self.of.push(of.clone()),
                None => self.others = true,
            }
        }
    }
}

fn extreme(function: &Function) -> Option<&Expr> {
    let by_name = matches!(name(&function.name).as_str(), "min" | "max") && function.filter.is_none();
    if !by_name || !aggregate::is_plain_aggregate(function) {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => Some(expr),
        _ => None,
    }
}
