//! What one search costs in a GIN index.
//!
//! Of a value that it does not know the planner expects one key. A sub-query for a NULL is such a value. From three
//! plans, in which operators or pages alone cost something and one value or many are searched, it follows how many
//! comparisons and pages the way to a key takes, and how many pages of rows follow.

use super::{Asking, Node, SourceError, largest, settings};
use crate::ident::{QualifiedName, always_quoted};
use crate::snapshot::{GinSearch, Index, Snapshot, Table};

/// Since this version comparisons count, and so does the number of keys; before, the size says enough.
const SINCE: u32 = 16;
/// A metapage, the list of new rows and one page of keys.
const LEAST: u64 = 3;
/// Operators for a page (`DEFAULT_PAGE_CPU_MULTIPLIER`).
const OF_A_PAGE: f64 = 50.0;

/// Values of the search that tells how many pages of rows a key has: it is a small part of one.
const MANY: usize = 32;
/// By turns: what costs something, and how many values are searched.
const TURNS: [([(&str, &str); 2], usize); 3] = [
    ([("cpu_operator_cost", "1"), ("random_page_cost", "0")], 1),
    ([("cpu_operator_cost", "0"), ("random_page_cost", "1")], 1),
    ([("cpu_operator_cost", "0"), ("random_page_cost", "1")], MANY),
];
/// Nothing else.
const ALONE: [(&str, &str); 7] = [
    ("enable_seqscan", "off"),
    ("enable_indexscan", "off"),
    ("enable_indexonlyscan", "off"),
    ("seq_page_cost", "0"),
    ("cpu_tuple_cost", "0"),
    ("cpu_index_tuple_cost", "0"),
    ("max_parallel_workers_per_gather", "0"),
];

/// Notes what a search in the largest GIN indexes costs.
pub(super) async fn read(asking: &mut Asking<'_, '_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    if snapshot.server.major() < SINCE {
        return Ok(());
    }
    let asked: Vec<(u32, String)> = largest(snapshot, "gin", LEAST)
        .filter(|(index, table)| sql(snapshot, table, index, 1).is_some())
        .map(|(index, _)| (index.oid, index.name.clone()))
        .collect();
    let mut costs: Vec<Vec<Option<f64>>> = Vec::new();
    for (turn, values) in TURNS {
        let worded = largest(snapshot, "gin", LEAST).filter_map(|(index, table)| sql(snapshot, table, index, values));
        let queries: Vec<String> = worded.collect();
        let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
        let plans = asking.plans(&settings(&[turn.as_slice(), ALONE.as_slice()].concat()), &queries).await?;
        let cost = |((_, name), plan): (&(u32, String), Option<Node>)| of_index(&plan?, name);
        costs.push(asked.iter().zip(plans).map(cost).collect());
    }
    for (at, (oid, _)) in asked.iter().enumerate() {
        let Some(index) = snapshot.indexes.iter_mut().find(|index| index.oid == *oid) else { continue };
        let [operators, pages, of_many] = [0, 1, 2].map(|turn: usize| costs[turn][at]);
        index.search = operators
            .zip(pages)
            .zip(of_many)
            .and_then(|((operators, pages), of_many)| search(operators, pages, of_many));
    }
    Ok(())
}

/// What scanning this index costs in a plan.
fn of_index(plan: &Node, name: &str) -> Option<f64> {
    if plan.index.as_deref() == Some(name) {
        return Some(plan.total);
    }
    plan.below.iter().find_map(|node| of_index(node, name))
}

/// Comparisons count twice, when the scan begins and in all; so do pages of keys. One page more is always counted,
/// and one operator for the sub-query.
fn search(operators: f64, pages: f64, of_many: f64) -> Option<GinSearch> {
    let rest = operators % OF_A_PAGE;
    let counted = ((operators - rest) / OF_A_PAGE) - 1.0;
    let key_pages = counted - pages;
    let row_pages = of_many - key_pages * MANY as f64;
    let sound =
        (rest % 2.0 - 1.0).abs() < 0.005 && rest >= 3.0 && key_pages >= 1.0 && key_pages <= pages && row_pages >= 0.0;
    sound.then_some(GinSearch {
        comparisons: ((rest - 1.0) / 2.0) as u32,
        key_pages: key_pages as u32,
        row_pages: row_pages as u32,
    })
}

/// A search for so many values of the first column; `None` where the operator class is none of these.
fn sql(snapshot: &Snapshot, table: &Table, index: &Index, values: usize) -> Option<String> {
    let key = index.keys.first()?;
    let column = key.column.as_ref()?;
    let kind = snapshot.columns.iter().find(|one| one.table_oid == table.oid && one.name == *column)?;
    let (operator, value) = match key.opclass.as_str() {
        "jsonb_ops" | "jsonb_path_ops" => ("@>", "jsonb"),
        "tsvector_ops" => ("@@", "tsquery"),
        "gin_trgm_ops" => ("~~", "text"),
        "array_ops" => ("@>", kind.full_type.as_str()),
        _ => return None,
    };
    let filter = index.predicate.as_ref().map(|predicate| format!(" AND ({predicate})")).unwrap_or_default();
    let name = QualifiedName::new(&*table.schema, &*table.name);
    let column = always_quoted(column);
    let one = format!("{column} OPERATOR(pg_catalog.{operator}) (SELECT NULL::{value})");
    Some(format!("SELECT 1 FROM ONLY {name} WHERE {}{filter}", vec![one; values].join(" AND ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs that PostgreSQL 16 gave, beside what pageinspect said of the index.
    #[test]
    fn a_search_is_read_from_its_costs() {
        for (keys, operators, pages, of_many, expected) in [
            (63, 213.0, 2.0, 37.0, Some((6, 1, 5))),
            (7030, 327.0, 3.0, 65.0, Some((13, 2, 1))),
            (4624, 427.0, 4.0, 97.0, Some((13, 3, 1))),
            (3005, 325.0, 3.0, 65.0, Some((12, 2, 1))),
            (0, 300.0, 3.0, 40.0, None),
        ] {
            let found = search(operators, pages, of_many).map(|one| (one.comparisons, one.key_pages, one.row_pages));
            assert_eq!(found, expected, "{keys} keys");
        }
    }
}
