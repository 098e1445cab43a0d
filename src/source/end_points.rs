//! Least and greatest values of the columns that lead a B-tree.
//!
//! Where a constant lies near them the planner looks there rather than into the histogram. This is the only part of a
//! snapshot that reads rows of users, two of each index; so it is read only when asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::SourceError;
use super::live::{Reader, timed_out};
use crate::ident::{QualifiedName, always_quoted};
use crate::snapshot::{EndPoint, Snapshot, Table, TableKind};

/// Both ends of an index are a few pages away, unless there are very many dead rows at them.
const LIMIT: Duration = Duration::from_millis(500);

/// After so many that took longer the rest is left alone.
const PATIENCE: usize = 3;

#[derive(Debug, Deserialize)]
struct Ends {
    least: Option<String>,
    greatest: Option<String>,
}

/// Reads them, one short query for each column.
pub(super) async fn read(reader: &mut Reader<'_>, snapshot: &Snapshot) -> Result<Vec<EndPoint>, SourceError> {
    let mut found = Vec::new();
    let mut denied = BTreeSet::new();
    let mut slow = 0;
    for (table, column) in leading(snapshot) {
        if !table.selectable || table.row_security_active {
            denied.insert(table.oid);
            continue;
        }
        if slow >= PATIENCE {
            break;
        }
        match reader.try_within::<Ends>(&sql(table, column), LIMIT).await? {
            Ok(rows) => found.extend(rows.into_iter().filter_map(|ends| ends.of(table, column))),
            Err(error) if timed_out(&error) => slow += 1,
            Err(error) if error.sqlstate() == Some("42501") => {
                denied.insert(table.oid);
            }
            Err(_) => {}
        }
    }
    if !denied.is_empty() {
        let why = format!("the ends of the indexes of {} tables are hidden from role {}", denied.len(), reader.role());
        let remedy = format!("GRANT pg_read_all_data TO {}", reader.role());
        reader.gap("end-points", why, Some(remedy));
    }
    if slow > 0 {
        let why = format!("the ends of {slow} indexes took longer than half a second to find");
        reader.gap("end-points", why, Some("VACUUM these tables: dead rows lie at their ends".to_owned()));
    }
    Ok(found)
}

/// The columns in whose index the planner would look, each once.
fn leading(snapshot: &Snapshot) -> Vec<(&Table, &str)> {
    let mut seen = BTreeSet::new();
    let serves = |index: &&crate::snapshot::Index| {
        index.method == "btree" && index.usable() && index.predicate.is_none() && !index.partitioned
    };
    let columns = snapshot.indexes.iter().filter(serves).filter_map(|index| {
        let column = index.keys.first().filter(|key| key.own_collation.is_none())?.column.as_deref()?;
        let stored = |table: &&Table| matches!(table.kind, TableKind::Table | TableKind::MaterializedView);
        Some((snapshot.table(index.table_oid).filter(stored)?, column))
    });
    columns.filter(|(table, column)| seen.insert((table.oid, (*column).to_owned()))).collect()
}

fn sql(table: &Table, column: &str) -> String {
    let name = QualifiedName::new(&*table.schema, &*table.name);
    let column = always_quoted(column);
    let end = |direction: &str| {
        format!(
            "(SELECT o.{column}::pg_catalog.text FROM ONLY {name} o WHERE o.{column} IS NOT NULL \
             ORDER BY o.{column} {direction} LIMIT 1)"
        )
    };
    format!("SELECT {} AS least, {} AS greatest", end("ASC"), end("DESC"))
}

impl Ends {
    fn of(self, table: &Table, column: &str) -> Option<EndPoint> {
        Some(EndPoint { table_oid: table.oid, column: column.to_owned(), least: self.least?, greatest: self.greatest? })
    }
}
