//! What ANALYZE gathered, for columns, index expressions and statistics objects, so that a planner can be fed it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::live::Reader;
use super::{SourceError, array};
use crate::snapshot::{ColumnStatistics, ExtendedData, ExtendedStatistics, StatisticsSlot};

const SLOTS: &str = include_str!("sql/statistics_slots.sql");

/// The type of sample values by their binary form, which some types do not have.
const TYPE_BY_VALUE: &str = "pg_catalog.format_type(('x' || pg_catalog.encode(pg_catalog.substr(\
                             pg_catalog.anyarray_send(v.samples), 9, 4), 'hex'))::pg_catalog.bit(32)\
                             ::pg_catalog.int8::pg_catalog.oid, NULL)";

/// The type by the column, which is right but for the elements of arrays.
const TYPE_BY_COLUMN: &str = "CASE WHEN v.kind IN (1, 2, 7) THEN pg_catalog.format_type(a.atttypid, NULL) \
     WHEN v.kind = 6 THEN 'double precision' \
     WHEN v.kind = 4 THEN coalesce((SELECT pg_catalog.format_type(nullif(t.typelem, 0), NULL) \
                                      FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid), 'text') END";

/// Column statistics, and whether they were read from `pg_statistic`, so that nothing is hidden.
pub(super) async fn read(reader: &mut Reader<'_>, major: u32) -> Result<(Vec<ColumnStatistics>, bool), SourceError> {
    for value_type in [TYPE_BY_VALUE, TYPE_BY_COLUMN] {
        match reader.try_part::<Row>(&sql(include_str!("sql/statistics.sql"), value_type)).await? {
            Ok(rows) => return Ok((rows.into_iter().map(Row::statistics).collect(), true)),
            Err(error) if error.sqlstate() == Some("42501") => break,
            Err(_) => {}
        }
    }
    let rows: Vec<Row> = reader.part("column-statistics", &visible(major)).await?;
    Ok((rows.into_iter().map(Row::statistics).collect(), false))
}

/// `pg_stats` shows the slots of ranges from 17 on.
fn visible(major: u32) -> String {
    let ranges = |column: &'static str| if major >= 17 { column } else { "NULL" };
    include_str!("sql/visible_statistics.sql")
        .replace("{range_bounds}", ranges("s.range_bounds_histogram"))
        .replace("{range_lengths}", ranges("s.range_length_histogram"))
        .replace("{range_empty}", ranges("s.range_empty_frac"))
}

/// Statistics objects with what was gathered for them.
pub(super) async fn extended(reader: &mut Reader<'_>, major: u32) -> Result<Vec<ExtendedStatistics>, SourceError> {
    let expressions =
        if major >= 14 { "pg_catalog.pg_get_statisticsobjdef_expressions(s.oid)" } else { "'{}'::pg_catalog.text[]" };
    let objects = include_str!("sql/extended_statistics.sql").replace("{expressions}", expressions);
    let mut objects: Vec<ExtendedStatistics> = reader.part("extended-statistics", &objects).await?;
    if objects.is_empty() {
        return Ok(objects);
    }
    let mut data = data(reader, major).await?;
    for object in &mut objects {
        object.data = data.remove(&object.oid).unwrap_or_default();
    }
    Ok(objects)
}

async fn data(reader: &mut Reader<'_>, major: u32) -> Result<BTreeMap<u32, Vec<ExtendedData>>, SourceError> {
    let inherited = if major >= 15 { "d.stxdinherit" } else { "false" };
    let (expressions, gathered) = if major >= 14 {
        (include_str!("sql/extended_expressions.sql"), "d.stxdexpr IS NOT NULL")
    } else {
        ("NULL", "false")
    };
    let template = include_str!("sql/extended_data.sql")
        .replace("{expressions}", expressions)
        .replace("{gathered}", gathered)
        .replace("{inherited}", inherited);
    let rows = match reader.try_part::<DataRow>(&sql(&template, TYPE_BY_VALUE)).await? {
        Ok(rows) => rows,
        Err(error) => {
            let remedy = reader.reading_statistics(major);
            reader.gap("extended-statistics", format!("extended statistics could not be read: {error}"), Some(remedy));
            Vec::new()
        }
    };
    let mut by_object: BTreeMap<u32, Vec<ExtendedData>> = BTreeMap::new();
    for row in rows {
        by_object.entry(row.oid).or_default().push(row.data());
    }
    Ok(by_object)
}

fn sql(template: &str, value_type: &str) -> String {
    template.replace("{slots}", SLOTS).replace("{value_type}", value_type)
}

#[derive(Debug, Deserialize)]
struct Row {
    table_oid: u32,
    column: String,
    inherited: bool,
    null_frac: f64,
    avg_width: i32,
    n_distinct: f64,
    slots: Option<Vec<Slot>>,
}

impl Row {
    fn statistics(self) -> ColumnStatistics {
        let slots = self.slots.unwrap_or_default();
        let of_kind = |kind: i16| slots.iter().find(|slot| slot.kind == kind);
        let numbers = |kind: i16| of_kind(kind).and_then(|slot| slot.numbers.clone()).unwrap_or_default();
        let bounds = of_kind(2).and_then(|slot| array::elements(slot.values.as_deref()?));
        ColumnStatistics {
            most_common_freqs: numbers(1),
            histogram_bounds: bounds.map_or(0, |bounds| bounds.len() as u32),
            correlation: numbers(3).first().copied(),
            table_oid: self.table_oid,
            column: self.column,
            inherited: self.inherited,
            null_frac: self.null_frac,
            avg_width: self.avg_width,
            n_distinct: self.n_distinct,
            slots: slots.into_iter().filter_map(Slot::read).collect(),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Slot {
    kind: i16,
    operator: Option<String>,
    collation: Option<String>,
    numbers: Option<Vec<f64>>,
    values: Option<String>,
    value_type: Option<String>,
}

impl Slot {
    /// `None` when its values cannot be told apart: an array of more than one dimension, or with a NULL.
    fn read(self) -> Option<StatisticsSlot> {
        let values = match self.values {
            None => None,
            Some(text) => Some(array::elements(&text)?.into_iter().collect::<Option<Vec<String>>>()?),
        };
        Some(StatisticsSlot {
            kind: self.kind,
            operator: self.operator,
            collation: self.collation,
            numbers: self.numbers.map(|numbers| numbers.into_iter().map(|number| number as f32).collect()),
            values,
            value_type: self.value_type,
        })
    }
}

#[derive(Debug, Deserialize)]
struct DataRow {
    oid: u32,
    inherited: bool,
    ndistinct: Option<String>,
    dependencies: Option<String>,
    mcv: Option<String>,
    expressions: Option<Vec<Row>>,
}

impl DataRow {
    fn data(self) -> ExtendedData {
        ExtendedData {
            inherited: self.inherited,
            ndistinct: self.ndistinct,
            dependencies: self.dependencies,
            mcv: self.mcv,
            expressions: self.expressions.unwrap_or_default().into_iter().map(Row::statistics).collect(),
        }
    }
}
