//! An index as the matcher sees it, whether it exists or not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Design, TableFacts};
use crate::snapshot::{Index, Snapshot};
use crate::workload::Operand;

/// What a key, or the operand of a condition, is over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyText {
    /// A bare column.
    Column(String),
    /// An expression, in [`plain`] form.
    Expression(String),
}

/// One key of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathKey {
    /// Column or expression.
    pub text: KeyText,
    /// Operator class without its schema; empty for the default one.
    pub opclass: String,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}

/// An index, existing or designed.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// `pg_class.oid` of the table.
    pub table: u32,
    /// `btree`, `gin`, ….
    pub method: String,
    /// Keys in order.
    pub keys: Vec<PathKey>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// WHERE of a partial index.
    pub predicate: Option<String>,
    /// Unique.
    pub unique: bool,
    /// Its name, for a reason; empty for a design.
    pub name: String,
    /// Position in the question's designs; `None` for an index that exists.
    pub design: Option<usize>,
    /// Size in pages, where known.
    pub pages: Option<f64>,
}

impl Path {
    /// The usable indexes of a table. A partition's are its root's: one on every partition serves like one on the root.
    pub fn existing(snapshot: &Snapshot, table: u32) -> Vec<Self> {
        let of_table = snapshot.indexes.iter().filter(|index| index.table_oid == table && index.usable());
        of_table.map(Self::of_index).collect()
    }

    /// Indexes of a table that the planner may not use: invalid, or still being built.
    pub fn unusable(snapshot: &Snapshot, table: u32) -> Vec<Self> {
        let of_table = snapshot.indexes.iter().filter(|index| index.table_oid == table && !index.usable());
        of_table.map(Self::of_index).collect()
    }

    /// Whether it holds every one of these columns as it is, so that a scan need not look at the table.
    pub fn holds(&self, columns: &BTreeSet<String>) -> bool {
        let as_key =
            |column: &String| self.keys.iter().any(|key| matches!(&key.text, KeyText::Column(name) if name == column));
        self.method == "btree" && columns.iter().all(|column| as_key(column) || self.include.contains(column))
    }

    /// A design, at its position in a question.
    pub fn designed(position: usize, design: &Design) -> Self {
        let key = |key: &super::DesignKey| PathKey {
            text: match (&key.column, &key.expression) {
                (Some(column), _) => KeyText::Column(column.clone()),
                (None, expression) => KeyText::Expression(plain(expression.as_deref().unwrap_or_default())),
            },
            opclass: without_schema(key.opclass.as_deref().unwrap_or_default()).to_owned(),
            descending: key.descending,
            nulls_first: key.nulls_first,
        };
        Self {
            table: design.table_oid,
            method: design.method.clone(),
            keys: design.keys.iter().map(key).collect(),
            include: design.include.clone(),
            predicate: design.predicate.clone(),
            unique: false,
            name: String::new(),
            design: Some(position),
            pages: None,
        }
    }

    fn of_index(index: &Index) -> Self {
        let key = |key: &crate::snapshot::IndexKey| PathKey {
            text: match (&key.column, &key.expression) {
                (Some(column), _) => KeyText::Column(column.clone()),
                (None, expression) => KeyText::Expression(plain(expression.as_deref().unwrap_or_default())),
            },
            opclass: if key.opclass_is_default { String::new() } else { without_schema(&key.opclass).to_owned() },
            descending: key.descending,
            nulls_first: key.nulls_first,
        };
        Self {
            table: index.table_oid,
            method: index.method.clone(),
            keys: index.keys.iter().map(key).collect(),
            include: index.include.clone(),
            predicate: index.predicate.clone(),
            unique: index.unique,
            name: index.name.clone(),
            design: None,
            pages: Some(index.bytes.map_or(index.pages as f64, |bytes| bytes as f64 / 8192.0)),
        }
    }

    /// Bytes of one entry: header, line pointer, and the keys.
    pub fn entry_width(&self, facts: &TableFacts) -> f64 {
        let width = |key: &PathKey| match &key.text {
            KeyText::Column(column) => facts.width(column),
            KeyText::Expression(_) => 16.0,
        };
        let included: f64 = self.include.iter().map(|column| facts.width(column)).sum();
        let keys: f64 = self.keys.iter().map(width).sum::<f64>() + included;
        ((8.0 + keys) / 8.0).ceil() * 8.0 + 4.0
    }

    /// Pages: known, else by the width of its entries at the usual fill factor, without deduplication. `share` of the
    /// rows have an entry.
    pub fn pages(&self, facts: &TableFacts, share: f64) -> f64 {
        self.pages.unwrap_or_else(|| (facts.rows * share * self.entry_width(facts) / (8192.0 * 0.9)).ceil() + 1.0)
    }
}

impl KeyText {
    /// What an operand is over. A cast of a text-like column to text is that column: it changes no byte.
    pub fn of(operand: &Operand, facts: &TableFacts) -> Self {
        let text_like = facts.column(&operand.column).is_some_and(|column| column.type_category == "S");
        match &operand.expression {
            None => Self::Column(operand.column.clone()),
            Some(expression) => {
                let text = plain(&expression.sql);
                if text_like && text == plain(&operand.column) {
                    return Self::Column(operand.column.clone());
                }
                Self::Expression(text)
            }
        }
    }
}

/// An expression without what does not change its value: blanks, parentheses around a name, casts of text to text.
pub fn plain(sql: &str) -> String {
    let mut text: String = sql.chars().filter(|character| !character.is_whitespace()).collect();
    for cast in ["::text", "::charactervarying", "::varchar"] {
        text = text.replace(cast, "");
    }
    if let Some(name) = PARENTHESISED_NAME.as_ref() {
        text = name.replace_all(&text, "$1$2").into_owned();
    }
    while let Some(inner) = unwrapped(&text) {
        text = inner.to_owned();
    }
    text
}

static PARENTHESISED_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(^|[^\w"])\(("?\w+"?)\)"#).ok());

/// Without the parentheses that hold all of it.
fn unwrapped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    let closes_early = inner.chars().any(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth < 0
    });
    (!closes_early).then_some(inner)
}

fn without_schema(opclass: &str) -> &str {
    opclass.rsplit('.').next().unwrap_or(opclass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_expression_are_one() {
        for (one, two) in [
            ("upper((name)::text)", "upper(name::text)"),
            ("upper((name)::text)", "UPPER(name)".to_lowercase().as_str()),
            ("(lower(email))", "lower(email)"),
            ("(name)::text", "name"),
        ] {
            assert_eq!(plain(one), plain(two), "{one} and {two}");
        }
        assert_ne!(plain("lower(name)"), plain("upper(name)"));
    }
}
