//! Traits of conditions: alternatives that no one index serves, values whose type turns the column's.

use sqlparser::ast::{BinaryOperator, Expr};

use crate::workload::{Operand, Trait};

use super::mention::Mention;
use super::{Binder, table};
use crate::workload::bind::condition::chain;
use crate::workload::bind::ingredients::{Ingredients, constant, unwrapped};
use crate::workload::bind::operator::comparison;
use crate::workload::bind::types;

impl Binder<'_> {
    /// Notes what the conjuncts of a WHERE or ON are like.
    pub fn condition_traits(&mut self, condition: &Expr) {
        for conjunct in chain(condition, &BinaryOperator::And) {
            match unwrapped(conjunct) {
                either @ Expr::BinaryOp { op: BinaryOperator::Or, .. } => {
                    self.alternatives(&chain(either, &BinaryOperator::Or));
                }
                single => self.comparison_traits(single),
            }
        }
        self.condition_subqueries(condition);
    }

    fn alternatives(&mut self, arms: &[&Expr]) {
        let optional =
            arms.iter().any(|arm| matches!(unwrapped(arm), Expr::IsNull(value) if constant(value).is_some()));
        let mentions: Vec<Mention> = arms.iter().map(|arm| self.mention(arm)).collect();
        if optional {
            self.optional(arms);
        } else if mentions.iter().any(|arm| arm.subquery) {
            self.note(Trait::of("or-subquery").table(self.first_table()));
        } else {
            self.across(&mentions);
        }
    }

    /// `$1 IS NULL OR column = $1`.
    fn optional(&mut self, arms: &[&Expr]) {
        for arm in arms {
            let Expr::BinaryOp { left, right, .. } = unwrapped(arm) else { continue };
            let operands = [self.trace(left), self.trace(right)].concat();
            if let [operand] = operands.as_slice() {
                self.note(about("optional-condition", operand));
            }
        }
    }

    /// Alternatives of different tables: neither table can be searched by its own.
    fn across(&mut self, arms: &[Mention]) {
        let single =
            |arm: &Mention| if arm.unknown || arm.sources.len() != 1 { None } else { arm.sources.first().copied() };
        let Some(sources) = arms.iter().map(single).collect::<Option<Vec<usize>>>() else { return };
        let other = sources.iter().find(|source| **source != sources[0]).copied();
        let oid = |position: usize| self.frames.last()?.sources.get(position).and_then(table);
        if let (Some(one), Some(two)) = (oid(sources[0]), other.and_then(oid)) {
            self.note(Trait::of("or-across-tables").table(Some(one)).other_table(Some(two)));
        }
    }

    fn comparison_traits(&mut self, expr: &Expr) {
        match expr {
            Expr::BinaryOp { left, op, right } if comparison(op).is_some() => {
                self.sides(left, right);
                self.sides(right, left);
            }
            Expr::InList { expr, list, .. } => list.iter().take(1).for_each(|value| self.sides(expr, value)),
            Expr::Between { expr, low, .. } => self.sides(expr, low),
            Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => self.sides(expr, pattern),
            Expr::AnyOp { left, right, .. } => self.sides(left, right),
            _ => {}
        }
    }

    /// A column, or an expression over columns, beside a value.
    fn sides(&mut self, column: &Expr, value: &Expr) {
        if constant(value).is_none() || constant(column).is_some() {
            return;
        }
        match self.trace(column).as_slice() {
            [operand] if operand.expression.is_none() => {
                if let Some(written) = type_of(value) {
                    self.note(about("typed-value", operand).detail(written));
                }
            }
            [] => self.several_columns(column),
            _ => {}
        }
    }

    /// `first || ' ' || last = $1`: an expression over several columns of one table.
    fn several_columns(&mut self, expr: &Expr) {
        let ingredients = Ingredients::of(expr);
        if ingredients.subquery || ingredients.aggregate || ingredients.opaque || ingredients.columns.len() < 2 {
            return;
        }
        let bound = ingredients.columns.iter().map(|parts| match self.look_up(parts).as_slice() {
            [operand] if operand.expression.is_none() => Some(operand.clone()),
            _ => None,
        });
        let Some(bound) = bound.collect::<Option<Vec<Operand>>>() else { return };
        let same_table = bound.iter().all(|operand| operand.table_use == bound[0].table_use);
        if same_table && bound.iter().any(|operand| operand.column != bound[0].column) {
            self.note(about("computed-columns", &bound[0]).detail(self.unqualified(unwrapped(expr))));
        }
    }
}

pub(super) fn about(name: &'static str, operand: &Operand) -> Trait {
    Trait::of(name).table(Some(operand.table_oid)).column(&operand.column)
}

/// The type that a value is cast to, as `pg_type.typname`, of an array its elements'.
fn type_of(value: &Expr) -> Option<String> {
    let data_type = match unwrapped(value) {
        Expr::Cast { data_type, .. } => data_type,
        Expr::TypedString(typed) => &typed.data_type,
        _ => return None,
    };
    let base = types::target(data_type).base;
    Some(base.strip_prefix('_').unwrap_or(&base).to_owned())
}
