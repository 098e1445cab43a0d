//! Operators: what they compare, by themselves and by the type of their column.

use sqlparser::ast::{BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use crate::workload::{Comparison, Operand};

use super::ingredients::{constant, unwrapped};
use super::{Binder, aggregate};

/// What an operator compares; `None` for one that gives no yes or no.
/// Operators that several types share are `Other` until the type of the column is known.
pub fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    use BinaryOperator as Op;
    match op {
        Op::Eq => Some(Comparison::Equal),
        Op::NotEq | Op::PGNotLikeMatch | Op::PGNotILikeMatch | Op::PGRegexNotMatch | Op::PGRegexNotIMatch => {
            Some(Comparison::NotEqual)
        }
        Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => Some(Comparison::Range),
        Op::PGLikeMatch | Op::PGStartsWith => Some(Comparison::Like),
        Op::PGILikeMatch => Some(Comparison::ILike),
        Op::PGRegexMatch | Op::PGRegexIMatch => Some(Comparison::Regex),
        Op::Plus
        | Op::Minus
        | Op::Multiply
        | Op::Divide
        | Op::StringConcat
        | Op::BitwiseOr
        | Op::BitwiseAnd
        | Op::BitwiseXor
        | Op::PGBitwiseXor
        | Op::PGExp
        | Op::Arrow
        | Op::LongArrow
        | Op::HashArrow
        | Op::HashLongArrow
        | Op::HashMinus
        | Op::LtDashGt
        | Op::Overlaps => None,
        _ => Some(Comparison::Other),
    }
}

impl Binder<'_> {
    /// The comparison once the column's type is known; `None` where a bare column is no condition.
    pub fn typed(&self, comparison: Comparison, operand: &Operand, operator: &str) -> Option<Comparison> {
        let kind = self.kind(operand);
        match (comparison, operator) {
            (Comparison::IsTrue, "") => matches!(kind, Kind::Boolean | Kind::Unknown).then_some(comparison),
            (
                Comparison::Other,
                "@>" | "<@" | "&&" | "<<" | ">>" | "&<" | "&>" | "-|-" | "<<=" | ">>=" | "<<|" | "|>>",
            ) => Some(kind.containment(operator)),
            (Comparison::Other, "?" | "?|" | "?&" | "@?") => Some(Comparison::Json),
            (Comparison::Other, "@@") => Some(if kind == Kind::Json { Comparison::Json } else { Comparison::FullText }),
            _ => Some(comparison),
        }
    }

    fn kind(&self, operand: &Operand) -> Kind {
        if let Some(expression) = &operand.expression {
            return match expression.function.as_str() {
                "json-field" => Kind::Json,
                "cast" if expression.sql.contains("::json") => Kind::Json,
                "cast" if expression.sql.ends_with("[])") => Kind::Array,
                "array_remove" | "array_append" | "string_to_array" => Kind::Array,
                name if name.ends_with("range") => Kind::Span,
                _ => Kind::Unknown,
            };
        }
        let Some(column) = self.catalog.column(operand.table_oid, &operand.column) else { return Kind::Unknown };
        match (column.base_type.as_str(), column.type_category.as_str()) {
            ("json" | "jsonb" | "hstore", _) => Kind::Json,
            ("geometry" | "geography", _) | (_, "R" | "G" | "I") => Kind::Span,
            (_, "A") => Kind::Array,
            (base, _) if base.starts_with('_') => Kind::Array,
            ("bool", _) | (_, "B") => Kind::Boolean,
            (base, _) if base.ends_with("range") => Kind::Span,
            ("", "") => Kind::Unknown,
            _ => Kind::Plain,
        }
    }
}

/// Families of types that share operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Array,
    /// Ranges, shapes, networks.
    Span,
    Boolean,
    Plain,
    Unknown,
}

impl Kind {
    fn containment(self, operator: &str) -> Comparison {
        match (self, operator) {
            (Kind::Json, "@>" | "<@") => Comparison::Json,
            (Kind::Array, "@>" | "<@" | "&&") => Comparison::Array,
            (Kind::Span, _) => Comparison::Overlap,
            _ => Comparison::Other,
        }
    }
}

/// Whether both sides are brought to the same case, as ORMs write a search that ignores it.
pub fn same_case(column: &Expr, pattern: &Expr) -> bool {
    let case = |expr| match unwrapped(expr) {
        Expr::Function(function) => {
            Some(aggregate::name(&function.name)).filter(|name| name == "upper" || name == "lower")
        }
        _ => None,
    };
    case(column).is_some_and(|name| case(pattern) == Some(name))
}

/// Whether a pattern begins with a wildcard; `None` when the text does not say.
pub fn leading_wildcard(pattern: &Expr) -> Option<bool> {
    if let Some(value) = constant(pattern) {
        return match value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text.starts_with(['%', '_'])),
            _ => None,
        };
    }
    match unwrapped(pattern) {
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, .. } => leading_wildcard(left),
        Expr::Function(function) => first_argument(function).and_then(leading_wildcard),
        _ => None,
    }
}

fn first_argument(function: &Function) -> Option<&Expr> {
    let passes = ["upper", "lower", "concat"].contains(&aggregate::name(&function.name).as_str());
    match &function.args {
        FunctionArguments::List(list) if passes => match list.args.first()? {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        },
        _ => None,
    }
}
