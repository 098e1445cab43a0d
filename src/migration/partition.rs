//! The indexes that together make the index of a partitioned table.
//!
//! Postgres builds no index of a partitioned table CONCURRENTLY. So every leaf gets its
//! own, and then the tables above get empty ones that the finished indexes are attached to.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Attachment, Recipe};
use super::definition::Definition;
use super::name;
use crate::ident::QualifiedName;
use crate::report::PartitionRef;

/// The recipe, and the indexes of the leaves that must stand before it.
pub(super) fn recipe(
    root: &Definition,
    partitions: &[PartitionRef],
    taken: &mut BTreeSet<QualifiedName>,
) -> (Recipe, Vec<Definition>) {
    let mut leaves = Vec::new();
    let mut attachments = Vec::new();
    let mut branches = branches(root, partitions, taken);
    for partition in partitions {
        let leaf = below(root, QualifiedName::new(&partition.schema, &partition.table), taken);
        let above =
            partition.through.last().and_then(|table| branches.iter().find(|branch| branch.index.table == *table));
        let to = above.map_or_else(|| root.index(), |branch| branch.index.index());
        attachments.push(Attachment { index: leaf.index(), to });
        leaves.push(leaf);
    }
    branches.sort_by_key(|branch| branch.depth);
    let upwards = branches.iter().rev().map(|branch| Attachment { index: branch.index.index(), to: branch.to.clone() });
    attachments.extend(upwards);
    let branches = branches.into_iter().map(|branch| branch.index).collect();
    (Recipe { root: root.clone(), branches, attachments }, leaves)
}

/// A partitioned table between the root and a leaf.
struct Branch {
    depth: usize,
    index: Definition,
    to: QualifiedName,
}

fn branches(root: &Definition, partitions: &[PartitionRef], taken: &mut BTreeSet<QualifiedName>) -> Vec<Branch> {
    let mut seen: BTreeMap<&QualifiedName, QualifiedName> = BTreeMap::new();
    let mut found = Vec::new();
    for partition in partitions {
        let mut to = root.index();
        for (depth, table) in partition.through.iter().enumerate() {
            let index = seen.entry(table).or_insert_with(|| {
                let index = below(root, table.clone(), taken);
                let name = index.index();
                found.push(Branch { depth, index, to: to.clone() });
                name
            });
            to = index.clone();
        }
    }
    found
}

fn below(root: &Definition, table: QualifiedName, taken: &mut BTreeSet<QualifiedName>) -> Definition {
    let wanted = name::of_partition(&root.name, &root.table.name, &table.name);
    root.on(name::fitting(&table.schema, &wanted, taken), table)
}
