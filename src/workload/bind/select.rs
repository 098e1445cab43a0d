//! SELECT and what surrounds it: set operations, VALUES, LIMIT, locks.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, LimitClause, LockClause, LockType, NonBlock, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, Spanned, TableFactor, Value,
};

use crate::workload::{Limit, Lock, Trait};

use super::aggregate::{self, Calls};
use super::condition::Context;
use super::ingredients::constant;
use super::relation::object_parts;
use super::scope::{Frame, Output, folded};
use super::with::fenced;
use super::{Binder, span};

impl Binder<'_> {
    /// Binds a subquery for its own sake.
    pub fn subquery(&mut self, query: &Query) {
        self.subquery_outputs(query);
    }

    /// Binds a subquery and returns its columns.
    pub fn subquery_outputs(&mut self, query: &Query) -> Vec<Output> {
        self.depth += 1;
        let outputs = self.query(query, false);
        self.depth -= 1;
        outputs
    }

    /// Binds a query; `outermost` when it is the statement itself or the source of an INSERT.
    pub fn query(&mut self, query: &Query, outermost: bool) -> Vec<Output> {
        let ctes = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with, query);
        }
        self.locks(&query.locks);
        if outermost {
            self.limits(query);
        }
        let outputs = match &*query.body {
            SetExpr::Select(select) => self.select(select, query, outermost),
            SetExpr::Query(inner) => self.query(inner, outermost),
            body => self.set_expr(body, outermost),
        };
        self.ctes.truncate(ctes);
        if is_limited(query) { fenced(outputs) } else { outputs }
    }

    fn set_expr(&mut self, body: &SetExpr, outermost: bool) -> Vec<Output> {
        match body {
            SetExpr::Select(select) => self.select_alone(select, outermost),
            SetExpr::Query(query) => self.query(query, false),
            SetExpr::SetOperation { left, op, right, set_quantifier } => {
                self.union_trait(*op, *set_quantifier);
                self.set_operation(left, *op, right, outermost)
            }
            SetExpr::Values(values) => {
                for row in &values.rows {
                    self.subqueries(&row.content);
                }
                let width = values.rows.first().map_or(0, |row| row.content.len());
                if outermost {
                    self.out.select_columns = Some(width);
                }
                (1..=width).map(|column| Output { name: format!("column{column}"), operands: Vec::new() }).collect()
            }
            SetExpr::Insert(write) | SetExpr::Update(write) | SetExpr::Delete(write) | SetExpr::Merge(write) => {
                self.write(write, outermost)
            }
            SetExpr::Table(table) => self.whole_table(table, outermost),
        }
    }

    fn set_operation(&mut self, left: &SetExpr, op: SetOperator, right: &SetExpr, outermost: bool) -> Vec<Output> {
        let mut outputs = self.set_branch(left);
        let others = self.set_branch(right);
        if outermost {
            self.out.select_columns = select_width(left);
        }
        if op == SetOperator::Except {
            return fenced(outputs);
        }
        for (output, other) in outputs.iter_mut().zip(others) {
            // a condition that reaches one branch only cannot be pushed into both
            if output.operands.is_empty() || other.operands.is_empty() {
                output.operands.clear();
            } else {
                output.operands.extend(other.operands);
            }
        }
        outputs
    }

    /// One side of a set operation.
    pub fn set_branch(&mut self, body: &SetExpr) -> Vec<Output> {
        self.set_expr(body, false)
    }

    /// `TABLE t`.
    fn whole_table(&mut self, table: &sqlparser::ast::Table, outermost: bool) -> Vec<Output> {
        let ident = |name: &String| sqlparser::ast::Ident::new(name.clone());
        let parts: Vec<_> = table.schema_name.iter().chain(&table.table_name).map(ident).collect();
        self.frames.push(Frame::default());
        self.relation(&plain_table(ObjectName::from(parts)));
        if outermost {
            self.out.select_columns = None;
        }
        self.reads_all(None);
        let outputs = self.all_columns(None);
        self.frames.pop();
        outputs
    }

    fn select_alone(&mut self, select: &Select, outermost: bool) -> Vec<Output> {
        self.frames.push(Frame::default());
        let outputs = self.clauses(select, outermost);
        self.frames.pop();
        outputs
    }

    fn select(&mut self, select: &Select, query: &Query, outermost: bool) -> Vec<Output> {
        self.frames.push(Frame::default());
        let outputs = self.clauses(select, outermost);
        self.order(select, query, outermost);
        self.order_traits(query, outermost);
        self.frames.pop();
        outputs
    }

    fn clauses(&mut self, select: &Select, outermost: bool) -> Vec<Output> {
        // a subquery of the select list may see what FROM brings in, so FROM comes first
        self.from(&select.from);
        if outermost {
            self.note_outermost(select);
        }
        self.note_reads(select);
        self.note_extremes(select);
        self.select_traits(select, outermost);
        self.note_windows(select);
        for item in &select.projection {
            self.subqueries(item);
        }
        if let Some(condition) = &select.selection {
            self.condition(condition, &Context::filter());
        }
        self.subqueries(&select.group_by);
        if let Some(condition) = &select.having {
            self.condition(condition, &Context::filter());
        }
        if outermost {
            self.group(select);
            return Vec::new();
        }
        let mut calls = Calls::default();
        calls.look(&select.projection);
        let outputs = self.outputs(&select.projection);
        let fence = calls.window || matches!(select.distinct, Some(Distinct::On(_)));
        if fence { fenced(outputs) } else { outputs }
    }

    /// The columns of a select list.
    pub fn outputs(&self, projection: &[SelectItem]) -> Vec<Output> {
        let mut outputs = Vec::new();
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    outputs.push(Output { name: name_of(expr), operands: self.trace(expr) });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    outputs.push(Output { name: folded(alias), operands: self.trace(expr) });
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    outputs.extend(self.all_columns(object_parts(name).last().map(String::as_str)));
                }
                SelectItem::Wildcard(_) => outputs.extend(self.all_columns(None)),
                _ => outputs.push(Output::default()),
            }
        }
        outputs
    }

    fn all_columns(&self, alias: Option<&str>) -> Vec<Output> {
        let sources = self.frames.last().map_or(&[][..], |frame| &frame.sources);
        sources
            .iter()
            .filter(|source| alias.is_none_or(|alias| source.alias == alias))
            .flat_map(|source| source.outputs(self.catalog))
            .collect()
    }

    fn note_outermost(&mut self, select: &Select) {
        let mut calls = Calls::default();
        calls.look(&select.projection);
        calls.look(&select.having);
        let grouped = match &select.group_by {
            GroupByExpr::Expressions(list, modifiers) => !list.is_empty() || !modifiers.is_empty(),
            GroupByExpr::All(_) => true,
        };
        self.out.aggregates = calls.aggregate || grouped;
        self.out.single_row_aggregate = calls.aggregate && !grouped;
        self.out.distinct = select.distinct.is_some();
        self.out.select_columns = width(&select.projection);
    }

    fn locks(&mut self, locks: &[LockClause]) {
        for clause in locks {
            let lock = self.out.lock.get_or_insert_with(Lock::default);
            lock.exclusive |= matches!(clause.lock_type, LockType::Update);
            lock.skip_locked |= matches!(clause.nonblock, Some(NonBlock::SkipLocked));
            if matches!(clause.nonblock, Some(NonBlock::Nowait)) {
                self.note(Trait::of("nowait"));
            }
        }
    }

    fn limits(&mut self, query: &Query) {
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref(), offset.as_ref().map(|it| &it.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        let fetch = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
        if let Some(expr) = limit.or(fetch).filter(|expr| !matches!(constant(expr), Some(Value::Null))) {
            let ends = ["row", "rows", "only", "with", "ties"];
            let span =
                span::clause(self.tokens, expr.span(), &["limit", "fetch"], if limit.is_some() { &[] } else { &ends });
            self.out.limit = Some(Limit { rows: number(expr), span });
        } else if query.fetch.is_some() {
            self.out.limit = Some(Limit { rows: Some(1), span: None });
        }
        if let Some(expr) = offset.filter(|expr| number(expr) != Some(0)) {
            self.out.offset = span::clause(self.tokens, expr.span(), &["offset"], &["row", "rows"]);
        }
    }
}

