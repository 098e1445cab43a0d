//! What a node holds itself, and what its subqueries hold is left to them.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

/// Shows every expression that stands outside of subqueries, from the outside in.
pub fn expressions<N: Visit>(node: &N, each: impl FnMut(&Expr)) {
    let _ = node.visit(&mut Outermost { depth: 0, expression: each, query: |_: &Query| {} });
}

/// Shows every subquery that stands in no other.
pub fn queries<N: Visit>(node: &N, each: impl FnMut(&Query)) {
    let _ = node.visit(&mut Outermost { depth: 0, expression: |_: &Expr| {}, query: each });
}

struct Outermost<E, Q> {
    depth: usize,
    expression: E,
    query: Q,
}

impl<E: FnMut(&Expr), Q: FnMut(&Query)> Visitor for Outermost<E, Q> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            (self.query)(query);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth == 0 {
            (self.expression)(expr);
        }
        ControlFlow::Continue(())
    }
}
