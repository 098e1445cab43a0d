//! One side of a condition: a column, an expression over one column, or something else.
//!
//! Expressions are written as `pg_get_indexdef` would print them, so that they can be
//! compared with the keys of the indexes that exist, and made into new ones.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use crate::ident::quoted;
use crate::snapshot::Column;
use crate::workload::repair::LOST_FIELD;
use crate::workload::{Access, Operand};

use super::ingredients::{Ingredients, constant, unwrapped};
use super::{Binder, IndexExpr, aggregate, scope, types};

/// What stands on one side of an operator.
#[derive(Debug)]
pub enum Side {
    /// A column or an expression over one, in each branch of a UNION.
    Column(Vec<Operand>),
    /// Something that a column can be compared with.
    Other(Access),
    /// An aggregate: no condition on a column.
    Opaque,
}

impl Binder<'_> {
    /// What stands on one side; binds the subqueries in it.
    pub fn side(&mut self, expr: &Expr) -> Side {
        let inner = unwrapped(expr);
        if let Some(value) = constant(inner) {
            let parameter = matches!(value, sqlparser::ast::Value::Placeholder(_));
            return Side::Other(if parameter { Access::Parameter } else { Access::Constant });
        }
        if let Expr::Array(array) = inner {
            return Side::Other(self.strongest(&array.elem.iter().collect::<Vec<_>>()));
        }
        let ingredients = Ingredients::of(inner);
        if ingredients.subquery {
            self.subqueries(inner);
            return Side::Other(Access::Subquery);
        }
        if ingredients.aggregate {
            return Side::Opaque;
        }
        let variable = |column: &Vec<_>| scope::is_variable(&self.frames, self.catalog, column);
        if ingredients.columns.iter().all(variable) && !ingredients.opaque {
            let bare = matches!(inner, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            return Side::Other(if bare { Access::Parameter } else { Access::Constant });
        }
        match self.trace(expr) {
            operands if operands.is_empty() => Side::Other(Access::Column),
            operands => Side::Column(operands),
        }
    }

    /// The base columns that an expression is or is computed from; none where it is neither.
    pub fn trace(&self, expr: &Expr) -> Vec<Operand> {
        let inner = unwrapped(expr);
        let span = self.span(expr);
        let mut operands = match inner {
            Expr::Identifier(ident) => self.look_up(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(parts) => self.look_up(parts),
            Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) | Expr::Tuple(_) => return Vec::new(),
            _ => return self.trace_expression(inner).map(|operand| Operand { span, ..operand }).into_iter().collect(),
        };
        for operand in &mut operands {
            operand.span = span;
        }
        operands
    }

    /// The base columns behind a name.
    pub fn look_up(&self, parts: &[sqlparser::ast::Ident]) -> Vec<Operand> {
        scope::look_up(&self.frames, self.catalog, parts).unwrap_or_default()
    }

    fn trace_expression(&self, expr: &Expr) -> Option<Operand> {
        let ingredients = Ingredients::of(expr);
        if ingredients.subquery || ingredients.aggregate || ingredients.opaque {
            return None;
        }
        let mut found: Option<Operand> = None;
        for column in &ingredients.columns {
            let operands = self.look_up(column);
            let [operand] = operands.as_slice() else { return None };
            if found.as_ref().is_some_and(|other| other != operand) {
                return None;
            }
            found = Some(operand.clone());
        }
        let mut operand = found?;
        if self.is_relabelled_column(expr, &operand) {
            return Some(operand);
        }
        let mut writer = Writer { binder: self, has_parameter: false, immutable: true };
        let piece = writer.piece(expr);
        operand.expression = Some(IndexExpr {
            sql: if piece.call { piece.sql } else { format!("({})", piece.sql) },
            function: outermost(expr),
            has_parameter: writer.has_parameter,
            immutable: writer.immutable && !writer.has_parameter,
        });
        Some(operand)
    }

    /// `name::text` of a varchar column: `PostgreSQL` looks through it, so an index on the column serves.
    fn is_relabelled_column(&self, expr: &Expr, operand: &Operand) -> bool {
        match unwrapped(expr) {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
            Expr::Cast { expr, data_type, .. } => {
                let column = self.catalog.column(operand.table_oid, &operand.column);
                column.is_some_and(|column| types::keeps_index(column, &types::target(data_type)))
                    && self.is_relabelled_column(expr, operand)
            }
            _ => false,
        }
    }
}

