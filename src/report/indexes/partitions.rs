//! The partitions of a table at the time of the snapshot.

use crate::ident::QualifiedName;
use crate::report::PartitionRef;
use crate::report::lookup::Lookup;
use crate::snapshot::{Table, TableKind};

/// Deepest tree that is followed: catalogs hold no circle, files from elsewhere may.
const DEEPEST: usize = 16;

/// Partitions without partitions below them, by name; none of a table that is not partitioned.
pub(super) fn leaves(root: &Table, lookup: &Lookup<'_>) -> Vec<PartitionRef> {
    let mut leaves = Vec::new();
    if root.kind == TableKind::Partitioned {
        collect(root, &mut Vec::new(), lookup, &mut leaves);
    }
    leaves.sort_by(|one, two| (&one.schema, &one.table).cmp(&(&two.schema, &two.table)));
    leaves
}

fn collect(parent: &Table, through: &mut Vec<QualifiedName>, lookup: &Lookup<'_>, leaves: &mut Vec<PartitionRef>) {
    let tables = &lookup.material.snapshot.tables;
    for table in tables.iter().filter(|table| table.is_partition && table.parents.contains(&parent.oid)) {
        let name = QualifiedName::new(&table.schema, &table.name);
        if table.kind != TableKind::Partitioned {
            leaves.push(PartitionRef { schema: name.schema, table: name.name, through: through.clone() });
        } else if through.len() < DEEPEST {
            through.push(name);
            collect(table, through, lookup, leaves);
            through.pop();
        }
    }
}
