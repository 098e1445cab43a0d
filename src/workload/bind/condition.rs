//! The tree of AND, OR and NOT, down to its predicates.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, VisitMut, VisitorMut};

use crate::ident::quoted;
use crate::workload::repair::LOST_FIELD;
use crate::workload::{Alternative, Comparison};

use super::Binder;
use super::ingredients::unwrapped;

/// Where in its WHERE, ON or HAVING a condition stands.
#[derive(Debug, Clone)]
pub struct Context {
    /// Only ANDs above it.
    pub conjunct: bool,
    /// The outermost OR above it.
    pub disjunction: Option<usize>,
    /// Only ANDs between it and that OR, and above that OR.
    pub alternative: Option<Alternative>,
    /// An odd number of NOTs above it.
    pub negated: bool,
    /// Table uses that the condition filters; an outer join's ON does not filter the side that it keeps.
    pub filters: Option<Range<usize>>,
}

impl Context {
    /// Of a WHERE, HAVING or inner ON.
    pub fn filter() -> Self {
        Self { conjunct: true, disjunction: None, alternative: None, negated: false, filters: None }
    }

    /// Of an outer join's ON, which filters these table uses only.
    pub fn filters(uses: Range<usize>) -> Self {
        Self { filters: Some(uses), ..Self::filter() }
    }

    fn below(&self, disjunction: Option<usize>, alternative: Option<Alternative>) -> Self {
        Self { conjunct: false, disjunction, alternative, ..self.clone() }
    }

    /// What a comparison is when the NOTs above are counted in, and whether it still is a conjunct.
    pub fn apply(&self, comparison: Comparison) -> (Comparison, bool) {
        if !self.negated {
            return (comparison, self.conjunct);
        }
        match comparison {
            Comparison::IsNull => (Comparison::IsNotNull, self.conjunct),
            Comparison::IsNotNull => (Comparison::IsNull, self.conjunct),
            Comparison::IsTrue => (Comparison::IsFalse, self.conjunct),
            Comparison::IsFalse => (Comparison::IsTrue, self.conjunct),
            Comparison::NotEqual => (Comparison::Equal, false),
            Comparison::Equal | Comparison::In | Comparison::Like | Comparison::ILike | Comparison::Regex => {
                (Comparison::NotEqual, self.conjunct)
            }
            other => (other, false),
        }
    }
}

impl Binder<'_> {
    /// Binds a condition and everything in it.
    pub fn condition(&mut self, expr: &Expr, context: &Context) {
        match unwrapped(expr) {
            inner @ Expr::BinaryOp { op: BinaryOperator::And, .. } => {
                let parts = chain(inner, &BinaryOperator::And);
                if context.negated { self.any_of(&parts, context) } else { self.all_of(&parts, context) }
            }
            inner @ Expr::BinaryOp { op: BinaryOperator::Or, .. } => {
                let parts = chain(inner, &BinaryOperator::Or);
                if context.negated { self.all_of(&parts, context) } else { self.any_of(&parts, context) }
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                self.condition(expr, &Context { negated: !context.negated, ..context.clone() });
            }
            Expr::Exists { subquery, .. } => self.subquery(subquery),
            _ => self.predicate(expr, context),
        }
    }

    fn all_of(&mut self, parts: &[&Expr], context: &Context) {
        for part in parts {
            self.condition(part, context);
        }
    }

    fn any_of(&mut self, parts: &[&Expr], context: &Context) {
        let disjunction = context.disjunction.unwrap_or_else(|| {
            self.disjunctions += 1;
            self.disjunctions - 1
        });
        for (arm, part) in parts.iter().enumerate() {
            let alternative = context.conjunct.then_some(Alternative { arm, arms: parts.len() });
            self.condition(part, &context.below(Some(disjunction), alternative));
        }
    }

    /// A condition as SQL with bare column names, as a partial index has it.
    pub fn unqualified(&self, expr: &Expr) -> String {
        let mut copy = expr.clone();
        let _ = copy.visit(&mut Unqualify { binder: self });
        copy.to_string().replace(LOST_FIELD, "$1")
    }
}

/// The operands of a chain of one operator, in order; chains may be thousands long.
pub fn chain<'e>(expr: &'e Expr, operator: &BinaryOperator) -> Vec<&'e Expr> {
    let mut parts = Vec::new();
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        match unwrapped(expr) {
            Expr::BinaryOp { left, op, right } if op == operator => waiting.extend([&**right, &**left]),
            _ => parts.push(expr),
        }
    }
    parts
}

struct Unqualify<'b, 'a> {
    binder: &'b Binder<'a>,
}

impl VisitorMut for Unqualify<'_, '_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> std::ops::ControlFlow<()> {
        let (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) = expr else {
            return std::ops::ControlFlow::Continue(());
        };
        let traced = self.binder.trace(expr);
        if let Some(operand) = traced.first().filter(|operand| operand.expression.is_none()) {
            *expr = Expr::Identifier(sqlparser::ast::Ident::new(quoted(&operand.column)));
        }
        std::ops::ControlFlow::Continue(())
    }
}