/// The outermost function, or what kind of expression it is.
fn outermost(expr: &Expr) -> String {
    let name = match unwrapped(expr) {
        Expr::Function(function) => return aggregate::name(&function.name),
        Expr::Cast { .. } => "cast",
        Expr::Extract { .. } => "extract",
        Expr::AtTimeZone { .. } => "timezone",
        Expr::Trim { .. } => "btrim",
        Expr::Substring { .. } => "substring",
        Expr::Position { .. } => "position",
        Expr::Overlay { .. } => "overlay",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Collate { .. } => "collate",
        Expr::Case { .. } => "case",
        Expr::BinaryOp { op, .. } if is_json_field(op) => "json-field",
        Expr::BinaryOp { op: BinaryOperator::LtDashGt, .. } => "distance",
        _ => "operator",
    };
    name.to_owned()
}

fn is_json_field(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Arrow | BinaryOperator::LongArrow | BinaryOperator::HashArrow | BinaryOperator::HashLongArrow
    )
}

/// A part of an expression as the server prints it.
struct Piece {
    sql: String,
    /// `pg_type.typname`, empty where it is not known.
    base: String,
    /// Prints as a call of a function, and so needs no parentheses as a key.
    call: bool,
}

struct Writer<'w, 'a> {
    binder: &'w Binder<'a>,
    has_parameter: bool,
    immutable: bool,
}

