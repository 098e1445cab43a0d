//! How many levels the B-trees have.
//!
//! For each level that a scan goes down the planner counts 50 operators. It is asked for a scan of the whole index in
//! its order, with operators that cost 1, and comparisons on the way that are never 50: what is left is the height.

use std::collections::BTreeMap;

use super::{Asking, Node, SourceError, largest, settings};
use crate::ident::{QualifiedName, always_quoted};
use crate::snapshot::{Index, IndexKey, Snapshot, Table};

/// Metapage and root: a tree of no more has no levels to count.
const LOWEST: u64 = 3;
/// Operators for a page on the way down (`DEFAULT_PAGE_CPU_MULTIPLIER`).
const OF_A_LEVEL: f64 = 50.0;
/// More than any tree has.
const HIGHEST: f64 = 16.0;

/// A scan of the index and of nothing else.
const ALONE: [(&str, &str); 6] = [
    ("cpu_operator_cost", "1"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
    ("enable_incremental_sort", "off"),
    ("max_parallel_workers_per_gather", "0"),
];

/// Notes the heights of the largest B-trees.
pub(super) async fn read(asking: &mut Asking<'_, '_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    let questions: Vec<(u32, String)> =
        largest(snapshot, "btree", LOWEST).filter_map(|(index, table)| Some((table.oid, sql(table, index)?))).collect();
    let queries: Vec<&str> = questions.iter().map(|(_, sql)| sql.as_str()).collect();
    let plans = asking.plans(&settings(&ALONE), &queries).await?;
    let answers = questions.iter().zip(plans).filter_map(|((table, _), plan)| {
        let (index, height) = height(plan?)?;
        Some(((*table, index), height))
    });
    let heights: BTreeMap<(u32, String), u32> = answers.collect();
    for index in &mut snapshot.indexes {
        index.height = heights.get(&(index.table_oid, index.name.clone())).copied();
    }
    Ok(())
}

/// The index that was scanned, whichever it was, and its height.
fn height(plan: Node) -> Option<(String, u32)> {
    let pages = (plan.startup / OF_A_LEVEL).floor();
    // a cost of none of these is of a planner that counts otherwise
    (1.0..=HIGHEST).contains(&pages).then(|| plan.index.map(|index| (index, pages as u32 - 1)))?
}

/// The rows of the index in its order; `None` where that order has no words.
fn sql(table: &Table, index: &Index) -> Option<String> {
    let order: Vec<String> = index.keys.iter().map(ordered).collect::<Option<_>>()?;
    let filter = index.predicate.as_ref().map(|predicate| format!(" WHERE ({predicate})")).unwrap_or_default();
    let name = QualifiedName::new(&*table.schema, &*table.name);
    Some(format!("SELECT 1 FROM ONLY {name}{filter} ORDER BY {}", order.join(", ")))
}

fn ordered(key: &IndexKey) -> Option<String> {
    let of = match (&key.column, &key.expression) {
        (Some(column), _) => always_quoted(column),
        (None, expression) => format!("({})", expression.as_ref()?),
    };
    let collate = key.own_collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let direction = match (key.opclass_is_default, key.opclass.ends_with("_pattern_ops"), key.descending) {
        (true, _, false) => " ASC",
        (true, _, true) => " DESC",
        (false, true, false) => " USING OPERATOR(pg_catalog.~<~)",
        (false, true, true) => " USING OPERATOR(pg_catalog.~>~)",
        (false, false, _) => return None,
    };
    let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
    Some(format!("{of}{collate}{direction} NULLS {nulls}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_is_what_the_comparisons_leave_of_the_cost() {
        for (startup, expected) in [(50.0, Some(0)), (67.0, Some(0)), (117.0, Some(1)), (0.43, None), (1e10, None)] {
            let plan = Node { index: Some("i".to_owned()), startup, ..Node::default() };
            assert_eq!(height(plan), expected.map(|height| ("i".to_owned(), height)), "{startup}");
        }
        assert_eq!(height(Node { startup: 120.0, ..Node::default() }), None);
    }

    #[test]
    fn an_index_is_asked_for_by_its_own_order() {
        let key = |column: &str, opclass: &str, descending| IndexKey {
            column: Some(column.to_owned()),
            opclass: opclass.to_owned(),
            opclass_is_default: !opclass.contains('_') || opclass == "int4_ops",
            descending,
            nulls_first: descending,
            ..IndexKey::default()
        };
        let table = Table { schema: "s".to_owned(), name: "t".to_owned(), ..Table::default() };
        for (keys, expected) in [
            (
                vec![key("a", "int4_ops", false), key("b", "int4_ops", true)],
                Some("\"a\" ASC NULLS LAST, \"b\" DESC NULLS FIRST"),
            ),
            (vec![key("a", "text_pattern_ops", false)], Some("\"a\" USING OPERATOR(pg_catalog.~<~) NULLS LAST")),
            (vec![key("a", "gist_ltree_ops", false)], None),
        ] {
            let index = Index { keys, ..Index::default() };
            let expected = expected.map(|order| format!("SELECT 1 FROM ONLY s.t ORDER BY {order}"));
            assert_eq!(sql(&table, &index), expected);
        }
    }
}
