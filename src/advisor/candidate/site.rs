//! One use of a table in one statement, as all the ideas see it.

use super::immutable::{self, Verdict};
use super::sharing::Sharing;
use super::{gin, skew};
use crate::snapshot::{Column, Snapshot};
use crate::what_if::{Condition, Design, DesignKey, KeyText, Scan};
use crate::workload::{Comparison, Operand, Query};

/// An entry of a B-tree takes at most a third of a page, 2,704 bytes.
pub const LONGEST_KEY: f64 = 2_700.0;

/// One use of a table in one statement.
#[derive(Debug)]
pub struct Site<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// The statement.
    pub query: &'a Query,
    /// The use of the table.
    pub scan: &'a Scan<'a>,
    /// What the statements have in common.
    pub sharing: &'a Sharing,
    /// Positions of the conditions that every row must pass and whose expression an index can hold.
    usable: Vec<usize>,
    /// What no index can hold, and what one for any value would be worth, each with how to ask instead.
    pub refused: Vec<(Design, String)>,
}

impl<'a> Site<'a> {
    /// Looks at the conditions of a scan.
    pub fn new(snapshot: &'a Snapshot, query: &'a Query, scan: &'a Scan<'a>, sharing: &'a Sharing) -> Self {
        let mut site = Self { snapshot, query, scan, sharing, usable: Vec::new(), refused: Vec::new() };
        let (mut usable, mut refused) = (Vec::new(), Vec::new());
        for (position, condition) in scan.conditions.iter().enumerate() {
            let verdict =
                site.operand(condition).map_or(Verdict::Usable, |operand| immutable::judge(operand, &scan.facts));
            match verdict {
                Verdict::Usable if condition.conjunct => usable.push(position),
                Verdict::Refused(why) => refused.push((site.tree(vec![site.key(&condition.key)]), why)),
                Verdict::Usable | Verdict::Unknown => {}
            }
        }
        site.usable = usable;
        site.refused = refused;
        site.refused.extend(skew::refusals(&site));
        site.refused.extend(gin::refusals(&site));
        site
    }

    /// Conditions that every row must pass and whose expression an index can hold.
    pub fn usable(&self) -> impl Iterator<Item = &'a Condition> + '_ {
        self.usable.iter().map(|position| &self.scan.conditions[*position])
    }

    /// Those of some comparisons.
    pub fn comparing(&self, fits: impl Fn(Comparison) -> bool) -> Vec<&'a Condition> {
        self.usable().filter(|one| fits(one.comparison)).collect()
    }

    /// Whether this very design was refused.
    pub fn refuses(&self, design: &Design) -> bool {
        self.refused.iter().any(|(refused, _)| refused == design)
    }

    /// What a condition is over, as the statement has it.
    pub fn operand(&self, condition: &Condition) -> Option<&'a Operand> {
        condition.predicate.map(|position| &self.query.predicates[position].operand)
    }

    /// The column of a condition.
    pub fn column(&self, condition: &Condition) -> Option<&'a Column> {
        self.scan.facts.column(&self.operand(condition)?.column)
    }

    /// The column itself, where the condition is over nothing else.
    pub fn bare_column(&self, condition: &Condition) -> Option<&'a Column> {
        self.operand(condition).filter(|operand| operand.expression.is_none())?;
        self.column(condition)
    }

    /// A key in its default order.
    pub fn key(&self, text: &KeyText) -> DesignKey {
        match text {
            KeyText::Column(column) => DesignKey::column(column),
            KeyText::Expression(_) => DesignKey::expression(&self.written(text)),
        }
    }

    /// A key of an operator class.
    pub fn key_of_class(&self, text: &KeyText, opclass: &str) -> DesignKey {
        DesignKey { opclass: Some(opclass.to_owned()), ..self.key(text) }
    }

    /// The expression as the statement has it, rather than in its comparable form.
    fn written(&self, text: &KeyText) -> String {
        let query = self.query;
        let operands = query.predicates.iter().map(|predicate| &predicate.operand);
        let operands = operands.chain(query.sorts.iter().map(|sort| &sort.operand)).chain(&query.groups);
        let operands = operands.chain(query.windows.iter().flatten().map(|sort| &sort.operand));
        let operands = operands.chain(&query.distinct_by).chain(&query.extremes);
        let operands = operands.chain(query.joins.iter().flat_map(|pair| [&pair.left, &pair.right]));
        let mut same =
            operands.filter(|one| one.table_use == self.scan.table_use && KeyText::of(one, &self.scan.facts) == *text);
        let expression = same.find_map(|operand| operand.expression.as_ref());
        expression.map(|expression| expression.sql.clone()).unwrap_or_default()
    }

    /// Whether a B-tree can hold it: what can be ordered, is not too long, and is wholly known.
    pub fn indexable(&self, keys: &[DesignKey]) -> bool {
        keys.iter().all(|key| match (&key.column, &key.expression) {
            (Some(name), _) => {
                self.scan.facts.column(name).is_some_and(has_order) && self.scan.facts.width(name) < LONGEST_KEY
            }
            (None, expression) => expression.as_ref().is_some_and(|sql| !sql.is_empty() && !sql.contains('$')),
        })
    }

    /// B-trees over these keys, as far as there can be such.
    pub fn trees(&self, keys: impl IntoIterator<Item = Vec<DesignKey>>) -> Vec<Design> {
        let usable = keys.into_iter().map(without_repeats).filter(|keys| !keys.is_empty() && self.indexable(keys));
        usable.map(|keys| self.tree(keys)).collect()
    }

    /// A B-tree.
    pub fn tree(&self, keys: Vec<DesignKey>) -> Design {
        self.index("btree", keys)
    }

    /// An index of a method.
    pub fn index(&self, method: &str, keys: Vec<DesignKey>) -> Design {
        Design { table_oid: self.scan.facts.table.oid, method: method.to_owned(), keys, ..Design::default() }
    }

    /// An operator class with the schema of its extension where that is not on the usual path, and the extension where
    /// it is not installed.
    pub fn class_of(&self, extension: &str, opclass: &str) -> (String, Option<String>) {
        let installed = self.snapshot.extensions.iter().find(|one| one.name == extension);
        let needed = installed.is_none().then(|| extension.to_owned());
        let class = match installed.map(|one| one.schema.as_str()) {
            None | Some("public" | "pg_catalog") => opclass.to_owned(),
            Some(schema) => format!("{}.{opclass}", crate::ident::quoted(schema)),
        };
        (class, needed)
    }
}

/// Whether values of the column's type have a B-tree order that is worth indexing.
pub fn has_order(column: &Column) -> bool {
    let without = [
        "json",
        "jsonb",
        "xml",
        "point",
        "box",
        "polygon",
        "circle",
        "line",
        "lseg",
        "path",
        "tsvector",
        "tsquery",
        "hstore",
        "geometry",
        "geography",
        "vector",
    ];
    column.type_category != "A" && !without.contains(&column.base_type.as_str())
}

/// A key that stands there already narrows nothing more.
fn without_repeats(keys: Vec<DesignKey>) -> Vec<DesignKey> {
    let mut kept: Vec<DesignKey> = Vec::new();
    for key in keys {
        let same = |one: &DesignKey| one.column == key.column && one.expression == key.expression;
        if !kept.iter().any(same) {
            kept.push(key);
        }
    }
    kept
}
