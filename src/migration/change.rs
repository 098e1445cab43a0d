//! What a file does: the smallest things that can be done, and undone, on their own.

use super::definition::Definition;
use crate::ident::QualifiedName;

/// One file's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// CREATE EXTENSION.
    CreateExtension {
        /// Unquoted.
        name: String,
    },
    /// CREATE INDEX CONCURRENTLY.
    CreateIndex(Definition),
    /// DROP INDEX CONCURRENTLY.
    DropIndex(Definition),
    /// The indexes of a partitioned table, and those of its partitions attached to them.
    AttachPartitions(Recipe),
    /// DROP INDEX of a partitioned table, with those of its partitions.
    DropPartitioned(Recipe),
    /// Nothing, and why.
    Nothing {
        /// A sentence without a full stop.
        why: String,
    },
}

/// An index of a partitioned table. Those of the leaves are built before, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Index of the partitioned table itself.
    pub root: Definition,
    /// Indexes of partitioned tables below it, outer ones first.
    pub branches: Vec<Definition>,
    /// Which index becomes a part of which, the lowest first.
    pub attachments: Vec<Attachment>,
}

/// An index that becomes a part of the index of a partitioned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The part.
    pub index: QualifiedName,
    /// The whole.
    pub to: QualifiedName,
}

impl Change {
    /// What it does, in a line.
    pub fn what(&self) -> String {
        match self {
            Self::CreateExtension { name } => format!("create extension {name}"),
            Self::CreateIndex(index) => format!("create index {} on {}", index.name, index.table),
            Self::DropIndex(index) => format!("drop index {} of {}", index.index(), index.table),
            Self::AttachPartitions(Recipe { root, .. }) => {
                format!(
                    "create index {} on partitioned table {} from the indexes of its partitions",
                    root.name, root.table
                )
            }
            Self::DropPartitioned(Recipe { root, .. }) => {
                format!("drop index {} of partitioned table {} and its partitions", root.index(), root.table)
            }
            Self::Nothing { why } => format!("nothing: {why}"),
        }
    }

    /// Which locks it takes, and what that means.
    pub fn locks(&self) -> Option<String> {
        Some(match self {
            Self::CreateExtension { .. } | Self::Nothing { .. } => return None,
            Self::CreateIndex(Definition { table, .. }) => format!(
                "SHARE UPDATE EXCLUSIVE on {table}: reads and writes go on. Waits for transactions that are open now"
            ),
            Self::DropIndex(Definition { table, .. }) => format!(
                "SHARE UPDATE EXCLUSIVE on {table}: reads and writes go on. Waits for transactions that use the table"
            ),
            Self::AttachPartitions(Recipe { root, .. }) => format!(
                "SHARE on {} (no writes), then ACCESS EXCLUSIVE on one index after the other; each for an instant, and it gives up after waiting 2 s",
                root.table
            ),
            Self::DropPartitioned(Recipe { root, .. }) => format!(
                "ACCESS EXCLUSIVE on {} and all its partitions (no reads, no writes) for an instant; it gives up after waiting 2 s",
                root.table
            ),
        })
    }
}
