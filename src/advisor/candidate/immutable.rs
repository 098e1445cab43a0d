//! Whether an expression can be indexed at all, and if not, how to ask instead.
//!
//! An index holds only what never changes for the same row: what reads the session's
//! time zone, its settings or the clock cannot be in one; and only what the text gives whole.

use crate::snapshot::Column;
use crate::what_if::TableFacts;
use crate::workload::{Expr, Operand};

/// IMMUTABLE over `date` and `timestamp`, only STABLE over `timestamptz`.
const OF_TIME: &[&str] = &["date", "date_trunc", "date_part", "extract", "to_char", "timezone", "cast"];

/// Can an index hold it?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Usable,
    /// Not known, or not from this text alone.
    Unknown,
    /// No, and how to ask instead.
    Refused(String),
}

/// Whether an index can hold what a condition is over.
pub fn judge(operand: &Operand, facts: &TableFacts) -> Verdict {
    let Some(expression) = &operand.expression else { return Verdict::Usable };
    if let Some(why) = facts.column(&operand.column).and_then(|column| refused(expression, column)) {
        return Verdict::Refused(why);
    }
    // a parameter is lost: the text does not give the expression
    let whole = !expression.has_parameter && !expression.sql.contains('$');
    if expression.immutable && whole { Verdict::Usable } else { Verdict::Unknown }
}

fn refused(expression: &Expr, column: &Column) -> Option<String> {
    let (sql, name) = (&expression.sql, crate::ident::quoted(&column.name));
    let parameter = expression.has_parameter || sql.contains('$');
    match expression.function.as_str() {
        function if column.base_type == "timestamptz" && OF_TIME.contains(&function) => Some(format!(
            "{sql} depends on the session's time zone, so no index can hold it; compare {name} with the ends of a half-open range \
             instead: {name} >= $1 AND {name} < $2"
        )),
        "date_trunc" | "date_part" | "extract" | "to_char" if parameter => Some(format!(
            "{sql} has a parameter in it, so no index can hold it; compare {name} with the ends of a half-open range instead"
        )),
        "json-field" if parameter => Some(format!(
            "the key of {sql} is a parameter, and an index needs it in the text; where it is always the same one, index \
             ({name} ->> 'key') with that key, or ask {name} @> $1 for which a GIN index on {name} serves every key"
        )),
        "to_tsvector" if parameter => Some(format!(
            "the configuration in {sql} is a parameter; index to_tsvector with the one that the statement names, or store it in a \
             generated tsvector column"
        )),
        "to_tsvector" if !sql.contains(',') => Some(
            "to_tsvector without a configuration is not immutable; name one, as in to_tsvector('english', …)"
                .to_owned(),
        ),
        "cast" if hides(sql, column) => Some(format!(
            "{sql} hides {name} from any index on it; compare {name} itself with a parameter of its own type, {}",
            column.type_name
        )),
        _ => None,
    }
}

/// A number, a key or a flag that is cast to be compared with a parameter of the wrong type.
fn hides(sql: &str, column: &Column) -> bool {
    let plain = matches!(column.type_category.as_str(), "N" | "B") || column.base_type == "uuid";
    let to = sql.trim_end_matches(')').rsplit("::").next().unwrap_or_default();
    let widened = matches!(to, "text" | "numeric" | "double precision" | "real") || to.starts_with("character varying");
    plain && widened
}
