//! Values that a statement's parameters have in every execution of a log.

use std::collections::BTreeMap;

use crate::ident::literal;
use crate::snapshot::{ColumnStatistics, Snapshot};
use crate::workload::outline::{Backslash, literals};
use crate::workload::{Access, Comparison, Predicate, Query};

/// A column with more values than this has those of a request, not of the program.
pub const MAX_VALUES: f64 = 20.0;
/// Bytes of a value that may be the name of a state.
const LONGEST: usize = 64;
/// Rows that share a value, on average: fewer are somebody's.
const SHARED: f64 = 500.0;

/// The values that were the same so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Constants {
    /// As SQL, by the number of the parameter in the text without values; `None` before the first execution.
    same: Option<BTreeMap<u32, String>>,
    /// Literals of the first execution: with a longer list those after it would have other numbers.
    count: usize,
    /// Whether anybody wants to know.
    wanted: bool,
}

impl Constants {
    /// Of a statement, where it compares a column of few values with a parameter.
    pub fn of(query: &Query, snapshot: &Snapshot) -> Self {
        Self { wanted: query.predicates.iter().any(|one| category(snapshot, one).is_some()), ..Self::default() }
    }

    /// One more execution.
    pub fn add(&mut self, text: &str, parameters: Option<&str>, backslash: Backslash) {
        if !self.wanted {
            return;
        }
        let written = literals(text, backslash);
        let count = written.len();
        let mut values: BTreeMap<u32, String> = parameters.map(listed).unwrap_or_default();
        values.extend(written.into_iter().map(|(number, value)| (number, value.to_owned())));
        match &mut self.same {
            None => {
                self.count = count;
                values.retain(|_, value| value.len() <= LONGEST);
                self.same = Some(values);
            }
            Some(same) if count != self.count => same.clear(),
            Some(same) => same.retain(|number, value| values.get(number) == Some(value)),
        }
        self.wanted = self.same.as_ref().is_some_and(|same| !same.is_empty());
    }

    /// What never changed.
    pub fn finish(self) -> BTreeMap<u32, String> {
        self.same.unwrap_or_default()
    }
}

/// The statistics of the column of few values that a condition compares with one parameter.
pub(super) fn category<'a>(snapshot: &'a Snapshot, one: &Predicate) -> Option<&'a ColumnStatistics> {
    let asked = one.comparison == Comparison::Equal && one.access == Access::Parameter && one.conjunct;
    let operand = Some(&one.operand).filter(|operand| asked && operand.expression.is_none())?;
    let of_column = |statistics: &&ColumnStatistics| {
        statistics.table_oid == operand.table_oid && statistics.column == operand.column
    };
    let statistics = snapshot.column_statistics.iter().find(of_column)?;
    let rows = snapshot.table(operand.table_oid)?.rows?;
    let few = statistics.n_distinct > 0.0 && statistics.n_distinct <= MAX_VALUES;
    (few && rows >= SHARED * statistics.n_distinct).then_some(statistics)
}

/// `$1 = '5', $2 = NULL` as SQL by number; what is NULL or was cut short is left out.
fn listed(parameters: &str) -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    let mut rest = parameters;
    while let Some((number, value, after)) = next(rest) {
        if let Some(value) = value.filter(|value| !value.ends_with("...")) {
            found.insert(number, literal(&value));
        }
        rest = after;
    }
    found
}

/// Number and value of the first parameter of a list, and what follows.
fn next(list: &str) -> Option<(u32, Option<String>, &str)> {
    let (number, rest) = list.trim_start_matches([',', ' ']).strip_prefix('$')?.split_once(" = ")?;
    let number = number.parse().ok()?;
    let Some(quoted) = rest.strip_prefix('\'') else {
        let end = rest.find(", $").unwrap_or(rest.len());
        return Some((number, None, &rest[end..]));
    };
    let (mut value, mut from) = (String::new(), 0);
    loop {
        let end = from + quoted[from..].find('\'')?;
        value.push_str(&quoted[from..end]);
        if !quoted[end + 1..].starts_with('\'') {
            return Some((number, Some(value), &quoted[end + 1..]));
        }
        value.push('\'');
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(executions: &[(&str, Option<&str>)]) -> BTreeMap<u32, String> {
        let mut constants = Constants { wanted: true, ..Constants::default() };
        for (text, parameters) in executions {
            constants.add(text, *parameters, Backslash::Plain);
        }
        constants.finish()
    }

    fn sql(values: &[(u32, &str)]) -> BTreeMap<u32, String> {
        values.iter().map(|(number, value)| (*number, (*value).to_owned())).collect()
    }

    #[test]
    fn what_never_changes_is_kept_and_what_does_is_not() {
        let texts = [
            ("SELECT n FROM t WHERE s = 'open' AND n = 7", None),
            ("SELECT n FROM t WHERE s = 'open' AND n = 8", None),
        ];
        assert_eq!(same(&texts), sql(&[(1, "'open'")]));
        let text = "SELECT n FROM t WHERE s = $1 AND n = $2 AND k = 5";
        let bound = [(text, Some("$1 = 'it''s', $2 = '7'")), (text, Some("$1 = 'it''s', $2 = NULL"))];
        assert_eq!(same(&bound), sql(&[(1, "'it''s'"), (3, "5")]));
    }

    #[test]
    fn a_longer_list_moves_the_values_that_follow() {
        let texts = [
            ("SELECT n FROM t WHERE n IN (1, 2) AND s = 3", None),
            ("SELECT n FROM t WHERE n IN (1, 2, 3) AND s = 4", None),
        ];
        assert_eq!(same(&texts), sql(&[]));
    }

    #[test]
    fn a_value_that_was_cut_short_or_is_not_told_is_no_constant() {
        let text = "SELECT n FROM t WHERE s = $1";
        assert_eq!(same(&[(text, Some("$1 = 'abc...'"))]), sql(&[]));
        assert_eq!(same(&[(text, Some("$1 = 'a'")), (text, None)]), sql(&[]));
        let long = format!("$1 = '{}'", "x".repeat(LONGEST));
        assert_eq!(same(&[(text, Some(&long))]), sql(&[]));
    }
}
