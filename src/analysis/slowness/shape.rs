//! The shape of a plan: its nodes without figures, so that two runs can be compared.
//!
//! A partition is its table: which of them a parameter leaves is not another plan.

use std::collections::BTreeMap;

use super::plan::Node;
use crate::snapshot::{Snapshot, Table};

/// Characters kept of a shape in words.
const LONGEST: usize = 160;

/// Partitions by name, with the name of their table.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// `None`: no partition, or several tables bear the name.
    roots: BTreeMap<String, Option<String>>,
}

impl Names {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut roots: BTreeMap<String, Option<String>> = BTreeMap::new();
        for table in &snapshot.tables {
            let root = Some(root(snapshot, table)).filter(|root| root.oid != table.oid).map(|root| root.name.clone());
            roots.entry(table.name.clone()).and_modify(|known| *known = None).or_insert(root);
        }
        Self { roots }
    }

    fn root_of(&self, relation: &str) -> Option<&str> {
        self.roots.get(relation)?.as_deref()
    }
}

fn root<'a>(snapshot: &'a Snapshot, table: &'a Table) -> &'a Table {
    let mut table = table;
    // no deeper tree is known; a damaged snapshot may have a ring
    for _ in 0..100 {
        match table.parents.first().and_then(|parent| snapshot.table(*parent)) {
            Some(parent) => table = parent,
            None => break,
        }
    }
    table
}

/// `Limit > Index Scan using a on t`, `Hash Join (Seq Scan on a, Hash > Seq Scan on b)`.
pub(super) fn shape(node: &Node, names: &Names) -> String {
    let mut below: Vec<String> = node.children.iter().map(|child| shape(child, names)).collect();
    let collects = ["Append", "MergeAppend", "Merge Append", "Parallel Append"].contains(&node.kind.as_str());
    if collects {
        below.sort();
        below.dedup();
        if below.len() == 1 {
            return below.remove(0);
        }
    }
    let own = own(node, names);
    match &below[..] {
        [] => own,
        [one] => format!("{own} > {one}"),
        several => format!("{own} ({})", several.join(", ")),
    }
}

fn own(node: &Node, names: &Names) -> String {
    // `t_2`, as the planner numbers the parts of a table, is a matter of the alias and not in the name
    match node.relation.as_deref().and_then(|relation| names.root_of(relation)) {
        // the index of a partition has a name of its own
        Some(root) => format!("{} on {root}", node.kind),
        None => node.label(),
    }
}

/// For a sentence.
pub(super) fn short(shape: &str) -> String {
    if shape.chars().count() <= LONGEST {
        return shape.to_owned();
    }
    shape.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan_text;
    use super::*;

    #[test]
    fn partitions_that_are_left_out_are_no_other_plan() {
        let table = |oid, name: &str, parents: &[u32]| Table {
            oid,
            name: name.to_owned(),
            parents: parents.to_vec(),
            ..Table::default()
        };
        let snapshot = Snapshot {
            tables: vec![table(1, "events", &[]), table(2, "events_a", &[1]), table(3, "events_b", &[1])],
            ..Snapshot::default()
        };
        let names = Names::of(&snapshot);
        let shape = |text: &str| shape(&plan_text::parse(text).expect("a plan").root, &names);
        let one = shape("Index Scan using events_a_i on events_a events  (cost=0.00..1.00 rows=1 width=4)");
        let several = shape(
            "Append  (cost=0.00..1.00 rows=1 width=4)\n  ->  Index Scan using events_a_i on events_a events_1  (cost=0.00..1.00 \
             rows=1 width=4)\n  ->  Index Scan using events_b_i on events_b events_2  (cost=0.00..1.00 rows=1 width=4)",
        );
        let other = shape("Seq Scan on events_a events  (cost=0.00..1.00 rows=1 width=4)");
        assert_eq!((one.as_str(), other.as_str()), ("Index Scan on events", "Seq Scan on events"));
        assert_eq!(one, several);
    }
}