impl Writer<'_, '_> {
    fn piece(&mut self, expr: &Expr) -> Piece {
        match unwrapped(expr) {
            Expr::Identifier(ident) => self.column(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(parts) => self.column(parts),
            Expr::Cast { expr, data_type, .. } => self.cast(expr, &types::target(data_type)),
            Expr::Function(function) => self.function(function),
            Expr::Floor { expr, .. } => self.call("floor", std::iter::once(&**expr)),
            Expr::Ceil { expr, .. } => self.call("ceil", std::iter::once(&**expr)),
            Expr::Trim { expr, trim_what: None, trim_where: None, trim_characters: None } => self.trim(expr),
            Expr::Extract { field, expr, .. } => self.extract(&field.to_string().to_ascii_lowercase(), expr),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::Collate { expr, collation } => {
                let inner = self.piece(expr);
                Piece { sql: format!("{} COLLATE {collation}", inner.sql), base: inner.base, call: true }
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
                let inner = self.piece(expr);
                Piece { sql: format!("(- {})", inner.sql), base: inner.base, call: false }
            }
            Expr::Value(value) => self.literal(&value.value, expr),
            other => self.unknown(other),
        }
    }

    /// A literal that stayed in the text is part of the expression; a parameter is not known.
    fn literal(&mut self, value: &Value, expr: &Expr) -> Piece {
        let base = match value {
            Value::Number(digits, _) if digits.contains(['.', 'e', 'E']) => "numeric",
            Value::Number(..) => "int4",
            Value::Boolean(_) => "bool",
            Value::SingleQuotedString(_) => "unknown",
            _ => return self.unknown(expr),
        };
        Piece { sql: unwrapped(expr).to_string(), base: base.to_owned(), call: true }
    }

    fn column(&mut self, parts: &[sqlparser::ast::Ident]) -> Piece {
        let operands = self.binder.look_up(parts);
        let Some(operand) = operands.first() else {
            return Piece { sql: String::new(), base: String::new(), call: false };
        };
        if let Some(expression) = &operand.expression {
            self.has_parameter |= expression.has_parameter;
            self.immutable &= expression.immutable;
            return Piece { sql: expression.sql.clone(), base: String::new(), call: true };
        }
        let column = self.binder.catalog.column(operand.table_oid, &operand.column);
        let base = column.map_or_else(String::new, base_of);
        Piece { sql: quoted(&operand.column), base, call: false }
    }

    fn cast(&mut self, expr: &Expr, target: &types::Target) -> Piece {
        if let Some(value) = constant(expr) {
            self.has_parameter |= matches!(value, Value::Placeholder(_));
            let sql = format!("{}::{}", unwrapped(expr), target.shown);
            return Piece { sql, base: target.base.clone(), call: false };
        }
        let inner = self.piece(expr);
        if inner.base == target.base && !target.modified {
            return inner;
        }
        self.immutable &= types::is_immutable_cast(inner.base.trim_start_matches("domain "), &target.base);
        Piece { sql: format!("({})::{}", inner.sql, target.shown), base: target.base.clone(), call: false }
    }

    fn function(&mut self, function: &Function) -> Piece {
        let name = aggregate::name(&function.name);
        let FunctionArguments::List(list) = &function.args else {
            return Piece { sql: format!("{name}()"), base: String::new(), call: true };
        };
        let arguments: Option<Vec<&Expr>> = list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect();
        if let Some(arguments) = arguments {
            self.call(&name, arguments.into_iter())
        } else {
            self.has_parameter = true;
            Piece { sql: function.to_string(), base: String::new(), call: true }
        }
    }

    fn call<'e>(&mut self, name: &str, arguments: impl Iterator<Item = &'e Expr>) -> Piece {
        let pieces: Vec<Piece> = arguments.map(|argument| self.piece(argument)).collect();
        let first = pieces.first().map_or_else(String::new, |piece| piece.base.clone());
        let bases: Vec<&str> = pieces.iter().map(|piece| piece.base.trim_start_matches("domain ")).collect();
        self.immutable &= is_immutable_call(name, &bases);
        let shown: Vec<String> = pieces.into_iter().map(|piece| argument(name, piece)).collect();
        let name = match name {
            "coalesce" | "nullif" | "greatest" | "least" => name.to_ascii_uppercase(),
            "ceiling" => "ceiling".to_owned(),
            _ => quoted(name),
        };
        let base = result(&name, &first);
        Piece { sql: format!("{name}({})", shown.join(", ")), base, call: true }
    }

    fn trim(&mut self, expr: &Expr) -> Piece {
        let inner = argument("btrim", self.piece(expr));
        let sql = if self.binder.catalog.major() >= 14 {
            format!("TRIM(BOTH FROM {inner})")
        } else {
            format!("btrim({inner})")
        };
        Piece { sql, base: "text".to_owned(), call: true }
    }

