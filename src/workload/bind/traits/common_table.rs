//! Traits of WITH: what is computed apart, and recursion that only the data ends.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Cte, CteAsMaterialized, Expr, GroupByExpr, Query, SetExpr, SetQuantifier, UnaryOperator, Visit,
    Visitor,
};

use crate::workload::Trait;

use super::Binder;
use crate::workload::bind::aggregate::Calls;
use crate::workload::bind::select::is_limited;

impl Binder<'_> {
    /// Notes a CTE that the server computes whole before anything is asked of it.
    pub fn fence_trait(&mut self, cte: &Cte, uses: usize) {
        let detail = match cte.materialized {
            Some(CteAsMaterialized::Materialized) => "materialized",
            None if uses > 1 => "used more than once",
            _ => return,
        };
        if reads_rows(&cte.query) {
            let table = self.first_relation(&cte.query, "");
            self.note(Trait::of("fenced-cte").table(table).detail(detail));
        }
    }

    /// Notes a recursion that has no bound of its own: no depth, no path, no UNION that stops at what was seen.
    pub fn recursion_trait(&mut self, query: &Query, step: &SetExpr, quantifier: SetQuantifier, name: &str) {
        let keeps_all = matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName);
        let mut bound = Bound { found: query.limit_clause.is_some() || query.fetch.is_some() };
        let _ = step.visit(&mut bound);
        if keeps_all && !bound.found {
            let table = self.first_relation(step, name);
            self.note(Trait::of("unbounded-recursion").table(table));
        }
    }
}

/// Whether a query hands its rows on as they are: an aggregate, a window or a LIMIT has to see them all anyway.
fn reads_rows(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    let mut calls = Calls::default();
    calls.look(&select.projection);
    let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
    ungrouped && !calls.aggregate && !calls.window && select.distinct.is_none() && !is_limited(query)
}

/// A comparison that can end a recursion.
struct Bound {
    found: bool,
}

impl Visitor for Bound {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.found |= match expr {
            Expr::BinaryOp { op, .. } => matches!(
                op,
                BinaryOperator::Lt
                    | BinaryOperator::LtEq
                    | BinaryOperator::Gt
                    | BinaryOperator::GtEq
                    | BinaryOperator::NotEq
            ),
            Expr::UnaryOp { op: UnaryOperator::Not, .. } | Expr::AllOp { .. } | Expr::IsDistinctFrom(..) => true,
            Expr::InList { negated, .. } | Expr::InSubquery { negated, .. } | Expr::Exists { negated, .. } => *negated,
            _ => false,
        };
        ControlFlow::Continue(())
    }
}