/// Whether a query ends early, so that no condition may be moved into it.
pub fn is_limited(query: &Query) -> bool {
    query.fetch.is_some()
        || match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => limit.is_some() || offset.is_some(),
            Some(LimitClause::OffsetCommaLimit { .. }) => true,
            None => false,
        }
}

fn number(expr: &Expr) -> Option<u64> {
    match constant(expr) {
        Some(Value::Number(digits, _)) => digits.parse().ok(),
        _ => None,
    }
}

/// How many columns a select list has; `None` with a `*` in it.
pub fn width(projection: &[SelectItem]) -> Option<usize> {
    let star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    (!projection.iter().any(star)).then_some(projection.len())
}

fn select_width(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => width(&select.projection),
        SetExpr::SetOperation { left, .. } => select_width(left),
        SetExpr::Query(query) => select_width(&query.body),
        SetExpr::Values(values) => values.rows.first().map(|row| row.content.len()),
        _ => None,
    }
}

/// The name that `PostgreSQL` gives a column without alias.
fn name_of(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(ident) => folded(ident),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded).unwrap_or_default(),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => name_of(inner),
        Expr::Function(function) => aggregate::name(&function.name),
        _ => String::new(),
    }
}

/// A table in FROM with nothing else said of it.
pub fn plain_table(name: ObjectName) -> TableFactor {
    TableFactor::Table {
        name,
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}
