//! Whether an existing index serves a condition: method, operator class, collation, first key.
//!
//! "Serves" is the planner's word for it: the operator belongs to the class of the index's
//! first key, and a partial index's condition follows from the statement. Where the text
//! leaves a doubt (a LIKE with a parameter), the index counts.

use crate::facts::lookup::Lookup;
use crate::ident::quoted;
use crate::snapshot::{Index, IndexKey, Table};
use crate::workload::{Comparison, Predicate, Query};

/// Operator classes of B-trees that compare text byte by byte: made for LIKE, of no use to `<`.
const PATTERN_CLASSES: [&str; 3] = ["text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops"];

/// Whether a usable index has the predicate's operand as its first key, with a class that serves it;
/// of a partitioned table an index of its own, or one on every leaf.
pub(super) fn indexed(lookup: &Lookup<'_>, query: &Query, predicate: &Predicate) -> bool {
    let Some(table) = lookup.table(predicate.operand.table_oid) else { return false };
    let own = |table: &Table| {
        let mut indexes = lookup.indexes(table.oid).iter().filter(|index| index.usable());
        indexes.any(|index| serves(lookup, index, predicate) && implied(index, query, predicate))
    };
    let leaves = lookup.leaves(table);
    own(table) || (!leaves.is_empty() && leaves.into_iter().all(own))
}

fn serves(lookup: &Lookup<'_>, index: &Index, predicate: &Predicate) -> bool {
    // a multi-column GIN or GiST index serves each of its keys alike
    let keys = if index.method == "gin" { index.keys.len() } else { 1 };
    index.keys.iter().take(keys).any(|key| is_operand(key, predicate) && class_serves(lookup, index, key, predicate))
}

fn is_operand(key: &IndexKey, predicate: &Predicate) -> bool {
    match (&predicate.operand.expression, &key.column, &key.expression) {
        (None, Some(column), _) => *column == predicate.operand.column,
        (Some(wanted), None, Some(indexed)) => bare(&wanted.sql) == bare(indexed),
        _ => false,
    }
}

/// An expression without what does not change its meaning: white space and the outermost parentheses.
fn bare(expression: &str) -> String {
    let mut text: String = expression.chars().filter(|letter| !letter.is_whitespace()).collect();
    while enclosed(&text) {
        text = text[1..text.len() - 1].to_owned();
    }
    text
}

/// Whether the first parenthesis closes at the very end.
fn enclosed(text: &str) -> bool {
    let mut depth = 0_i32;
    let closes_early = text.char_indices().any(|(position, letter)| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth == 0 && position + 1 < text.len()
    });
    text.starts_with('(') && depth == 0 && !closes_early
}

fn class_serves(lookup: &Lookup<'_>, index: &Index, key: &IndexKey, predicate: &Predicate) -> bool {
    let class = key.opclass.as_str();
    match (index.method.as_str(), predicate.comparison) {
        (_, Comparison::Like | Comparison::ILike | Comparison::Regex) => text_search(lookup, index, key, predicate),
        ("btree", Comparison::Equal | Comparison::In | Comparison::IsTrue | Comparison::IsFalse)
        | ("hash", Comparison::Equal | Comparison::In)
        | ("brin", Comparison::Equal | Comparison::In | Comparison::Range) => same_collation(lookup, index, key),
        ("btree", Comparison::Range) => !PATTERN_CLASSES.contains(&class) && same_collation(lookup, index, key),
        ("btree" | "gist" | "spgist", Comparison::IsNull | Comparison::IsNotNull)
        | ("gist" | "spgist" | "brin", Comparison::Overlap) => true,
        // the classes of btree_gist: gist_int4_ops, …
        ("gist", Comparison::Equal | Comparison::Range) => class.starts_with("gist_") && class != "gist_trgm_ops",
        ("gin", Comparison::Json) => class == "jsonb_ops" || (class == "jsonb_path_ops" && on_paths(predicate)),
        // `value = ANY(column)` is an equality of the element, which no GIN class has
        ("gin", Comparison::Array) => predicate.operator != "=" && ["array_ops", "gin__int_ops"].contains(&class),
        ("gin" | "gist", Comparison::FullText) => class == "tsvector_ops",
        _ => false,
    }
}

