//! Loops that ask for a row and insert it where there is none: two statements, one remedy.

use super::NPlusOne;
use crate::workload::{Kind, Query, Workload};

/// Names both halves `get-or-create`.
pub fn name(found: &mut [NPlusOne], workload: &Workload) {
    let query = |one: &NPlusOne| workload.queries.get(one.child);
    let inserts: Vec<usize> = positions(found, |one| one.pattern == "insert-loop");
    let asks: Vec<usize> =
        positions(found, |one| ["lazy-many-to-one", "lookup-loop", "exists-per-row"].contains(&one.pattern.as_str()));
    for insert in inserts {
        let Some(inserted) = query(&found[insert]) else { continue };
        let fits = |ask: &&usize| query(&found[**ask]).is_some_and(|asked| asks_for(asked, &found[**ask], inserted));
        let Some(ask) = asks.iter().find(fits).copied() else { continue };
        for half in [insert, ask] {
            "get-or-create".clone_into(&mut found[half].pattern);
        }
    }
}

fn positions(found: &[NPlusOne], fits: impl Fn(&NPlusOne) -> bool) -> Vec<usize> {
    (0..found.len()).filter(|position| fits(&found[*position])).collect()
}

/// Whether it looks for the very values that are then inserted, at least as often.
fn asks_for(asked: &Query, one: &NPlusOne, inserted: &Query) -> bool {
    let table = inserted.target;
    asked.kind == Kind::Select
        && asked.counters.calls >= inserted.counters.calls
        && table.is_some()
        && asked.tables.iter().all(|used| used.table_oid == table)
        && !one.key_columns.is_empty()
        && one.key_columns.iter().all(|column| inserted.set_columns.contains(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Counters, TableUse};

    fn patterns(key: &str, asked: u64, inserted_into: u32) -> Vec<String> {
        let ask = Query {
            tables: vec![TableUse { table_oid: Some(1), ..TableUse::default() }],
            counters: Counters { calls: asked, ..Counters::default() },
            ..Query::default()
        };
        let insert = Query {
            kind: Kind::Insert,
            target: Some(inserted_into),
            set_columns: vec!["name".to_owned(), "color".to_owned()],
            counters: Counters { calls: 100, ..Counters::default() },
            ..Query::default()
        };
        let looked_up = NPlusOne {
            child: 0,
            pattern: "lookup-loop".to_owned(),
            key_columns: vec![key.to_owned()],
            ..NPlusOne::default()
        };
        let looped = NPlusOne { child: 1, pattern: "insert-loop".to_owned(), ..NPlusOne::default() };
        let mut found = vec![looked_up, looped];
        name(&mut found, &Workload { queries: vec![ask, insert], ..Workload::default() });
        found.into_iter().map(|one| one.pattern).collect()
    }

    #[test]
    fn a_row_that_is_looked_for_by_what_is_then_inserted_is_got_or_created() {
        assert_eq!(patterns("name", 120, 1), ["get-or-create", "get-or-create"]);
        for (key, asked, table) in [("id", 120, 1), ("name", 30, 1), ("name", 120, 2)] {
            assert_eq!(patterns(key, asked, table), ["lookup-loop", "insert-loop"], "{key} {asked} {table}");
        }
    }
}
