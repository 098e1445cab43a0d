//! Whether an expression can be indexed at all.
//!
//! An index holds only what never changes for the same row: what reads the session's
//! time zone, its settings or the clock cannot be in one.

use crate::what_if::TableFacts;
use crate::workload::Operand;

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
    let zoned = facts.column(&operand.column).is_some_and(|column| column.base_type == "timestamptz");
    if zoned && OF_TIME.contains(&expression.function.as_str()) {
        return Verdict::Refused(format!(
            "{} depends on the session's time zone, so no index can hold it; compare {} with the range's ends instead",
            expression.sql, operand.column
        ));
    }
    // a parameter is lost: the text does not give the expression
    let whole = !expression.has_parameter && !expression.sql.contains('$');
    if expression.immutable && whole { Verdict::Usable } else { Verdict::Unknown }
}