/// `jsonb_path_ops` knows containment and paths, not the existence of keys.
fn on_paths(predicate: &Predicate) -> bool {
    ["@>", "@?", "@@"].contains(&predicate.operator.as_str())
}

/// LIKE and its kin: trigrams serve any pattern; a byte-ordered B-tree a pattern with a fixed beginning.
fn text_search(lookup: &Lookup<'_>, index: &Index, key: &IndexKey, predicate: &Predicate) -> bool {
    let trigrams = ["gin_trgm_ops", "gist_trgm_ops"].contains(&key.opclass.as_str());
    let case_insensitive = predicate.comparison == Comparison::ILike && predicate.operand.expression.is_none();
    let by_order = index.method == "btree"
        && predicate.comparison != Comparison::Regex
        && !case_insensitive
        && predicate.leading_wildcard != Some(true)
        && byte_ordered(lookup, index, key);
    trigrams || by_order || (index.method == "spgist" && key.opclass == "text_ops" && !case_insensitive)
}

fn byte_ordered(lookup: &Lookup<'_>, index: &Index, key: &IndexKey) -> bool {
    let column = key.column.as_deref().and_then(|name| lookup.column(index.table_oid, name));
    let of_column = column.is_some_and(|column| column.collation_is_c && column.collation == key.collation);
    PATTERN_CLASSES.contains(&key.opclass.as_str())
        || matches!(key.collation.as_deref(), Some("C" | "POSIX" | "ucs_basic"))
        || of_column
}

/// A comparison in the column's collation cannot use an index in another.
fn same_collation(lookup: &Lookup<'_>, index: &Index, key: &IndexKey) -> bool {
    let column = key.column.as_deref().and_then(|name| lookup.column(index.table_oid, name));
    column.is_none_or(|column| column.collation == key.collation)
}

/// Whether a partial index may be used: each part of its condition is said by the statement too.
fn implied(index: &Index, query: &Query, predicate: &Predicate) -> bool {
    let table_use = predicate.operand.table_use;
    let beside: Vec<&Predicate> =
        query.predicates.iter().filter(|one| one.conjunct && one.operand.table_use == table_use).collect();
    index.predicate.as_deref().is_none_or(|condition| {
        let condition = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(condition);
        condition.split(" AND ").all(|part| beside.iter().any(|one| says(one, part)))
    })
}

