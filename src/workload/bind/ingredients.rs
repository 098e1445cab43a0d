//! What an expression is made of: columns, parameters, subqueries, aggregates.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Value, Visit, Visitor};

use super::Binder;
use super::aggregate::is_aggregate;

/// What was found in an expression, subqueries not looked into.
#[derive(Debug, Default)]
pub struct Ingredients {
    /// Column references as written.
    pub columns: Vec<Vec<Ident>>,
    /// Holds a subquery.
    pub subquery: bool,
    /// Holds an aggregate or window function.
    pub aggregate: bool,
    /// Holds a field access that is bound to nothing.
    pub opaque: bool,
}

impl Ingredients {
    /// Of an expression.
    pub fn of(expr: &Expr) -> Self {
        let mut collector = Collector::default();
        let _ = expr.visit(&mut collector);
        collector.found
    }
}

#[derive(Default)]
struct Collector {
    found: Ingredients,
    depth: usize,
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.found.subquery = true;
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(ident) => self.found.columns.push(vec![ident.clone()]),
            Expr::CompoundIdentifier(parts) => self.found.columns.push(parts.clone()),
            Expr::CompoundFieldAccess { .. } => self.found.opaque = true,
            Expr::Function(function) if is_aggregate(function) => self.found.aggregate = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// An expression without the parentheses around it.
pub fn unwrapped(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// Whether it is a parameter or literal, bare or cast.
pub fn constant(expr: &Expr) -> Option<&Value> {
    match unwrapped(expr) {
        Expr::Value(value) => Some(&value.value),
        Expr::Cast { expr, .. } => constant(expr),
        Expr::TypedString(typed) => Some(&typed.value.value),
        _ => None,
    }
}

impl Binder<'_> {
    /// Binds the subqueries of an expression, each once.
    pub fn subqueries<N: Visit>(&mut self, node: &N) {
        let _ = node.visit(&mut Walker { binder: self, depth: 0 });
    }
}

struct Walker<'w, 'a> {
    binder: &'w mut Binder<'a>,
    depth: usize,
}

impl Visitor for Walker<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.binder.subquery(query);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}
