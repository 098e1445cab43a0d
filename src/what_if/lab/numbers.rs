//! Sizes and statistics of the snapshot, written where the lab's planner reads them.
//!
//! This runs as the superuser, so nothing of the snapshot may run with it: values are read by the input functions of
//! their types, which run checks of domains. There are none yet; that is looked at.

use std::collections::BTreeMap;
use std::fmt::Write;

use sqlx::postgres::PgConnection;
use sqlx::{Executor, Row};

use super::error::while_doing;
use super::{LabError, Missing, Relation};
use crate::snapshot::{ColumnStatistics, StatisticsSlot};

/// Columns of one slot in the staging table.
const SLOTS: usize = 5;

const SIZES: &str = "UPDATE pg_class c SET relpages = r.pages, reltuples = r.tuples, relallvisible = r.visible \
    FROM unnest($1::int8[], $2::int4[], $3::float4[], $4::int4[]) AS r(oid, pages, tuples, visible) \
    WHERE c.oid = r.oid::oid";

/// Gives the relations their rows and pages, as they were in the server's `pg_class`.
pub async fn write_classes<'a>(
    connection: &mut PgConnection,
    relations: impl Iterator<Item = &'a Relation>,
) -> Result<(), LabError> {
    let (mut oids, mut pages, mut rows, mut visible) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for relation in relations {
        oids.push(i64::from(relation.oid));
        pages.push(i32::try_from(relation.pages).unwrap_or(i32::MAX));
        rows.push(relation.rows as f32);
        visible.push(i32::try_from(relation.all_visible).unwrap_or(i32::MAX));
    }
    let update = sqlx::query(SIZES).bind(oids).bind(pages).bind(rows).bind(visible);
    connection.execute(update).await.map_err(while_doing("set the sizes of relations"))?;
    Ok(())
}

/// Writes `pg_statistic`; what of it could not be.
pub async fn write_statistics(
    connection: &mut PgConnection,
    statistics: &[ColumnStatistics],
    relations: &BTreeMap<u32, Relation>,
) -> Result<Vec<Missing>, LabError> {
    let doing = while_doing("load the column statistics");
    untampered(connection).await?;
    connection.execute(sqlx::raw_sql(STAGING)).await.map_err(&doing)?;
    let mut copy = connection.copy_in_raw("COPY pg_temp.staged FROM STDIN").await.map_err(&doing)?;
    let mut chunk = String::new();
    for row in statistics {
        let Some(relation) = relations.get(&row.table_oid) else { continue };
        staged(&mut chunk, relation.oid, row);
        if chunk.len() > 1 << 20 {
            copy.send(std::mem::take(&mut chunk).into_bytes()).await.map_err(&doing)?;
        }
    }
    copy.send(chunk.into_bytes()).await.map_err(&doing)?;
    copy.finish().await.map_err(&doing)?;
    if connection.execute(sqlx::raw_sql(NAMES)).await.is_err() {
        // one of them is no name at all; then each is looked up where it stands
        connection.execute(sqlx::raw_sql(NO_NAMES)).await.map_err(&doing)?;
    }
    if connection.execute(sqlx::raw_sql(INSERT)).await.is_ok() {
        return Ok(Vec::new());
    }
    one_by_one(connection, relations).await
}

const CHECKS: &str = "SELECT count(*) FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid \
    WHERE k.contype = 'c' AND t.typowner <> 10";

/// No domain of the snapshot has a check yet, or the superuser would run it.
pub async fn untampered(connection: &mut PgConnection) -> Result<(), LabError> {
    let row = connection.fetch_one(CHECKS).await.map_err(while_doing("look at the domains"))?;
    let checks: i64 = row.try_get(0).map_err(while_doing("look at the domains"))?;
    if checks > 0 { Err(LabError::Tampered) } else { Ok(()) }
}

const STAGING: &str = "
CREATE TEMP TABLE staged (relation oid, att text, inh bool, nf real, w int, nd real,
  k1 int2, o1 text, c1 text, n1 text, v1 text, t1 text, k2 int2, o2 text, c2 text, n2 text, v2 text, t2 text,
  k3 int2, o3 text, c3 text, n3 text, v3 text, t3 text, k4 int2, o4 text, c4 text, n4 text, v4 text, t4 text,
  k5 int2, o5 text, c5 text, n5 text, v5 text, t5 text);";

const NAMES: &str = include_str!("names.sql");
const NO_NAMES: &str =
    "CREATE TEMP TABLE names AS SELECT '{}'::jsonb AS operators, '{}'::jsonb AS collations, '{}'::jsonb AS kinds";
