//! What an expression is made of: columns, parameters, subqueries, aggregates.

use sqlparser::ast::{Expr, Ident, Value, Visit};

use super::aggregate::is_aggregate;
use super::{Binder, outermost};

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
        let mut found = Self::default();
        outermost::queries(expr, |_| found.subquery = true);
        outermost::expressions(expr, |expr| match expr {
            Expr::Identifier(ident) => found.columns.push(vec![ident.clone()]),
            Expr::CompoundIdentifier(parts) => found.columns.push(parts.clone()),
            Expr::CompoundFieldAccess { .. } => found.opaque = true,
            Expr::Function(function) if is_aggregate(function) => found.aggregate = true,
            _ => {}
        });
        found
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
        outermost::queries(node, |query| {
            self.subquery(query);
        });
    }
}
