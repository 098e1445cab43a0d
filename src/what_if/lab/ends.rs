//! Least and greatest values of indexed columns, where the snapshot has them.
//!
//! For a constant near the end of a histogram the planner looks into the index for the real end. One row holds the
//! least values of a table, one the greatest; all other columns are NULL, whatever they are declared as.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Executor};

use super::error::while_doing;
use super::schema::{OWN, Step};
use super::server::Server;
use super::{LabError, Missing, Relation, build};
use crate::ident::{literal, quoted};
use crate::snapshot::{EndPoint, Snapshot};

const OPEN: &str = "CREATE TEMP TABLE refusing AS SELECT a.attrelid, a.attnum FROM pg_attribute a \
    WHERE a.attnotnull AND a.attnum > 0 AND a.attrelid = ANY ($1::int8[]::oid[])";
/// Partitions, which take no row without a key, and GIN indexes, which would note rows that wait to be sorted in: the
/// planner counts those.
const PARTS: &str = "CREATE TEMP TABLE touched AS SELECT c.oid, c.relispartition, c.reloptions FROM pg_class c \
    WHERE c.oid = ANY ($1::int8[]::oid[]) AND c.relispartition OR c.oid IN (SELECT i.indexrelid FROM pg_index i \
    JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'gin' \
    WHERE i.indrelid = ANY ($1::int8[]::oid[]))";
const LET_IN: &str = "UPDATE pg_attribute a SET attnotnull = false FROM refusing r \
    WHERE a.attrelid = r.attrelid AND a.attnum = r.attnum; \
    UPDATE pg_class c SET relispartition = false FROM touched t WHERE c.oid = t.oid AND c.relkind = 'r'; \
    UPDATE pg_class c SET reloptions = '{fastupdate=off}' FROM touched t WHERE c.oid = t.oid AND c.relkind = 'i'";
const CLOSE: &str = "UPDATE pg_attribute a SET attnotnull = true FROM refusing r \
    WHERE a.attrelid = r.attrelid AND a.attnum = r.attnum; DROP TABLE refusing; \
    UPDATE pg_class c SET relispartition = t.relispartition, reloptions = t.reloptions FROM touched t \
    WHERE c.oid = t.oid; DROP TABLE touched";

/// Puts them in, and notes what the tables then have of their own.
pub async fn insert(
    server: &Server,
    snapshot: &Snapshot,
    relations: &mut BTreeMap<u32, Relation>,
) -> Result<Vec<Missing>, LabError> {
    let mut by_table: BTreeMap<u32, Vec<&EndPoint>> = BTreeMap::new();
    for point in snapshot.end_points.iter().filter(|point| relations.contains_key(&point.table_oid)) {
        by_table.entry(point.table_oid).or_default().push(point);
    }
    if by_table.is_empty() {
        return Ok(Vec::new());
    }
    let doing = while_doing("put end points in");
    let oids: Vec<i64> = by_table.keys().map(|table| i64::from(relations[table].oid)).collect();
    let mut superuser = server.superuser(Some(OWN)).await?;
    superuser.execute(sqlx::query(OPEN).bind(oids.clone())).await.map_err(&doing)?;
    superuser.execute(sqlx::query(PARTS).bind(oids)).await.map_err(&doing)?;
    // foreign keys are not looked at in this role, and only a superuser may give it
    let replica = format!("{LET_IN}; ALTER ROLE {OWN} SET session_replication_role = replica");
    superuser.execute(sqlx::raw_sql(AssertSqlSafe(replica))).await.map_err(&doing)?;
    let mut guest = server.guest().await?;
    let rows = by_table.iter().flat_map(|(table, points)| rows(&relations[table], points)).collect();
    let refused = build::run(&mut guest, vec![rows]).await?;
    let again = refused.iter().filter_map(|row| row.tables.first()).filter_map(|table| by_table.get_key_value(table));
    let singly = again.flat_map(|(table, points)| singly(&relations[table], points)).collect();
    let missing = build::run(&mut guest, vec![singly]).await?;
    let close = format!("{CLOSE}; ALTER ROLE {OWN} RESET session_replication_role; CHECKPOINT");
    for statement in close.split("; ") {
        superuser.execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))).await.map_err(&doing)?;
    }
    for table in by_table.keys() {
        if let Some(relation) = relations.get_mut(table)
            && let Some(path) = &relation.path
        {
            relation.own_blocks = server.blocks(path).await?;
        }
    }
    Ok(missing.into_iter().map(|missing| Missing { tables: Vec::new(), ..missing }).collect())
}

/// One row with all the least values and one with all the greatest.
fn rows(relation: &Relation, points: &[&EndPoint]) -> Vec<Step> {
    let least: Vec<(&str, &str)> = points.iter().map(|point| (point.column.as_str(), point.least.as_str())).collect();
    let greatest: Vec<(&str, &str)> =
        points.iter().map(|point| (point.column.as_str(), point.greatest.as_str())).collect();
    vec![row(relation, &least), row(relation, &greatest)]
}

/// One row for each value: a CHECK may not like two of them together.
fn singly(relation: &Relation, points: &[&EndPoint]) -> Vec<Step> {
    let each = |point: &&EndPoint| {
        [(point.column.clone(), point.least.clone()), (point.column.clone(), point.greatest.clone())]
    };
    points.iter().flat_map(each).map(|(column, value)| row(relation, &[(&column, &value)])).collect()
}

fn row(relation: &Relation, values: &[(&str, &str)]) -> Step {
    let columns: Vec<String> = values.iter().map(|(column, _)| quoted(column)).collect();
    let values: Vec<String> = values.iter().map(|(_, value)| literal(value)).collect();
    Step {
        what: format!("end points of {} ({})", relation.name, columns.join(", ")),
        sql: format!("INSERT INTO {} ({}) VALUES ({})", relation.name, columns.join(", "), values.join(", ")),
        alone: false,
        tables: vec![relation.table],
    }
}