    fn extract(&mut self, field: &str, expr: &Expr) -> Piece {
        let inner = self.piece(expr);
        self.immutable &= matches!(inner.base.as_str(), "date" | "timestamp" | "interval" | "time") && field != "epoch";
        self.has_parameter |= field == LOST_FIELD;
        let sql = if self.binder.catalog.major() >= 14 {
            format!("EXTRACT({field} FROM {})", inner.sql)
        } else {
            format!("date_part('{field}'::text, {})", inner.sql)
        };
        Piece { sql: sql.replace(LOST_FIELD, "$1"), base: String::new(), call: true }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Piece {
        if is_json_field(op) {
            return self.field(left, op, right);
        }
        let (left, right) = (self.piece(left), self.piece(right));
        self.immutable &= is_number(&left.base) && is_number(&right.base);
        let text = matches!(op, BinaryOperator::StringConcat);
        let side = |piece: Piece| if text { argument("lower", piece) } else { piece.sql };
        Piece { sql: format!("({} {op} {})", side(left), side(right)), base: String::new(), call: false }
    }

    /// `data ->> 'key'`: its key has to be in the text.
    fn field(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Piece {
        let (document, key) = (self.piece(left), self.piece(right));
        self.immutable &= matches!(document.base.as_str(), "json" | "jsonb");
        let by_path = matches!(op, BinaryOperator::HashArrow | BinaryOperator::HashLongArrow);
        let cast = if by_path { "::text[]" } else { "::text" };
        let key = if key.base == "unknown" { format!("{}{cast}", key.sql) } else { key.sql };
        let text = matches!(op, BinaryOperator::LongArrow | BinaryOperator::HashLongArrow);
        let base = if text { "text".to_owned() } else { document.base };
        Piece { sql: format!("({} {op} {key})", document.sql), base, call: true }
    }

    /// Anything else: shown, but never made into an index.
    fn unknown(&mut self, expr: &Expr) -> Piece {
        self.has_parameter = true;
        Piece { sql: self.binder.unqualified(expr), base: String::new(), call: false }
    }
}

fn base_of(column: &Column) -> String {
    if types::is_domain(column) { format!("domain {}", column.base_type) } else { column.base_type.clone() }
}

fn is_number(base: &str) -> bool {
    ["int2", "int4", "int8", "numeric", "float4", "float8"].contains(&base)
}

/// Functions of text, for which the parser casts what is no text, in order.
#[rustfmt::skip]
const OF_TEXT: &[&str] = &[
    "ascii", "btrim", "char_length", "character_length", "initcap", "length", "lower", "ltrim", "md5", "octet_length", "reverse",
    "rtrim", "unaccent", "upper",
];

/// An argument, with the cast that the server adds and prints.
fn argument(function: &str, piece: Piece) -> String {
    let of_text = OF_TEXT.contains(&function);
    let own = piece.base == "text"
        || piece.base == "bpchar" && matches!(function, "length" | "char_length" | "character_length" | "octet_length");
    let castable = matches!(piece.base.as_str(), "varchar" | "bpchar" | "name" | "citext");
    if of_text && !own && castable {
        return format!("({})::text", piece.sql);
    }
    if let Some(base) = piece.base.strip_prefix("domain ") {
        let to = if of_text { "text" } else { base };
        return format!("({})::{}", piece.sql, types::shown(to));
    }
    let rounds = matches!(function, "floor" | "ceil" | "ceiling" | "round" | "trunc" | "sqrt" | "sign");
    if rounds && piece.base.starts_with("int") && piece.base != "interval" {
        return format!("({})::double precision", piece.sql);
    }
    piece.sql
}

fn is_immutable_call(name: &str, arguments: &[&str]) -> bool {
    let first = arguments.first().copied().unwrap_or_default();
    let all = |bases: &[&str]| arguments.iter().all(|base| *base == "unknown" || bases.contains(base));
    match name {
        "coalesce" | "nullif" | "greatest" | "least" => {
            all(&["text", "varchar", "int2", "int4", "int8", "numeric", "bool", "uuid", "date", "timestamp"])
        }
        "left" | "right" | "substr" | "split_part" | "replace" | "lpad" | "rpad" => all(&["text", "varchar", "int4"]),
        "date_trunc" => first == "unknown" && arguments.get(1) == Some(&"timestamp"),
        "to_tsvector" => first == "unknown" && arguments.len() == 2,
        "unaccent" => false,
        "date" => matches!(first, "timestamp" | "date"),
        "abs" | "floor" | "ceil" | "ceiling" | "round" | "trunc" | "sign" => is_number(first),
        "jsonb_typeof" | "json_typeof" | "cardinality" => true,
        _ => OF_TEXT.contains(&name) && !first.is_empty(),
    }
}

fn result(name: &str, first: &str) -> String {
    let base = match name {
        "length" | "char_length" | "character_length" | "octet_length" | "ascii" | "cardinality" => "int4",
        "date" => "date",
        "abs" => first,
        // of a range these give its bounds
        "upper" | "lower"
            if !["text", "varchar", "bpchar", "citext", "name"].contains(&first) && !first.starts_with("domain") =>
        {
            ""
        }
        _ if OF_TEXT.contains(&name) => "text",
        _ => "",
    };
    base.to_owned()
}
