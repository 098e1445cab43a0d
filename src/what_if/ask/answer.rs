//! From the nodes of a plan to an answer: which of its indexes are which.

use std::collections::BTreeSet;

use super::{IndexName, Names, PlanNodes};
use crate::snapshot::{Index, Snapshot};
use crate::what_if::{Design, Parameters, Plan, Question};

/// What an index of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Position in the question's designs.
    Design(usize),
    /// `pg_class.oid` on the audited server.
    Existing(u32),
}

/// A plan in the terms of its question. `of_index` says what a name stands for.
pub fn plan(
    snapshot: &Snapshot,
    question: &Question,
    parameters: Parameters,
    nodes: &PlanNodes,
    of_index: impl Fn(&IndexName) -> Option<Found>,
) -> Plan {
    let (mut used, mut existing, mut names) = (BTreeSet::new(), BTreeSet::new(), Names::new());
    for name in nodes.indexes() {
        match of_index(&name) {
            Some(Found::Design(position)) => {
                used.insert(position);
                names.extend(question.designs.get(position).map(|design| (name.index, in_words(snapshot, design))));
            }
            Some(Found::Existing(oid)) => {
                let index = snapshot.indexes.iter().find(|index| index.oid == oid);
                names.extend(index.map(|index| (name.index, index.name.clone())));
                existing.extend(with_wholes(snapshot, oid));
            }
            None => {}
        }
    }
    Plan {
        parameters,
        cost: nodes.cost(),
        used: used.into_iter().collect(),
        existing: existing.into_iter().collect(),
        shape: nodes.shape(&names),
    }
}

/// The existing index that a server's plan names.
pub fn existing(snapshot: &Snapshot, name: &IndexName) -> Option<u32> {
    let of_table = |index: &&Index| {
        let table = snapshot.table(index.table_oid).map(|table| table.name.as_str());
        name.table.as_deref().is_none_or(|wanted| table == Some(wanted))
    };
    snapshot.indexes.iter().filter(|index| index.name == name.index).find(of_table).map(|index| index.oid)
}

/// An index and those that it is a part of: without them it would not be there.
fn with_wholes(snapshot: &Snapshot, oid: u32) -> Vec<u32> {
    let parent = |oid: &u32| snapshot.indexes.iter().find(|index| index.oid == *oid)?.parent_oid;
    // as deep as partitions are ever nested; a snapshot is anybody's and may go in circles
    std::iter::successors(Some(oid), parent).take(8).collect()
}

/// `a new index on orders (a, b DESC)`, without a name, so that it is the same wherever it was asked.
pub fn in_words(snapshot: &Snapshot, design: &Design) -> String {
    let table = snapshot.table(design.table_oid).map_or("a table", |table| table.name.as_str());
    let body = design.body();
    match body.strip_prefix("USING btree ") {
        Some(keys) => format!("a new index on {table} {keys}"),
        None => format!("a new {} index on {table} {}", design.method, body.splitn(3, ' ').nth(2).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Table;
    use crate::what_if::DesignKey;

    #[test]
    fn designs_are_named_by_what_they_are_and_parts_of_indexes_with_their_wholes() {
        let mut snapshot = Snapshot::default();
        snapshot.tables.push(Table { oid: 1, name: "t".to_owned(), ..Table::default() });
        for (oid, name, parent_oid) in [(5, "whole", None), (6, "part", Some(5))] {
            snapshot.indexes.push(Index { oid, table_oid: 1, name: name.to_owned(), parent_oid, ..Index::default() });
        }
        let design = |method: &str| Design {
            table_oid: 1,
            method: method.to_owned(),
            keys: vec![DesignKey::column("a")],
            ..Design::default()
        };
        let question = Question { designs: vec![design("btree"), design("gin")], ..Question::default() };
        let json = r#"[{"Plan": {"Node Type": "Append", "Total Cost": 5, "Plans": [
            {"Node Type": "Index Scan", "Index Name": "part", "Relation Name": "t"},
            {"Node Type": "Index Scan", "Index Name": "<2>x", "Relation Name": "t"}]}}]"#;
        let nodes = PlanNodes::read(json).expect("a plan");
        let found = plan(&snapshot, &question, Parameters::Generic, &nodes, |name| {
            existing(&snapshot, name).map(Found::Existing).or(Some(Found::Design(1)))
        });
        assert_eq!((found.used, found.existing), (vec![1], vec![5, 6]));
        assert_eq!(found.shape, "Append (Index Scan using part on t; Index Scan using a new gin index on t (a) on t)");
        assert_eq!(in_words(&snapshot, &question.designs[0]), "a new index on t (a)");
    }
}