/// The same words, or `column IS NOT NULL`, which any comparison of the column implies.
fn says(predicate: &Predicate, part: &str) -> bool {
    let not_null = format!("{}ISNOTNULL", quoted(&predicate.operand.column));
    let compares = predicate.operand.expression.is_none() && predicate.comparison != Comparison::IsNull;
    bare(&predicate.sql) == bare(part) || (compares && bare(part) == not_null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Column, Snapshot, Table};
    use crate::workload::{Expr, Operand};

    fn index(method: &str, key: &str, opclass: &str, predicate: Option<&str>) -> Index {
        let expression = key.contains('(').then(|| key.to_owned());
        let column = expression.is_none().then(|| key.to_owned());
        Index {
            table_oid: 1,
            method: method.to_owned(),
            keys: vec![IndexKey { column, expression, opclass: opclass.to_owned(), ..IndexKey::default() }],
            predicate: predicate.map(str::to_owned),
            valid: true,
            ready: true,
            live: true,
            ..Index::default()
        }
    }

    fn predicate(operand: &str, comparison: Comparison, operator: &str) -> Predicate {
        let sql = operand.contains('(').then(|| Expr { sql: operand.to_owned(), ..Expr::default() });
        Predicate {
            operand: Operand { table_oid: 1, column: "a".to_owned(), expression: sql, ..Operand::default() },
            comparison,
            operator: operator.to_owned(),
            conjunct: true,
            sql: format!("{operand} {operator} 1"),
            ..Predicate::default()
        }
    }

    fn found(index: Index, predicates: Vec<Predicate>) -> bool {
        let column = Column { table_oid: 1, name: "a".to_owned(), ..Column::default() };
        let table = Table { oid: 1, ..Table::default() };
        let snapshot =
            Snapshot { tables: vec![table], columns: vec![column], indexes: vec![index], ..Snapshot::default() };
        let query = Query { predicates, ..Query::default() };
        indexed(&Lookup::of(&snapshot), &query, &query.predicates[0])
    }

    #[test]
    fn an_index_serves_the_operators_of_its_class() {
        use Comparison::{Array, Equal, FullText, ILike, In, IsNull, Json, Like, NotEqual, Overlap, Range};
        for (method, opclass, comparison, operator, expected) in [
            ("btree", "int4_ops", Equal, "=", true),
            ("btree", "int4_ops", In, "=", true),
            ("btree", "int4_ops", Range, "<", true),
            ("btree", "int4_ops", IsNull, "IS NULL", true),
            ("btree", "int4_ops", NotEqual, "<>", false),
            ("btree", "text_ops", Like, "~~", false),
            ("btree", "text_pattern_ops", Like, "~~", true),
            ("btree", "text_pattern_ops", ILike, "~~*", false),
            ("btree", "text_pattern_ops", Equal, "=", true),
            ("btree", "text_pattern_ops", Range, "<", false),
            ("hash", "int4_ops", Equal, "=", true),
            ("hash", "int4_ops", Range, "<", false),
            ("hash", "int4_ops", IsNull, "IS NULL", false),
            ("gin", "gin_trgm_ops", Like, "~~", true),
            ("gin", "gin_trgm_ops", ILike, "~~*", true),
            ("gin", "gin_trgm_ops", Equal, "=", false),
            ("gin", "jsonb_ops", Json, "?", true),
            ("gin", "jsonb_path_ops", Json, "@>", true),
            ("gin", "jsonb_path_ops", Json, "?", false),
            ("gin", "array_ops", Array, "&&", true),
            ("gin", "array_ops", Array, "=", false),
            ("gin", "tsvector_ops", FullText, "@@", true),
            ("gist", "range_ops", Overlap, "&&", true),
            ("brin", "int4_minmax_ops", Range, "<", true),
        ] {
            let served = found(index(method, "a", opclass, None), vec![predicate("a", comparison, operator)]);
            assert_eq!(served, expected, "{method} {opclass}: {comparison:?} {operator}");
        }
    }

    #[test]
    fn an_index_serves_only_what_it_has_as_its_key() {
        for (key, operand, expected) in [
            ("a", "a", true),
            ("b", "a", false),
            ("upper((a)::text)", "a", false),
            ("a", "upper((a)::text)", false),
            ("upper((a)::text)", "upper((a)::text)", true),
            ("((a + 1))", "(a + 1)", true),
            ("lower((a)::text)", "upper((a)::text)", false),
        ] {
            let served = found(index("btree", key, "text_ops", None), vec![predicate(operand, Comparison::Equal, "=")]);
            assert_eq!(served, expected, "{key} for {operand}");
        }
    }

    #[test]
    fn a_partial_index_serves_only_a_statement_that_says_its_condition() {
        let sought = predicate("a", Comparison::Equal, "=");
        let beside = Predicate { sql: "NOT deleted".to_owned(), ..predicate("deleted", Comparison::IsFalse, "") };
        for (condition, predicates, expected) in [
            ("(a IS NOT NULL)", vec![sought.clone()], true),
            ("(NOT deleted)", vec![sought.clone()], false),
            ("(NOT deleted)", vec![sought.clone(), beside.clone()], true),
            ("((a IS NOT NULL) AND (NOT deleted))", vec![sought.clone(), beside.clone()], true),
            ("(NOT deleted)", vec![sought.clone(), Predicate { conjunct: false, ..beside }], false),
        ] {
            assert_eq!(found(index("btree", "a", "int4_ops", Some(condition)), predicates), expected, "{condition}");
        }
    }

    #[test]
    fn a_leading_wildcard_needs_trigrams() {
        for (opclass, wildcard, expected) in [
            ("text_pattern_ops", Some(true), false),
            ("text_pattern_ops", Some(false), true),
            ("text_pattern_ops", None, true),
            ("gin_trgm_ops", Some(true), true),
        ] {
            let method = if opclass == "gin_trgm_ops" { "gin" } else { "btree" };
            let like = Predicate { leading_wildcard: wildcard, ..predicate("a", Comparison::Like, "~~") };
            assert_eq!(found(index(method, "a", opclass, None), vec![like]), expected, "{opclass} {wildcard:?}");
        }
    }
}
