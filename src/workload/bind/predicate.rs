//! One predicate: its column, its operator, what it is compared with.

use sqlparser::ast::{BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Value};

use crate::ident::quoted;
use crate::workload::{Access, Comparison, Operand, Predicate};

use super::aggregate;
use super::condition::Context;
use super::expression::Side;
use super::ingredients::{constant, unwrapped};
use super::operator::{comparison, leading_wildcard, same_case};
use super::span;
use super::{Binder, IndexExpr};

/// What was found out about a predicate, but for its column.
#[derive(Debug, Clone)]
pub struct Finding {
    pub comparison: Comparison,
    pub operator: String,
    pub access: Access,
    pub leading_wildcard: Option<bool>,
}

impl Finding {
    fn new(comparison: Comparison, operator: impl Into<String>, access: Access) -> Self {
        Self { comparison, operator: operator.into(), access, leading_wildcard: None }
    }
}

impl Binder<'_> {
    /// Binds a condition that is no AND, OR or NOT.
    pub fn predicate(&mut self, expr: &Expr, context: &Context) {
        match unwrapped(expr) {
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expr, context),
            Expr::InList { expr: left, list, negated } => self.in_list(left, list, *negated, expr, context),
            Expr::InSubquery { expr: left, subquery, negated } => {
                self.in_subquery(left, subquery, *negated, expr, context);
            }
            Expr::Between { expr: column, negated, low, high } => {
                let access = self.strongest(&[low, high]);
                let comparison = if *negated { Comparison::NotEqual } else { Comparison::Range };
                self.unary(column, &Finding::new(comparison, "BETWEEN", access), expr, context);
            }
            Expr::Like { negated, expr: column, pattern, .. } => {
                self.like(column, "LIKE", *negated, pattern, expr, context);
            }
            Expr::ILike { negated, expr: column, pattern, .. } => {
                self.like(column, "ILIKE", *negated, pattern, expr, context);
            }
            Expr::SimilarTo { negated, expr: column, pattern, .. } => {
                self.like(column, "SIMILAR TO", *negated, pattern, expr, context);
            }
            Expr::AnyOp { left, compare_op, right, .. } => self.any(left, compare_op, right, expr, context),
            Expr::AllOp { left, right, .. } => {
                let access = self.strongest(&[right]);
                self.unary(left, &Finding::new(Comparison::NotEqual, "ALL", access), expr, context);
            }
            other => self.test(other, expr, context),
        }
    }

    /// `IS NULL`, `IS TRUE`, a bare boolean, a function that says yes or no.
    fn test(&mut self, inner: &Expr, expr: &Expr, context: &Context) {
        if let Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) = inner {
            return self.distinct(left, right, matches!(inner, Expr::IsDistinctFrom(..)), expr, context);
        }
        let (column, comparison, operator) = match inner {
            Expr::IsNull(column) => (&**column, Comparison::IsNull, "IS NULL"),
            Expr::IsNotNull(column) => (&**column, Comparison::IsNotNull, "IS NOT NULL"),
            Expr::IsTrue(column) => (&**column, Comparison::IsTrue, "IS TRUE"),
            Expr::IsFalse(column) => (&**column, Comparison::IsFalse, "IS FALSE"),
            Expr::IsNotTrue(column) => (&**column, Comparison::Other, "IS NOT TRUE"),
            Expr::IsNotFalse(column) => (&**column, Comparison::Other, "IS NOT FALSE"),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Cast { .. } => (inner, Comparison::IsTrue, ""),
            Expr::Function(function) => return self.call(function, expr, context),
            other => return self.subqueries(other),
        };
        self.unary(column, &Finding::new(comparison, operator, Access::Nothing), expr, context);
    }

    /// No operator class has either, so an index serves neither, and no join goes by it.
    fn distinct(&mut self, left: &Expr, right: &Expr, negated: bool, expr: &Expr, context: &Context) {
        let (comparison, operator) = if negated {
            (Comparison::NotEqual, "IS DISTINCT FROM")
        } else {
            (Comparison::Other, "IS NOT DISTINCT FROM")
        };
        self.compare(left, right, Finding::new(comparison, operator, Access::Nothing), expr, context);
    }

    /// `starts_with(name, $1)`: the first argument that is a column.
    fn call(&mut self, function: &sqlparser::ast::Function, expr: &Expr, context: &Context) {
        self.subqueries(function);
        if aggregate::is_aggregate(function) {
            return;
        }
        let FunctionArguments::List(list) = &function.args else { return };
        let column = list.args.iter().find_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => {
                Some(self.trace(expr)).filter(|found| !found.is_empty())
            }
            _ => None,
        });
        let finding = Finding::new(Comparison::Other, aggregate::name(&function.name), Access::Parameter);
        self.emit(&column.unwrap_or_default(), &finding, expr, context);
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, expr: &Expr, context: &Context) {
        if let (Expr::Tuple(left), Expr::Tuple(right)) = (unwrapped(left), unwrapped(right)) {
            // `(a, b) > ($1, $2)` says nothing of b by itself
            let apart = Context { conjunct: false, ..context.clone() };
            for (position, (left, right)) in left.iter().zip(right).enumerate() {
                let lone = position > 0 && *op != BinaryOperator::Eq;
                self.binary(left, op, right, expr, if lone { &apart } else { context });
            }
            return;
        }
        let Some(comparison) = comparison(op) else {
            self.subqueries(left);
            self.subqueries(right);
            return;
        };
        if matches!(comparison, Comparison::Like | Comparison::ILike) {
            return self.like(left, &op.to_string(), false, right, expr, context);
        }
        let finding = Finding::new(comparison, op.to_string(), Access::Nothing);
        match (comparison, constant(right)) {
            (Comparison::Equal, Some(Value::Boolean(value))) => {
                let comparison = if *value { Comparison::IsTrue } else { Comparison::IsFalse };
                self.unary(left, &Finding { comparison, ..finding }, expr, context);
            }
            _ => self.compare(left, right, finding, expr, context),
        }
    }

    /// Two sides: a column and something else makes a predicate, two columns make a join.
    fn compare(&mut self, left: &Expr, right: &Expr, finding: Finding, expr: &Expr, context: &Context) {
        match (self.side(left), self.side(right)) {
            (Side::Column(one), Side::Column(two)) => self.columns(&one, &two, &finding, expr, context),
            (Side::Column(column), Side::Other(access)) => {
                self.emit(&collated(column, right), &Finding { access, ..finding }, expr, context);
            }
            (Side::Other(access), Side::Column(column)) => {
                self.emit(&collated(column, left), &Finding { access, ..finding }, expr, context);
            }
            _ => {}
        }
    }

    fn columns(&mut self, left: &[Operand], right: &[Operand], finding: &Finding, expr: &Expr, context: &Context) {
        let related = left.iter().any(|one| right.iter().any(|two| one.table_use == two.table_use));
        if !related && finding.comparison == Comparison::Equal && context.conjunct && !context.negated {
            return self.join(left, right, self.span(expr));
        }
        let comparison = if related { Comparison::Other } else { finding.comparison };
        let finding = Finding { access: Access::Column, comparison, ..finding.clone() };
        self.emit(left, &finding, expr, context);
        if !related {
            self.emit(right, &finding, expr, context);
        }
    }

    /// One side only.
    fn unary(&mut self, column: &Expr, finding: &Finding, expr: &Expr, context: &Context) {
        if let Expr::Tuple(columns) = unwrapped(column) {
            for column in columns {
                self.unary(column, finding, expr, context);
            }
        } else if let Side::Column(operands) = self.side(column) {
            self.emit(&operands, finding, expr, context);
        }
    }

    fn in_list(&mut self, left: &Expr, list: &[Expr], negated: bool, expr: &Expr, context: &Context) {
        if let [only] = list {
            let op = if negated { BinaryOperator::NotEq } else { BinaryOperator::Eq };
            return self.binary(left, &op, only, expr, context);
        }
        let access = self.strongest(&list.iter().collect::<Vec<_>>());
        let comparison = if negated { Comparison::NotEqual } else { Comparison::In };
        let operator = if negated { "NOT IN" } else { "IN" };
        self.unary(left, &Finding::new(comparison, operator, access), expr, context);
    }

    fn in_subquery(&mut self, left: &Expr, subquery: &Query, negated: bool, expr: &Expr, context: &Context) {
        let comparison = if negated { Comparison::NotEqual } else { Comparison::In };
        let operator = if negated { "NOT IN" } else { "IN" };
        let finding = Finding::new(comparison, operator, Access::Subquery);
        let columns = match unwrapped(left) {
            Expr::Tuple(columns) => columns.iter().collect(),
            column => vec![column],
        };
        let sides: Vec<Side> = columns.into_iter().map(|column| self.side(column)).collect();
        for side in &sides {
            if let Side::Column(operands) = side {
                self.emit(operands, &finding, expr, context);
            }
        }
        let outputs = self.subquery_outputs(subquery);
        if negated != context.negated {
            self.negated_subquery(&outputs);
        }
        for (position, side) in sides.iter().enumerate() {
            let Side::Column(operands) = side else { continue };
            if let (Some(output), true) = (outputs.get(position), context.conjunct && !context.negated && !negated) {
                self.join(operands, &output.operands, self.span(expr));
            }
        }
    }

    fn like(&mut self, column: &Expr, operator: &str, negated: bool, pattern: &Expr, expr: &Expr, context: &Context) {
        let (left, right) = (self.side(column), self.side(pattern));
        let access = match right {
            Side::Other(access) => access,
            Side::Column(_) => Access::Column,
            Side::Opaque => return,
        };
        let Side::Column(operands) = left else { return };
        let comparison = match operator {
            _ if negated => Comparison::NotEqual,
            "SIMILAR TO" => Comparison::Regex,
            "ILIKE" | "~~*" => Comparison::ILike,
            _ if same_case(column, pattern) => Comparison::ILike,
            _ => Comparison::Like,
        };
        let leading_wildcard = match operator {
            "SIMILAR TO" => None,
            "^@" => Some(false),
            _ => leading_wildcard(pattern),
        };
        let operator = if negated { format!("NOT {operator}") } else { operator.to_owned() };
        self.emit(&operands, &Finding { comparison, operator, access, leading_wildcard }, expr, context);
    }

    /// `column = ANY($1)`, `$1 = ANY(column)`, `column = ANY (SELECT …)`.
    fn any(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, expr: &Expr, context: &Context) {
        if let (Expr::Subquery(query), BinaryOperator::Eq) = (unwrapped(right), op) {
            return self.in_subquery(left, query, false, expr, context);
        }
        let operator = format!("{op} ANY");
        let comparison = match comparison(op) {
            Some(Comparison::Equal) => Comparison::In,
            Some(found @ (Comparison::Like | Comparison::ILike | Comparison::Regex)) => found,
            _ => Comparison::Other,
        };
        match (self.side(left), self.side(right)) {
            (Side::Column(one), Side::Column(two)) => {
                self.emit(&one, &Finding::new(comparison, operator.clone(), Access::Column), expr, context);
                self.emit(&two, &Finding::new(Comparison::Array, operator, Access::Column), expr, context);
            }
            (Side::Column(column), Side::Other(access)) => {
                self.emit(&column, &Finding::new(comparison, operator, access), expr, context);
            }
            (Side::Other(access), Side::Column(column)) if *op == BinaryOperator::Eq => {
                self.emit(&column, &Finding::new(Comparison::Array, operator, access), expr, context);
            }
            _ => {}
        }
    }

    /// What several values are, taken together; binds the subqueries in them.
    pub fn strongest(&mut self, values: &[&Expr]) -> Access {
        let mut strongest = Access::Constant;
        for value in values {
            if let Expr::Tuple(inner) = unwrapped(value) {
                strongest = stronger(strongest, self.strongest(&inner.iter().collect::<Vec<_>>()));
                continue;
            }
            let access = match self.side(value) {
                Side::Other(access) => access,
                Side::Column(_) | Side::Opaque => Access::Column,
            };
            strongest = stronger(strongest, access);
        }
        strongest
    }

    /// Adds the predicate for each column that it is about.
    pub fn emit(&mut self, operands: &[Operand], finding: &Finding, expr: &Expr, context: &Context) {
        for operand in operands {
            let comparison = self.typed(finding.comparison, operand, &finding.operator);
            let Some(comparison) = comparison else { continue };
            let (comparison, conjunct) = context.apply(comparison);
            let filtered = context.filters.as_ref().is_none_or(|uses| uses.contains(&operand.table_use));
            let predicate = Predicate {
                operand: operand.clone(),
                comparison,
                operator: finding.operator.clone(),
                access: finding.access,
                leading_wildcard: finding.leading_wildcard,
                conjunct: conjunct && filtered,
                disjunction: context.disjunction,
                alternative: context.alternative.filter(|_| filtered && !context.negated),
                span: self.condition_span(expr, context),
                sql: self.condition_sql(expr, context),
            };
            self.out.predicates.push(predicate);
        }
    }

    fn condition_span(&self, expr: &Expr, context: &Context) -> Option<crate::workload::Span> {
        const BEHIND: [&str; 8] = ["is", "not", "null", "true", "false", "isnull", "notnull", "escape"];
        let tests = matches!(
            unwrapped(expr),
            Expr::IsNull(_)
                | Expr::IsNotNull(_)
                | Expr::IsTrue(_)
                | Expr::IsFalse(_)
                | Expr::IsNotTrue(_)
                | Expr::IsNotFalse(_)
        );
        let behind: &[&str] = match unwrapped(expr) {
            _ if tests => &BEHIND,
            Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } => &BEHIND[7..],
            _ => &[],
        };
        let place = sqlparser::ast::Spanned::span(expr);
        let inside = !self.views.is_empty();
        if inside { None } else { span::condition(self.tokens, place, behind, context.negated.then_some("not")) }
    }

    fn condition_sql(&self, expr: &Expr, context: &Context) -> String {
        let sql = self.unqualified(unwrapped(expr));
        match (context.negated, unwrapped(expr)) {
            (false, _) => sql,
            (true, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => format!("NOT {sql}"),
            (true, _) => format!("NOT ({sql})"),
        }
    }
}

/// A collation on the other side holds for both: an index on the bare column, in its own, is not used.
fn collated(operands: Vec<Operand>, other: &Expr) -> Vec<Operand> {
    let Expr::Collate { collation, .. } = unwrapped(other) else { return operands };
    let with_collation = |operand: Operand| {
        let inner =
            operand.expression.as_ref().map_or_else(|| quoted(&operand.column), |expression| expression.sql.clone());
        let expression = IndexExpr {
            sql: format!("{inner} COLLATE {collation}"),
            function: "collate".to_owned(),
            has_parameter: operand.expression.as_ref().is_some_and(|inner| inner.has_parameter),
            immutable: operand.expression.as_ref().is_none_or(|inner| inner.immutable),
        };
        Operand { expression: Some(expression), ..operand }
    };
    operands.into_iter().map(with_collation).collect()
}

fn stronger(one: Access, two: Access) -> Access {
    let rank = |access| match access {
        Access::Nothing | Access::Constant => 0,
        Access::Parameter => 1,
        Access::Subquery => 2,
        Access::Column => 3,
    };
    if rank(two) > rank(one) { two } else { one }
}