const INSERT: &str = include_str!("statistic.sql");

/// One value that its type does not take costs its own row alone.
async fn one_by_one(
    connection: &mut PgConnection,
    relations: &BTreeMap<u32, Relation>,
) -> Result<Vec<Missing>, LabError> {
    let doing = while_doing("load the column statistics");
    let each = format!(
        "CREATE TEMP TABLE refused (relation oid, att text, why text); \
         DO $do$ DECLARE one record; BEGIN FOR one IN SELECT ctid AS place, relation, att FROM pg_temp.staged LOOP BEGIN \
         {INSERT} WHERE s.ctid = one.place; EXCEPTION WHEN OTHERS THEN \
         INSERT INTO pg_temp.refused VALUES (one.relation, one.att, SQLERRM); END; END LOOP; END $do$",
    );
    connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(each))).await.map_err(&doing)?;
    let rows = connection.fetch_all("SELECT relation::int8, att, why FROM pg_temp.refused").await.map_err(&doing)?;
    let mut missing = Vec::new();
    for row in rows {
        let (oid, column, why): (i64, String, String) =
            (row.try_get(0).map_err(&doing)?, row.try_get(1).map_err(&doing)?, row.try_get(2).map_err(&doing)?);
        let found = relations.values().find(|relation| i64::from(relation.oid) == oid);
        let Some(relation) = found else { continue };
        let what = format!("statistics of {} ({})", relation.name, crate::ident::quoted(&column));
        missing.push(Missing { what, why, tables: vec![relation.table] });
    }
    Ok(missing)
}

/// One line of COPY.
fn staged(out: &mut String, oid: u32, row: &ColumnStatistics) {
    let _ = write!(out, "{oid}\t");
    field(out, Some(&row.column));
    let _ = write!(out, "{}\t{}\t{}\t{}", row.inherited, row.null_frac, row.avg_width, row.n_distinct);
    for place in 0..SLOTS {
        out.push('\t');
        slot(out, row.slots.get(place));
    }
    out.push('\n');
}

fn slot(out: &mut String, slot: Option<&StatisticsSlot>) {
    let Some(slot) = slot else {
        out.push_str("0\t\\N\t\\N\t\\N\t\\N\t\\N");
        return;
    };
    let _ = write!(out, "{}\t", slot.kind);
    field(out, slot.operator.as_deref());
    field(out, slot.collation.as_deref());
    field(out, slot.numbers.as_deref().map(numbers).as_deref());
    let values = slot.values.as_ref().zip(slot.value_type.as_ref());
    field(out, values.map(|(values, kind)| array(values, kind)).as_deref());
    field(out, values.map(|(_, kind)| kind.as_str()));
    out.pop();
}

/// `{0.5,0.25}`.
pub fn numbers(numbers: &[f32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
    format!("{{{}}}", numbers.join(","))
}

/// `{"a","b"}`; of all types, box alone has another separator.
pub fn array(values: &[String], kind: &str) -> String {
    let quoted = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let values: Vec<String> = values.iter().map(quoted).collect();
    format!("{{{}}}", values.join(if kind == "box" { ";" } else { "," }))
}

/// A field and the tab after it.
fn field(out: &mut String, value: Option<&str>) {
    match value {
        None => out.push_str("\\N"),
        Some(value) => {
            for character in value.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '\t' => out.push_str("\\t"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    other => out.push(other),
                }
            }
        }
    }
    out.push('\t');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_row_has_one_field_for_each_column() {
        let slot = StatisticsSlot {
            kind: 1,
            operator: Some("=(text,text)".to_owned()),
            numbers: Some(vec![0.5]),
            values: Some(vec!["a\tb\\\"".to_owned(), String::new()]),
            value_type: Some("text".to_owned()),
            ..StatisticsSlot::default()
        };
        let row = ColumnStatistics {
            column: "na\tme".to_owned(),
            avg_width: 4,
            n_distinct: -1.0,
            slots: vec![slot],
            ..ColumnStatistics::default()
        };
        let mut line = String::new();
        staged(&mut line, 7, &row);
        let fields: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
        assert_eq!(fields.len(), 6 + 6 * SLOTS);
        let expected = ["7", "na\\tme", "false", "0", "4", "-1", "1", "=(text,text)", "\\N", "{0.5}"];
        assert_eq!(fields[..10], expected);
        assert_eq!(fields[10..12], ["{\"a\\tb\\\\\\\\\\\\\"\",\"\"}", "text"]);
    }
}
