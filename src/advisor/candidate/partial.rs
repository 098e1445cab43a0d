//! Partial indexes: over the rows that every user of the index asks for, where those are few.
//!
//! The condition has to be in the text: a soft delete, a queue's flag, a NULL test, a literal that stayed. What is a
//! parameter by now proves nothing to the planner.

use std::collections::BTreeSet;

use super::served;
use super::site::Site;
use crate::what_if::{Condition, Design, DesignKey, KeyText, plain};
use crate::workload::{Access, Comparison};

/// Above it the index is hardly smaller than a whole one.
const MAX_SHARE: f64 = 0.5;
/// A literal of a column with more values than this is one request's, not the application's.
const MAX_VALUES: f64 = 20.0;
/// So few rows are worth an index of their own, though other statements need the whole.
const RARE: f64 = 0.05;
/// Whole indexes that are made partial.
const MAX_BASES: usize = 16;

/// The most promising whole indexes, over fewer rows.
pub fn designs(site: &Site, bases: &[Design]) -> Vec<Design> {
    let fixed: Vec<&Condition> =
        site.usable().filter(|one| is_fixed(site, one) && one.selectivity <= MAX_SHARE).collect();
    let whole = bases.iter().filter(|base| matches!(base.method.as_str(), "btree" | "gin" | "gist")).take(MAX_BASES);
    let whole: Vec<&Design> = whole.collect();
    let mut groups: Vec<Vec<&Condition>> = fixed.iter().map(|one| vec![*one]).collect();
    groups.extend((fixed.len() > 1).then_some(fixed));
    // a key that the condition answers has one value in all entries: only where there is nothing else to narrow by
    let none_left = |group: &Vec<&Condition>| whole.iter().all(|base| rest(base, group).is_none());
    let of_group = |base: &Design, group: &Vec<&Condition>| {
        let left = rest(base, group).or_else(|| none_left(group).then(|| base.clone()))?;
        over(site, left, group)
    };
    let mut designs: Vec<Design> = Vec::new();
    for base in &whole {
        designs.extend(groups.iter().filter_map(|group| of_group(base, group)));
        designs.extend(present(site, base));
    }
    designs
}

/// A base without the keys that some conditions answer; `None` where those are all of them.
fn rest(base: &Design, conditions: &[&Condition]) -> Option<Design> {
    let answered = |key: &DesignKey| conditions.iter().any(|one| same(key, &one.key));
    let keys: Vec<DesignKey> = base.keys.iter().filter(|key| !answered(key)).cloned().collect();
    (!keys.is_empty()).then(|| Design { keys, ..base.clone() })
}

/// A base over the rows of some conditions.
fn over(site: &Site, base: Design, conditions: &[&Condition]) -> Option<Design> {
    let first = text_of(base.keys.first()?);
    let rare = conditions.iter().map(|one| one.selectivity).product::<f64>() <= RARE;
    let table = site.scan.facts.table.oid;
    let shared = conditions.iter().all(|one| one.key == first || site.sharing.all_state(table, &first, &one.sql));
    let parts: BTreeSet<&str> = conditions.iter().map(|one| one.sql.as_str()).collect();
    let predicate = parts.into_iter().collect::<Vec<_>>().join(" AND ");
    (rare || shared).then_some(Design { predicate: Some(predicate), ..base })
}

/// A column that is mostly NULL, looked up by a value: the NULLs need no entry.
fn present(site: &Site, base: &Design) -> Option<Design> {
    let [only] = base.keys.as_slice() else { return None };
    let name = only.column.as_ref()?;
    let statistics = site.scan.facts.statistics(name)?;
    let strict = |one: &Condition| {
        same(only, &one.key) && matches!(one.comparison, Comparison::Equal | Comparison::In | Comparison::Range)
    };
    let looked_up = site.usable().any(strict) || site.scan.joins.iter().any(|join| same(only, &join.key));
    let predicate = format!("{} IS NOT NULL", crate::ident::quoted(name));
    (statistics.null_frac > MAX_SHARE && looked_up && base.method == "btree" && served::narrows(site, base))
        .then(|| Design { predicate: Some(predicate), ..base.clone() })
}

/// Whether the text states the condition for good.
fn is_fixed(site: &Site, condition: &Condition) -> bool {
    let test = matches!(
        condition.comparison,
        Comparison::IsNull | Comparison::IsNotNull | Comparison::IsTrue | Comparison::IsFalse
    );
    let compared = matches!(condition.comparison, Comparison::Equal | Comparison::In | Comparison::NotEqual);
    let literal = condition.access == Access::Constant && is_literal(&condition.sql);
    !condition.sql.contains('$') && (test || compared && literal && is_category(site, &condition.key))
}

/// A column of few values that stand for themselves: a status, not the number of a row elsewhere. A text from a log
/// has the values of one request in it, and an index on them alone would serve no other.
fn is_category(site: &Site, key: &KeyText) -> bool {
    let KeyText::Column(name) = key else { return false };
    let facts = &site.scan.facts;
    let values = facts.statistics(name).map(|statistics| match statistics.n_distinct {
        share if share < 0.0 => -share * facts.table.rows.unwrap_or(f64::INFINITY),
        number => number,
    });
    let names_a_row = name == "id" || name.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID");
    !names_a_row && values.is_some_and(|values| values > 0.0 && values <= MAX_VALUES)
}

/// `status = 'open'`, `kind IN ('a', 'b')`: nothing that is computed anew each time.
fn is_literal(sql: &str) -> bool {
    let Some((_, value)) = sql.split_once(['=', '>']).or_else(|| sql.split_once(" IN ")) else { return false };
    let value = value.trim_start_matches([' ', '(']);
    let begins = value.starts_with(|first: char| first == '\'' || first.is_ascii_digit() || first == '-');
    begins && !value.contains(" + ") && !value.contains(" - ") && !value.contains("||")
}

fn same(key: &DesignKey, text: &KeyText) -> bool {
    text_of(key) == *text
}

fn text_of(key: &DesignKey) -> KeyText {
    match (&key.column, &key.expression) {
        (Some(column), _) => KeyText::Column(column.clone()),
        (None, expression) => KeyText::Expression(plain(expression.as_deref().unwrap_or_default())),
    }
}
